import type { HookEventName } from "../../protocol/hooks.ts";
import { type HookEffects, noEffects } from "./hooks.ts";
import type { Outcome } from "./outcome.ts";

export interface RunOutcome {
  readonly runId: string;
  readonly outcome: Outcome;
  /** Which of the hooks ended when: of several rewritten inputs the last one counts, as with Codex. */
  readonly endedAs: number;
}

/** Events that guard something: a hook of them that fails may be made to block. */
const guards = new Set<HookEventName>(["preToolUse", "permissionRequest", "userPromptSubmit"]);

/** A guard that failed, where the user wants that to block. */
export function guarded(event: HookEventName, outcome: Outcome): Outcome {
  if (outcome.status !== "failed" || !guards.has(event)) return outcome;
  const why = outcome.entries.find(({ kind }) => kind === "error")?.text ?? "it gave no reason";
  const text = `a guarding hook failed: ${why}`;
  return {
    ...outcome,
    status: "blocked",
    entries: [...outcome.entries, { kind: "feedback", text }],
    feedback: text,
    verdict: event === "permissionRequest" ? "deny" : null,
  };
}

/** What the hooks of one event want together; `runs` in the order in which they are listed. */
export function combine(runs: readonly RunOutcome[]): HookEffects {
  if (runs.length === 0) return noEffects;
  const outcomes = runs.map(({ outcome }) => outcome);
  const replies = outcomes.flatMap(({ reply }) => (reply === null ? [] : [reply]));
  const updates = runs.filter(({ outcome }) => outcome.update !== null).sort((a, b) => a.endedAs - b.endedAs);
  const verdicts = outcomes.map(({ verdict }) => verdict);
  return {
    contexts: outcomes.flatMap(({ contexts }) => contexts),
    feedback: runs.flatMap(({ runId, outcome: { feedback } }) =>
      feedback === null ? [] : [{ text: feedback, runId }],
    ),
    stopped: outcomes.find(({ stopped }) => stopped !== null)?.stopped ?? null,
    reply: replies.length === 0 ? null : replies.join("\n\n"),
    update: updates.at(-1)?.outcome.update ?? null,
    verdict: verdicts.includes("deny") ? "deny" : verdicts.includes("allow") ? "allow" : null,
  };
}
