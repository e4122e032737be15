import type { CallRequest } from "../../kernel/turn-setup.ts";
import type { Hooks, HookScene } from "../../kernel/hooks/hooks.ts";
import type { Action, Asked, Decision } from "../../policy/action.ts";

/** What hooks say in place of a person; null when they leave it to one. */
export async function askHooks(
  hooks: Hooks,
  asked: Asked,
  action: Action,
  { turnId, callId, seen, signal }: CallRequest,
  scene: Omit<HookScene, "turnId" | "signal">,
): Promise<Decision | null> {
  if (seen === undefined || !hooks.listens("permissionRequest")) return null;
  const reason = action.kind === "command" ? action.justification : null;
  const input = reason === null ? seen.input : { ...(seen.input as object), description: reason };
  const event = { name: "permissionRequest" as const, tool: seen.tool, input, callId };
  const { verdict, feedback } = await hooks.fire(event, { ...scene, turnId, signal });
  if (verdict === "allow") return asked.allowed;
  return verdict === "deny" ? { type: "deny", reason: "hook", message: feedback[0]?.text ?? "denied by a hook" } : null;
}
