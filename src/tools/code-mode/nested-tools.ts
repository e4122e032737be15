import type { FunctionSpec } from "../../protocol/tool-spec.ts";
import type { Tool } from "../tool.ts";
import { typeOf } from "./declarations.ts";

/** A tool as scripts see it. */
export interface NestedTool {
  /** Its property of `tools`. */
  readonly name: string;
  readonly kind: "function" | "custom";
  readonly description: string;
  /** Listed in the description of `exec`; others a script finds in `ALL_TOOLS`. */
  readonly listed: boolean;
  readonly tool: Tool;
}

/** What the model calls itself, also in code mode: it waits, asks or talks, which a script does not do in its place. */
const direct = new Set(["exec", "wait", "request_user_input", "request_user_input_async", "clock sleep"]);
/** Namespaces whose tools all are such. */
const directNamespaces = new Set(["collaboration"]);
/** Of no use to a script, which sees all tools. */
const useless = new Set(["tool_search"]);

export const isDirect = (tool: Tool): boolean =>
  direct.has(tool.namespace === undefined ? tool.name : `${tool.namespace.name} ${tool.name}`) ||
  directNamespaces.has(tool.namespace?.name ?? "");

export const isCallable = (tool: Tool): boolean =>
  !isDirect(tool) && (tool.spec.type === "function" || tool.spec.type === "custom") && !useless.has(tool.name);

const identifier = (name: string): string => name.replace(/[^\w$]/g, "_").replace(/^(?=\d)/, "_");

const scriptName = ({ name, namespace }: Tool): string =>
  identifier(namespace === undefined ? name : `${namespace.name}__${name}`);

const commandResult = `{
  // Names this piece of output.
  chunk_id?: string;
  // Absent while the command runs.
  exit_code?: number;
  // Tokens of the output before it was shortened.
  original_token_count?: number;
  output: string;
  // For write_stdin, while the command runs.
  session_id?: number;
  wall_time_seconds: number;
}`;

/** What tools resolve to that give more than a text. */
const results: Readonly<Record<string, string>> = {
  exec_command: commandResult,
  write_stdin: commandResult,
  view_image: "{\n  // A data URL.\n  image_url: string;\n}",
  clock__curr_time: "{\n  // `YYYY-MM-DD HH:MM:SS UTC`\n  current_time: string;\n}",
};

function declaration(name: string, tool: Tool): string {
  const input =
    tool.spec.type === "custom" ? "input: string" : `args: ${typeOf((tool.spec as FunctionSpec).parameters)}`;
  return `declare const tools: { ${name}(${input}): Promise<${results[name] ?? "unknown"}>; };`;
}

/** The tools that a script can call, by name. Of two whose names become the same, the first one stays. */
export function nestedTools(tools: readonly Tool[]): NestedTool[] {
  const found = new Map<string, NestedTool>();
  for (const tool of tools) {
    if (!isCallable(tool)) continue;
    const name = scriptName(tool);
    if (found.has(name)) continue;
    const spec = tool.spec as { description?: string };
    const group = tool.namespace === undefined ? "" : `\n\n${tool.namespace.description}`;
    found.set(name, {
      name,
      kind: tool.spec.type === "custom" ? "custom" : "function",
      description: `${spec.description ?? ""}${group}\n\n\`\`\`ts\n${declaration(name, tool)}\n\`\`\``,
      listed: tool.deferred !== true,
      tool,
    });
  }
  return [...found.values()].sort((one, other) => (one.name < other.name ? -1 : 1));
}
