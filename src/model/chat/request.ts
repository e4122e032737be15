import type { ChatMessage, ChatRequest, ChatTool, ChatToolChoice } from "../../protocol/chat/chat-completions.ts";
import { wellFormedJson } from "../../protocol/well-formed-json.ts";
import type { Conversation, OutputFormat } from "../dialect/conversation.ts";
import type { Profile } from "../dialect/profile.ts";
import { chosenTools, type ToolChoice } from "../dialect/tool-choice.ts";
import type { TableTool, ToolTable } from "../dialect/tool-table.ts";
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
      ...(choice !== null && { tool_choice: chatChoice(choice) }),
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
  return wellFormedJson({ ...request, ...profile.extraBody });
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

const chatChoice = (choice: ToolChoice): ChatToolChoice =>
  typeof choice === "string" ? choice : { type: "function", function: choice };
