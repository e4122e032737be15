import type { MessagesTool, MessagesToolChoice } from "../../protocol/messages/messages-api.ts";
import type { Conversation } from "../dialect/conversation.ts";
import type { Profile } from "../dialect/profile.ts";
import { chosenTools, type ToolChoice } from "../dialect/tool-choice.ts";
import type { TableTool, ToolTable } from "../dialect/tool-table.ts";

export interface Offer {
  tools: MessagesTool[];
  /** Null without tools. */
  choice: MessagesToolChoice | null;
}

/** The tools of a request, and which of them may or must be called. */
export function offerOf(conversation: Conversation, table: ToolTable, profile: Profile): Offer {
  const { choice, tools } = chosenTools(conversation.toolChoice, table);
  if (tools.length === 0) return { tools: [], choice: null };
  const alone = conversation.parallelToolCalls === false && profile.parallelToolCalls;
  return {
    tools: tools.map(messagesTool),
    choice:
      choice === "none" ? { type: "none" } : { ...ofThose(choice), ...(alone && { disable_parallel_tool_use: true }) },
  };
}

function ofThose(choice: Exclude<ToolChoice, "none"> | null): Exclude<MessagesToolChoice, { type: "none" }> {
  if (choice === null || choice === "auto") return { type: "auto" };
  return choice === "required" ? { type: "any" } : { type: "tool", name: choice.name };
}

/** Keywords that the API refuses at the root of a tool's schema. */
const refused = ["anyOf", "oneOf", "allOf"] as const;

function messagesTool({ wireName, description, parameters }: TableTool): MessagesTool {
  const schema: Record<string, unknown> = { ...parameters, type: "object" };
  const left = refused.filter((keyword) => schema[keyword] !== undefined);
  const rules = left.map((keyword) => `${keyword}: ${JSON.stringify(schema[keyword])}`);
  for (const keyword of left) delete schema[keyword];
  const said = [description, ...(rules.length === 0 ? [] : [`The arguments must also satisfy ${rules.join("; ")}`])];
  const text = said.filter((part) => part !== "").join("\n\n");
  return { name: wireName, ...(text !== "" && { description: text }), input_schema: schema };
}

/** Tools that were called before and are not offered: a request that shows calls has to name some. */
export const toolsOf = (names: Iterable<string>): MessagesTool[] =>
  [...new Set(names)].map((name) => ({ name, input_schema: { type: "object" } }));
