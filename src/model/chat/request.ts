import type { ChatMessage, ChatRequest, ChatTool, ChatToolChoice } from "../../protocol/chat/chat-completions.ts";
import type { Conversation, OutputFormat } from "../dialect/conversation.ts";
import type { Profile } from "../dialect/profile.ts";
import { wireNameOf, type TableTool, type ToolTable } from "../dialect/tool-table.ts";
import { UntranslatableError } from "../dialect/untranslatable.ts";
import { markBreakpoints } from "./breakpoints.ts";
import { chatMessages } from "./messages.ts";

/** The JSON text of a `POST /chat/completions`. @throws UntranslatableError for what has no words there */
export function chatRequest(conversation: Conversation, table: ToolTable, profile: Profile): string {
  const { maxOutputTokens, parallelToolCalls, reasoningEffort, verbosity, format } = conversation;
  const { choice, tools } = chosenTools(conversation.toolChoice, table);
  const messages: ChatMessage[] = chatMessages(conversation, profile);
  const request: ChatRequest = {
    model: conversation.model,
    messages: profile.cacheBreakpoints ? markBreakpoints(messages) : messages,
    stream: true,
    ...(profile.streamUsage && { stream_options: { include_usage: true } }),
    ...(maxOutputTokens !== null && maxOutputTokens > 0 && { [profile.maxTokensField]: maxOutputTokens }),
    ...(tools.length > 0 && {
      tools: tools.map(chatTool),
      ...(choice !== null && { tool_choice: choice }),
      ...(parallelToolCalls !== null && profile.parallelToolCalls && { parallel_tool_calls: parallelToolCalls }),
    }),
    ...(reasoningEffort !== null && effortFields(reasoningEffort, profile)),
    ...(verbosity !== null && { verbosity }),
    ...(format !== null && { response_format: responseFormat(format) }),
    ...(conversation.temperature !== null && { temperature: conversation.temperature }),
    ...(conversation.topP !== null && { top_p: conversation.topP }),
    ...(conversation.stop !== null && { stop: conversation.stop }),
    ...(conversation.seed !== null && { seed: conversation.seed }),
    ...(conversation.user !== null && { user: conversation.user }),
  };
  for (const field of profile.drop) delete request[field];
  return JSON.stringify({ ...request, ...profile.extraBody });
}

const chatTool = ({ wireName, description, parameters, strict }: TableTool): ChatTool => ({
  type: "function",
  function: {
    name: wireName,
    ...(description !== "" && { description }),
    parameters,
    ...(strict !== null && { strict }),
  },
});

const effortFields = (effort: string, profile: Profile): Record<string, unknown> => {
  if (profile.effort === null) return {};
  return profile.effort === "reasoning" ? { reasoning: { effort } } : { reasoning_effort: effort };
};

function responseFormat(format: OutputFormat): unknown {
  if (format.type === "json_object") return { type: "json_object" };
  const { name, schema, strict, description } = format;
  return {
    type: "json_schema",
    json_schema: {
      name,
      ...(description !== undefined && { description }),
      schema,
      ...(strict !== null && strict !== undefined && { strict }),
    },
  };
}

interface Chosen {
  choice: ChatToolChoice | null;
  tools: readonly TableTool[];
}

/** Which tools are offered, and which of them may or must be called. */
function chosenTools(choice: unknown, table: ToolTable): Chosen {
  const { tools } = table;
  if (choice === null || choice === undefined) return { choice: null, tools };
  if (typeof choice === "string") return { choice, tools };
  const fields = choice as Record<string, unknown>;
  if (fields["type"] === "allowed_tools") {
    const allowed = Array.isArray(fields["tools"]) ? fields["tools"] : [];
    const names = new Set(allowed.map((tool) => nameOfChoice(tool as Record<string, unknown>)));
    // Few servers know such a list; all of them leave alone what they are not offered.
    const offered = tools.filter(({ wireName }) => names.has(wireName));
    return { choice: fields["mode"] === "required" ? "required" : "auto", tools: offered };
  }
  const name = nameOfChoice(fields);
  if (table.find(name) === undefined)
    throw new UntranslatableError(`\`tool_choice\` names \`${name}\`, which is not among \`tools\``);
  return { choice: { type: "function", function: { name } }, tools };
}

function nameOfChoice({ type, name, namespace }: Record<string, unknown>): string {
  switch (type) {
    case "function":
    case "custom":
      return wireNameOf(String(name), typeof namespace === "string" ? namespace : null);
    case "web_search":
    case "web_search_preview":
      return "web_search";
    case "tool_search":
      return "tool_search";
    default:
      throw new UntranslatableError(`a \`tool_choice\` of the type \`${String(type)}\` cannot be made with this model`);
  }
}
