import { wireNameOf, type TableTool, type ToolTable } from "./tool-table.ts";
import { UntranslatableError } from "./untranslatable.ts";

/** Whether tools may or must be called: a word of the Responses API, or the wire name of the one that must. */
export type ToolChoice = "auto" | "none" | "required" | { name: string };

export interface ChosenTools {
  /** Null: nothing is said. */
  choice: ToolChoice | null;
  /** Those that are offered. */
  tools: readonly TableTool[];
}

/** What a `tool_choice` means. @throws UntranslatableError for one of a tool that is not offered, or of an unknown kind */
export function chosenTools(choice: unknown, table: ToolTable): ChosenTools {
  const { tools } = table;
  if (choice === null || choice === undefined) return { choice: null, tools };
  if (choice === "auto" || choice === "none" || choice === "required") return { choice, tools };
  if (typeof choice !== "object")
    throw new UntranslatableError(`the \`tool_choice\` \`${String(choice)}\` cannot be made with this model`);
  const fields = choice as Record<string, unknown>;
  if (fields["type"] === "allowed_tools") {
    const allowed = Array.isArray(fields["tools"]) ? fields["tools"] : [];
    const names = new Set(allowed.map((tool) => nameOf(tool as Record<string, unknown>)));
    // Few servers know such a list; all of them leave alone what they are not offered.
    const offered = tools.filter(({ wireName }) => names.has(wireName));
    return { choice: fields["mode"] === "required" ? "required" : "auto", tools: offered };
  }
  const name = nameOf(fields);
  if (table.find(name) === undefined)
    throw new UntranslatableError(`\`tool_choice\` names \`${name}\`, which is not among \`tools\``);
  return { choice: { name }, tools };
}

/** What is left of a `tool_choice` once a tool has been called: nobody must call one again. */
export function onceCalled(choice: unknown): unknown {
  if (typeof choice !== "object" || choice === null) return choice === "required" ? "auto" : choice;
  return (choice as { type?: unknown }).type === "allowed_tools" ? { ...choice, mode: "auto" } : "auto";
}

function nameOf({ type, name, namespace }: Record<string, unknown>): string {
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
