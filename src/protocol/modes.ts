import type { ThreadInfo, ThreadOptions } from "./methods.ts";

/** How much runs unasked: `plan` only looks, `ask` asks before every effect, `auto` before what the sandbox does not hold, `full` never. */
export type Mode = "plan" | "ask" | "auto" | "full";
export const modes: readonly Mode[] = ["plan", "ask", "auto", "full"];

type ModeOptions = Required<Pick<ThreadOptions, "sandbox" | "approvalPolicy" | "askFirst" | "collaborationMode">>;

/** Modes are words of ours: what is stored of them are the sandbox and the approval policy, which Codex knows. */
export const modeOptions: Readonly<Record<Mode, ModeOptions>> = {
  plan: { sandbox: "read-only", approvalPolicy: "on-request", askFirst: false, collaborationMode: "plan" },
  ask: { sandbox: "workspace-write", approvalPolicy: "on-request", askFirst: true, collaborationMode: "default" },
  auto: { sandbox: "workspace-write", approvalPolicy: "on-request", askFirst: false, collaborationMode: "default" },
  full: { sandbox: "danger-full-access", approvalPolicy: "never", askFirst: false, collaborationMode: "default" },
};

/** The mode that a thread's settings amount to; null when they are none of them. */
export function modeOf({ permissions, collaborationMode }: ThreadInfo): Mode | null {
  const { sandbox, approvalPolicy, askFirst } = permissions;
  if (collaborationMode === "plan") return sandbox === "read-only" ? "plan" : null;
  if (sandbox === "danger-full-access") return approvalPolicy === "never" ? "full" : null;
  if (sandbox !== "workspace-write" || approvalPolicy === "never") return null;
  return askFirst === true ? "ask" : "auto";
}
