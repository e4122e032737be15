import type { ThreadInfo, ThreadOptions } from "./methods.ts";

/** How much runs unasked: `plan` only looks, `ask` asks before every effect, `auto` before what the sandbox does not hold, `full` never. */
export type Mode = "plan" | "ask" | "auto" | "full";
export const modes: readonly Mode[] = ["plan", "ask", "auto", "full"];

type ModeOptions = Required<Pick<ThreadOptions, "mode" | "sandbox" | "approvalPolicy" | "collaborationMode">>;

/** Modes are words of ours: what is stored of them are the sandbox and the approval policy, which Codex knows. */
export const modeOptions: Readonly<Record<Mode, ModeOptions>> = {
  plan: {
    mode: "plan",
    sandbox: "read-only",
    approvalPolicy: "on-request",
    collaborationMode: "plan",
  },
  ask: {
    mode: "ask",
    sandbox: "workspace-write",
    approvalPolicy: "on-request",
    collaborationMode: "default",
  },
  auto: {
    mode: "auto",
    sandbox: "workspace-write",
    approvalPolicy: "on-request",
    collaborationMode: "default",
  },
  full: {
    mode: "full",
    sandbox: "danger-full-access",
    approvalPolicy: "never",
    collaborationMode: "default",
  },
};

/** The mode of ours that a thread is in; null where Codex's settings mean what they mean there. */
export function modeOf({
  permissions,
  collaborationMode,
}: Pick<ThreadInfo, "permissions" | "collaborationMode">): Mode | null {
  const { mode = null, sandbox } = permissions;
  // A thread may have been taken out of planning, or into it, alone.
  if (collaborationMode === "plan") return sandbox === "read-only" && mode !== null ? "plan" : null;
  return mode === "plan" ? null : mode;
}
