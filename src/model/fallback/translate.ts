import type { InputPart, ReasoningItem, ResponseItem } from "../../protocol/response-items.ts";
import type { ToolSpec } from "../../protocol/tool-spec.ts";
import type { ModelInfo } from "../catalog.ts";
import { sealOf } from "../dialect/seal.ts";
import type { ModelRequest, ReasoningSettings } from "../model-client.ts";
import { originOf } from "./origin.ts";

/** One model of a chain. */
export interface Place {
  /** `provider/model`, unlike that of every other of the chain. */
  readonly name: string;
  readonly model: ModelInfo;
  readonly provider: string;
  /** The API that it is asked by. */
  readonly wire: "responses" | "chat" | "messages";
}

/**
 * A request that was made for the first model of a chain, as another of the chain can take it. Every item keeps its place; what is
 * left out is reasoning that only its maker can read, and what the model or its provider has no use for.
 */
export function requestFor(place: Place, first: Place, request: ModelRequest): ModelRequest {
  const own = place.name === first.name;
  const input = request.input.flatMap((item) => translated(item, place, first));
  if (own) return { ...request, input };
  const { model } = place;
  const { lite: _first, ...rest } = request;
  const reasoning = reasoningFor(model, request.reasoning);
  return {
    ...rest,
    model: model.name,
    input,
    tools: request.tools.filter((tool) => isOffered(tool, place, first)),
    parallelToolCalls: request.parallelToolCalls && model.parallelToolCalls,
    ...(model.lite && { lite: true }),
    reasoning,
    verbosity: model.defaultVerbosity === null ? null : request.verbosity,
    identity: {
      ...request.identity,
      metadata: {
        ...request.identity.metadata,
        ...("model" in request.identity.metadata && { model: model.name }),
        ...("reasoning_effort" in request.identity.metadata && { reasoning_effort: reasoning?.effort }),
      },
    },
  };
}

function translated(item: ResponseItem, place: Place, first: Place): ResponseItem[] {
  if (item.type === "reasoning") return reasoningItem(item as ReasoningItem, place, first);
  // What a provider looked up by itself has ids that another does not know; what came of it stands in the answer.
  if (item.type === "web_search_call" && place.provider !== first.provider && place.wire === "responses") return [];
  return [place.model.imageDetail === null ? withoutImages(item) : item];
}

function reasoningItem(sent: ReasoningItem, place: Place, first: Place): ResponseItem[] {
  if (sealOf(sent) !== null) return place.wire === "messages" ? [sent] : asText(sent, place);
  const { maker, item } = originOf(sent);
  if ((maker ?? first.name) === place.name) return [item];
  return asText(item, place);
}

/** Thoughts that were told in the open may be read by others, where their API has a place for them. */
function asText({ encrypted_content: _sealed, ...item }: ReasoningItem, { wire }: Place): ResponseItem[] {
  const open = (item.content?.length ?? 0) > 0 || item.summary.length > 0;
  return wire === "chat" && open ? [item] : [];
}

const noImage: InputPart = {
  type: "input_text",
  text: "(Here was an image, which this model cannot see.)",
};

function withoutImages(item: ResponseItem): ResponseItem {
  const { content, output } = item as { content?: unknown; output?: unknown };
  if (item.type === "message" && Array.isArray(content)) return { ...item, content: content.map(seen) } as ResponseItem;
  return Array.isArray(output) ? ({ ...item, output: output.map(seen) } as ResponseItem) : item;
}

const seen = (part: unknown): unknown => ((part as { type?: unknown } | null)?.type === "input_image" ? noImage : part);

function isOffered(tool: ToolSpec, { model, provider, wire }: Place, first: Place): boolean {
  if (wire !== "responses") return true;
  if (tool.type === "web_search") return model.hostedWebSearch && provider === first.provider;
  return tool.type !== "tool_search" || model.toolSearch;
}

/** Efforts of every model that has any. */
const common = new Set(["low", "medium", "high"]);

function reasoningFor(model: ModelInfo, asked: ReasoningSettings | null): ReasoningSettings | null {
  const { effort, summary } = asked ?? {};
  const taken = model.known ? model.efforts.includes(effort ?? "") : common.has(effort ?? "");
  const said = taken ? effort : model.defaultEffort;
  const reasoning: ReasoningSettings = {
    ...(typeof said === "string" && { effort: said }),
    ...(summary !== undefined && { summary }),
    ...(model.reasoningContext !== null && { context: model.reasoningContext }),
  };
  return Object.keys(reasoning).length === 0 ? null : reasoning;
}
