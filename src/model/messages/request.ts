import type { MessagesRequest, MessagesThinking } from "../../protocol/messages/messages-api.ts";
import { wellFormedJson } from "../../protocol/well-formed-json.ts";
import type { Conversation } from "../dialect/conversation.ts";
import type { Profile } from "../dialect/profile.ts";
import type { ToolTable } from "../dialect/tool-table.ts";
import { blocksOf } from "./blocks.ts";
import { markBreakpoints } from "./breakpoints.ts";
import { fittedSchema, formatText } from "./output-schema.ts";
import { textBlock } from "./parts.ts";
import { thinkingOf } from "./thinking.ts";
import { offerOf, toolsOf } from "./tools.ts";
import { traitsOf, type Traits } from "./traits.ts";

/** Asked for where nobody says how long an answer may be: the API has no default of its own. */
const usualMaxTokens = 32_000;

/** The JSON text of a `POST /messages`. @throws UntranslatableError for what has no words there */
export function messagesRequest(conversation: Conversation, table: ToolTable, profile: Profile): string {
  const traits = traitsOf(conversation.model);
  const { system, messages } = blocksOf(conversation, profile, traits);
  const maxTokens = maxTokensOf(conversation, profile);
  const offer = offerOf(conversation, table, profile);
  if (offer.tools.length === 0) {
    const called = messages.flatMap(({ content }) =>
      content.flatMap((block) => (block.type === "tool_use" ? [block.name] : [])),
    );
    offer.tools = toolsOf(called);
    if (called.length > 0) offer.choice = { type: "none" };
  }
  const { choice, tools } = offer;
  const forced = choice?.type === "any" || choice?.type === "tool";
  const effort = profile.effort === null ? null : conversation.reasoningEffort;
  const thinking = thinkingOf(traits, { effort, maxTokens, forced, messages });
  const { format, stop, user } = conversation;
  const held = format?.type === "json_schema" && traits.outputFormat && !profile.drop.includes("output_config");
  if (format !== null && !held) system.push(textBlock(formatText(format)));
  const stops = (typeof stop === "string" ? [stop] : (stop ?? [])).filter((text) => text.trim() !== "");
  const output: NonNullable<MessagesRequest["output_config"]> = {
    ...(thinking.effort !== undefined && { effort: thinking.effort }),
    ...(held && { format: { type: "json_schema", schema: fittedSchema(format.schema) } }),
  };
  const request: MessagesRequest = {
    model: conversation.model,
    max_tokens: maxTokens,
    stream: true,
    ...(thinking.thinking !== undefined && {
      thinking: bound(thinking.thinking, traits),
    }),
    ...(Object.keys(output).length > 0 && { output_config: output }),
    ...samplingOf(conversation, traits, thinking.on),
    ...(stops.length > 0 && { stop_sequences: stops }),
    ...(user !== null && { metadata: { user_id: user } }),
    ...(tools.length > 0 && { tools, ...(choice !== null && { tool_choice: choice }) }),
    ...(system.length > 0 && { system }),
    messages,
  };
  const marked = profile.cacheBreakpoints === false ? request : markBreakpoints(request);
  for (const field of profile.drop) delete marked[field];
  return wellFormedJson({ ...marked, ...profile.extraBody });
}

function maxTokensOf({ maxOutputTokens }: Conversation, { extraBody }: Profile): number {
  const own = extraBody["max_tokens"];
  if (typeof own === "number") return own;
  return maxOutputTokens !== null && maxOutputTokens > 0 ? maxOutputTokens : usualMaxTokens;
}

/**
 * Histories change: they are shortened, tools come and go. Models that bind what they thought to everything before it would refuse
 * such a request for good; they are asked to do without those thoughts.
 */
const bound = (thinking: MessagesThinking, traits: Traits): MessagesThinking =>
  traits.bound ? { ...thinking, block_binding: { prefix_mismatch_behavior: "drop_block" } } : thinking;

/** Who thinks takes no temperature, and no narrower choice than this; Anthropic's models take one of both, within 1. */
function samplingOf(
  { temperature, topP }: Conversation,
  { claude, sampling }: Traits,
  thinks: boolean,
): { temperature?: number; top_p?: number } {
  if (!sampling) return {};
  const warmth = temperature === null || (claude && thinks) ? null : temperature;
  const narrow = topP !== null && claude && (warmth !== null || (thinks && topP < 0.95));
  return {
    ...(warmth !== null && { temperature: claude ? Math.min(Math.max(warmth, 0), 1) : warmth }),
    ...(topP !== null && !narrow && { top_p: topP }),
  };
}
