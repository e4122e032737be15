import type { ReasoningItem, ResponseItem } from "../../protocol/response-items.ts";
import { wellFormedJson } from "../../protocol/well-formed-json.ts";
import type { ModelRequest } from "../model-client.ts";
import { additionalTools } from "./additional-tools.ts";

/** Header values are Latin-1 at best: anything else is written as JSON escapes, which say the same. */
const asciiJson = (json: string): string =>
  json.replace(/[\u007f-\uffff]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);

/** The description of the turn as the header carries it. */
export const turnMetadataHeader = (request: ModelRequest): string =>
  asciiJson(wellFormedJson(request.identity.metadata));

const idPrefixes: Readonly<Record<string, string>> = {
  message: "msg_",
  reasoning: "rs_",
  function_call: "fc_",
  custom_tool_call: "ctc_",
  web_search_call: "ws_",
};

/** What another API's model sealed, or a model that stood in for this one, is no use to anybody else; the mark is ours. */
const isReadable = (item: ResponseItem): boolean =>
  item.type !== "reasoning" || !(item as ReasoningItem).encrypted_content?.startsWith("codex-agent.");

/** An item as the API takes it back: ids that another provider made are left out, an what a reasoning item lacks is said. */
export function echoed(item: ResponseItem): ResponseItem {
  const prefix = idPrefixes[item.type];
  const foreign = prefix !== undefined && item.id !== undefined && !item.id.startsWith(prefix);
  if (item.type === "reasoning") {
    const { id, ...rest } = item as ReasoningItem;
    const absent = { content: rest.content ?? null, encrypted_content: rest.encrypted_content ?? null };
    return { ...rest, ...(!foreign && id !== undefined && { id }), ...absent };
  }
  if (!foreign) return item;
  const { id: _foreign, ...rest } = item;
  return rest as ResponseItem;
}

/** The history as the API takes it. */
const inputOf = ({ input }: ModelRequest): ResponseItem[] => input.filter(isReadable).map(echoed);

/** The JSON text of a `POST /responses`. */
export const requestBody = (request: ModelRequest): string => wellFormedJson(requestFields(request));

/** What it says, keys in Codex's order. */
export function requestFields(request: ModelRequest) {
  const { identity } = request;
  const text = {
    ...(request.verbosity !== null && { verbosity: request.verbosity }),
    ...(request.outputSchema !== undefined &&
      request.outputSchema !== null && {
        format: { type: "json_schema", strict: true, schema: request.outputSchema, name: "codex_output_schema" },
      }),
  };
  return {
    model: request.model,
    stream: true,
    ...(request.serviceTier !== undefined && { service_tier: request.serviceTier }),
    ...(request.lite === true
      ? { input: [additionalTools(request), ...inputOf(request)] }
      : { input: inputOf(request), tools: request.tools }),
    tool_choice: "auto",
    parallel_tool_calls: request.parallelToolCalls,
    ...(request.reasoning !== null && { reasoning: request.reasoning }),
    store: false,
    include: ["reasoning.encrypted_content"],
    prompt_cache_key: request.cacheKey,
    ...(Object.keys(text).length > 0 && { text }),
    client_metadata: {
      "x-codex-installation-id": identity.installationId,
      session_id: identity.sessionId,
      thread_id: identity.threadId,
      turn_id: identity.turnId,
      root_turn_id: identity.rootTurnId,
      "x-codex-window-id": identity.windowId,
      "x-codex-turn-metadata": turnMetadataHeader(request),
      ...(identity.agent !== undefined && {
        ...(identity.agent.parentTurnId !== null && { parent_turn_id: identity.agent.parentTurnId }),
        "x-codex-parent-thread-id": identity.agent.parentThreadId,
        "x-openai-subagent": identity.agent.kind,
      }),
    },
  };
}
