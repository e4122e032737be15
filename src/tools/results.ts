import type { Decision } from "../policy/action.ts";
import type { PreparedCall, ToolResult } from "./tool.ts";

/** A failure that the model can act on: plain text that starts with `Error: `. */
export const softError = (message: string): ToolResult => ({ output: `Error: ${message}`, ok: false });

/** A call whose arguments fit the schema but make no sense; running it only tells why. */
export function mistakenCall(message: string): PreparedCall {
  return {
    effect: "none",
    action: { kind: "none" },
    refusal: () => `Error: ${message}`,
    run: () => Promise.resolve(softError(message)),
  };
}

/** What the model reads when policy keeps a tool away from a file or folder. `deed` is a past participle: "read", "listed". */
export function refusal(path: string, deed: string): (decision: Extract<Decision, { type: "deny" }>) => string {
  return ({ reason, message }) => {
    const who = reason === "user" ? "declined by the user" : "refused by policy";
    return `Error: \`${path}\` was not ${deed}; ${who}: ${message}`;
  };
}

const reasons: Record<string, string> = {
  ENOENT: "it does not exist",
  ENOTDIR: "a part of its path is not a directory",
  EACCES: "permission denied",
  EPERM: "permission denied",
  ELOOP: "its links go round in a circle",
  ENAMETOOLONG: "its name is too long",
  ENXIO: "it is not a regular file",
};

/** Why the system would not give us a file, in words. */
export function fileProblem(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code ?? "";
  return reasons[code] ?? (code || String(error));
}

/** The first of these fields that is not a whole number above zero, as a complaint; null when all are. */
export function notPositive(fields: Record<string, number>): string | null {
  for (const [name, value] of Object.entries(fields)) {
    if (!Number.isSafeInteger(value) || value < 1)
      return `\`${name}\` must be a whole number greater than zero, not ${value}.`;
  }
  return null;
}
