import type { MessagesTool, MessagesToolChoice } from "../../protocol/messages/messages-api.ts";
import type { Conversation } from "../dialect/conversation.ts";
import type { Profile } from "../dialect/profile.ts";
import { wireNameOf, type TableTool, type ToolTable } from "../dialect/tool-table.ts";
import { UntranslatableError } from "../dialect/untranslatable.ts";

export interface Offer {
  tools: MessagesTool[];
  /** Null without tools. */
  choice: MessagesToolChoice | null;
}

type Choice = { type: "auto" | "any" | "none" } | { type: "tool"; name: string };

/** The tools of a request, and which of them may or must be called. */
export function offerOf(conversation: Conversation, table: ToolTable, profile: Profile): Offer {
  const { choice, tools } = chosen(conversation.toolChoice, table);
  if (tools.length === 0) return { tools: [], choice: null };
  const alone = conversation.parallelToolCalls === false && profile.parallelToolCalls && choice.type !== "none";
  return {
    tools: tools.map(messagesTool),
    choice: (alone ? { ...choice, disable_parallel_tool_use: true } : choice) as MessagesToolChoice,
  };
}

function chosen(choice: unknown, table: ToolTable): { choice: Choice; tools: readonly TableTool[] } {
  const { tools } = table;
  if (choice === null || choice === undefined || choice === "auto") return { choice: { type: "auto" }, tools };
  if (choice === "none") return { choice: { type: "none" }, tools };
  if (choice === "required") return { choice: { type: "any" }, tools };
  if (typeof choice !== "object")
    throw new UntranslatableError(`the \`tool_choice\` \`${String(choice)}\` cannot be made with this model`);
  const fields = choice as Record<string, unknown>;
  if (fields["type"] === "allowed_tools") {
    const allowed = Array.isArray(fields["tools"]) ? fields["tools"] : [];
    const names = new Set(allowed.map((tool) => nameOfChoice(tool as Record<string, unknown>)));
    // The API has no such list: what is not allowed is not offered.
    const offered = tools.filter(({ wireName }) => names.has(wireName));
    return { choice: { type: fields["mode"] === "required" ? "any" : "auto" }, tools: offered };
  }
  const name = nameOfChoice(fields);
  if (table.find(name) === undefined)
    throw new UntranslatableError(`\`tool_choice\` names \`${name}\`, which is not among \`tools\``);
  return { choice: { type: "tool", name }, tools };
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
