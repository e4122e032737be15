import { parseNested } from "../../protocol/nested-json.ts";
import { calledName, type ToolCallItem } from "../../protocol/response-items.ts";
import { plainCalls, type HookedCalls } from "../../tools/hooked.ts";
import type { Tool, ToolResult } from "../../tools/tool.ts";
import type { HookEffects, HookEvent, Hooks } from "./hooks.ts";

/** The turn that calls are made in. */
export interface CallHookPorts {
  readonly hooks: Hooks;
  fire(event: HookEvent): Promise<HookEffects>;
  /** Gives the model messages of hooks at once. */
  say(contexts: readonly string[]): void;
}

/** A call as hooks saw it before it was made, and as it is to be made. */
export type Admitted = { type: "made"; call: ToolCallItem; seen: SeenCall | null } | { type: "refused"; reply: string };

export interface SeenCall {
  readonly tool: string;
  readonly input: unknown;
}

/** How hooks see calls of a tool; null: not at all. MCP tools are known by Codex's flat name. */
export function hookedCalls(tool: Tool): HookedCalls | null {
  if (tool.hooked !== undefined) return tool.hooked;
  if (tool.spec.type === "custom") return null;
  const { namespace, name } = tool;
  // Codex knows this one by its older name.
  if (namespace === undefined || name === "spawn_agent") return plainCalls(name);
  return plainCalls(
    `${namespace.name}${namespace.name.startsWith("mcp__") && !namespace.name.endsWith("__") ? "__" : ""}${name}`,
  );
}

const inputOf = (call: ToolCallItem): string | null =>
  call.type === "custom_tool_call" ? call.input : call.type === "function_call" ? call.arguments : null;

/** Has hooks see what a call is about to do: they may forbid it, rewrite its arguments, or add to what the model knows. */
export async function admitCall(ports: CallHookPorts, tool: Tool, call: ToolCallItem): Promise<Admitted> {
  const calls = hookedCalls(tool);
  const given = inputOf(call);
  const input = given === null ? null : (calls?.read(given) ?? null);
  if (calls === null || given === null || input === null) return { type: "made", call, seen: null };
  const seen: SeenCall = { tool: calls.name, input };
  if (!ports.hooks.listens("preToolUse")) return { type: "made", call, seen };
  const effects = await ports.fire({ name: "preToolUse", ...seen, callId: call.call_id });
  ports.say(effects.contexts);
  const [blocked] = effects.feedback;
  if (blocked !== undefined) return { type: "refused", reply: refusal(call, input, blocked.text) };
  if (effects.update === null) return { type: "made", call, seen };
  const wanted = effects.update.input;
  const written = calls.write(given, wanted);
  if (written === null) return { type: "refused", reply: "hook returned updatedInput without string field `command`" };
  const rewritten = call.type === "custom_tool_call" ? { ...call, input: written } : { ...call, arguments: written };
  return { type: "made", call: rewritten as ToolCallItem, seen: { ...seen, input: calls.read(written) } };
}

function refusal(call: ToolCallItem, input: unknown, reason: string): string {
  const command = (input as { command?: unknown } | null)?.command;
  return typeof command === "string"
    ? `Command blocked by PreToolUse hook: ${reason}. Command: ${command}`
    : `Tool call blocked by PreToolUse hook: ${reason}. Tool: ${calledName(call)}`;
}

/** Has hooks see what a call brought: what they have to say about it takes the place of its output. */
export async function reviewResult(
  ports: CallHookPorts,
  call: ToolCallItem,
  seen: SeenCall | null,
  result: ToolResult,
): Promise<ToolResult> {
  const { finished } = result;
  if (!result.ok || finished === null || !ports.hooks.listens("postToolUse")) return result;
  const tool = finished?.name ?? seen?.tool;
  if (tool === undefined) return result;
  const effects = await ports.fire({
    name: "postToolUse",
    tool,
    input: finished?.input ?? seen?.input ?? null,
    response: finished?.response ?? responseOf(tool, call, result),
    callId: finished?.callId ?? call.call_id,
  });
  ports.say(effects.contexts);
  return effects.reply === null ? result : { output: effects.reply, ok: false };
}

/** The whole result of a server's tool; else the output, and that of a tool without a namespace as what it says where it is JSON. */
function responseOf(tool: string, call: ToolCallItem, { output, data }: ToolResult): unknown {
  if (data !== undefined && tool.startsWith("mcp__")) return data;
  if (call.type === "function_call" && call.namespace) return output;
  if (typeof output !== "string" || !/^\s*[[{]/.test(output)) return output;
  try {
    return parseNested(output);
  } catch {
    return output;
  }
}
