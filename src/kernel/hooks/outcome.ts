import { configName } from "../../config/hooks/events.ts";
import type { HookEntry, HookEventName, HookRunStatus } from "../../protocol/hooks.ts";
import { parseAnswer, type HookAnswer } from "./answer.ts";

/** How a hook's process ended. */
export interface HookEnd {
  /** Null after a signal. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What one hook said, as data. */
export interface Outcome {
  readonly status: Exclude<HookRunStatus, "running">;
  readonly entries: readonly HookEntry[];
  readonly contexts: readonly string[];
  /** Why it blocks, denies, or wants the turn to go on. */
  readonly feedback: string | null;
  /** It wants the work to end; empty where it gives no reason. */
  readonly stopped: string | null;
  /** In place of the output of a call. */
  readonly reply: string | null;
  readonly update: { readonly input: unknown } | null;
  readonly verdict: "allow" | "deny" | null;
}

const nothing: Outcome = {
  status: "completed",
  entries: [],
  contexts: [],
  feedback: null,
  stopped: null,
  reply: null,
  update: null,
  verdict: null,
};

const entry = (kind: HookEntry["kind"], text: string): HookEntry => ({ kind, text });

export const failure = (text: string, before: readonly HookEntry[] = []): Outcome => ({
  ...nothing,
  status: "failed",
  entries: text === "" ? before : [...before, entry("error", text)],
});

/** Events whose hooks may block with exit code 2 and a reason on stderr. */
const blocking = new Set<HookEventName>([
  "preToolUse",
  "permissionRequest",
  "postToolUse",
  "userPromptSubmit",
  "stop",
  "subagentStop",
]);
/** Plain text of these is context for the model. */
const informing = new Set<HookEventName>(["sessionStart", "subagentStart", "userPromptSubmit"]);
/** These must say JSON or nothing. */
const jsonOnly = new Set<HookEventName>(["stop", "subagentStop", "interrupt"]);
/** A failure of these is told in the hook's own words, where it has any. */
const inOwnWords = new Set<HookEventName>(["sessionEnd", "preCompact", "postCompact"]);

/** The words for an answer in the names of runs that failed. */
const answerNames: Partial<Record<HookEventName, string>> = {
  preToolUse: "pre-tool-use",
  permissionRequest: "permission-request",
  postToolUse: "post-tool-use",
  sessionStart: "session start",
  subagentStart: "subagent start",
  userPromptSubmit: "user prompt submit",
  stop: "stop hook",
  subagentStop: "subagent stop hook",
  preCompact: "PreCompact hook",
  postCompact: "PostCompact hook",
  interrupt: "interrupt hook",
};

/** What a hook said with its exit code and its two streams. Whatever it did wrong is a failure and changes nothing else. */
export function readOutcome(event: HookEventName, end: HookEnd): Outcome {
  const errors = end.stderr.trim();
  if (event === "preModelRequest" || event === "postModelRequest") {
    const entries = errors === "" ? [] : [entry("error", errors)];
    return { ...nothing, status: end.code === 0 ? "completed" : "failed", entries };
  }
  if (end.code !== 0) return afterError(event, end.code, errors);
  if (event === "sessionEnd") return nothing;
  const written = end.stdout.trim();
  if (written === "") return nothing;
  if (!/^[{[]/.test(written)) {
    if (jsonOnly.has(event)) return failure(invalid(event));
    return informing.has(event) ? { ...nothing, contexts: [written], entries: [entry("context", written)] } : nothing;
  }
  const answer = parseAnswer(event, written);
  return answer === null ? failure(invalid(event)) : readAnswer(event, answer);
}

const invalid = (event: HookEventName): string => `hook returned invalid ${answerNames[event]} JSON output`;

function afterError(event: HookEventName, code: number | null, errors: string): Outcome {
  if (code === 2 && blocking.has(event)) {
    if (errors !== "") return blocked(event, errors, []);
    return failure(`${configName(event)} hook exited with code 2 and wrote no reason to stderr`);
  }
  if (inOwnWords.has(event) && errors !== "" && code !== null) return failure(errors);
  return failure(code === null ? "hook was ended by a signal" : `hook exited with code ${code}`);
}

function blocked(event: HookEventName, reason: string, contexts: readonly string[], before: HookEntry[] = []): Outcome {
  return {
    ...nothing,
    status: "blocked",
    entries: [...before, ...contexts.map((text) => entry("context", text)), entry("feedback", reason)],
    contexts,
    feedback: reason,
    reply: event === "postToolUse" ? reason : null,
    verdict: event === "permissionRequest" ? "deny" : null,
  };
}

function readAnswer(event: HookEventName, answer: HookAnswer): Outcome {
  const { systemMessage } = answer;
  const warned = typeof systemMessage === "string" ? [entry("warning", systemMessage)] : [];
  const problem = unsupported(event, answer);
  if (problem !== null) return failure(`${configName(event)} hook returned ${problem}`, warned);
  const context = answer.hookSpecificOutput?.additionalContext;
  const contexts = typeof context === "string" ? [context] : [];
  if (answer.continue === false) return stopped(event, answer, contexts, warned);
  if (event === "permissionRequest") return verdict(answer, warned);
  const reason = blockReason(event, answer);
  if (reason !== null) return blocked(event, reason, contexts, warned);
  const entries = [...warned, ...contexts.map((text) => entry("context", text))];
  const specific = answer.hookSpecificOutput;
  const update = specific?.permissionDecision === "allow" ? { input: specific.updatedInput } : null;
  return { ...nothing, entries, contexts, update };
}

function stopped(event: HookEventName, answer: HookAnswer, contexts: string[], warned: HookEntry[]): Outcome {
  const given = answer.stopReason ?? "";
  // The model or the user has to be told something there.
  const worded = event === "postToolUse" || event === "preCompact" || event === "postCompact";
  const reason = given === "" && worded ? `stopped by a ${configName(event)} hook` : given;
  return {
    ...nothing,
    status: "stopped",
    entries: [
      ...warned,
      ...contexts.map((text) => entry("context", text)),
      ...(reason === "" ? [] : [entry("stop", reason)]),
    ],
    contexts,
    stopped: reason,
    reply: event === "postToolUse" ? (answer.reason ?? reason) : null,
  };
}

function verdict(answer: HookAnswer, warned: HookEntry[]): Outcome {
  const decision = answer.hookSpecificOutput?.decision;
  if (decision?.behavior !== "deny") {
    return { ...nothing, entries: warned, verdict: decision?.behavior ?? null };
  }
  const message = decision.message?.trim() ?? "";
  return blocked("permissionRequest", message === "" ? "denied by a PermissionRequest hook" : message, [], warned);
}

/** Why the hook blocks; at a tool and at a stop without the white space around it, as Codex has it. */
function blockReason(
  event: HookEventName,
  { decision, reason, hookSpecificOutput: specific }: HookAnswer,
): string | null {
  if (specific?.permissionDecision === "deny") return specific.permissionDecisionReason?.trim() ?? null;
  if (decision !== "block") return null;
  return event === "postToolUse" || event === "userPromptSubmit" ? (reason ?? null) : (reason?.trim() ?? null);
}

/** What this event does not take although it is well-formed; null when there is nothing of it. */
function unsupported(event: HookEventName, answer: HookAnswer): string | null {
  const guards = event === "preToolUse" || event === "permissionRequest";
  if (guards && answer.continue === false) return "unsupported continue:false";
  if (guards && typeof answer.stopReason === "string") return "unsupported stopReason";
  if ((guards || event === "postToolUse") && answer.suppressOutput === true) return "unsupported suppressOutput";
  if (event === "permissionRequest") return unsupportedVerdict(answer);
  if (event === "preToolUse") return unsupportedDecision(answer) ?? reasonProblem(event, answer);
  if (event === "postToolUse" && (answer.hookSpecificOutput?.updatedMCPToolOutput ?? null) !== null) {
    return "unsupported updatedMCPToolOutput";
  }
  return answer.continue === false ? null : reasonProblem(event, answer);
}

function reasonProblem(event: HookEventName, answer: HookAnswer): string | null {
  const { decision, reason } = answer;
  if (answer.hookSpecificOutput?.permissionDecision) return null;
  if (decision === "block" && (reason ?? "").trim() === "") return "decision:block without a non-empty reason";
  const lonely = event === "preToolUse" || event === "postToolUse";
  return lonely && !decision && typeof reason === "string" ? "reason without decision" : null;
}

function unsupportedDecision(answer: HookAnswer): string | null {
  const specific = answer.hookSpecificOutput;
  const asked = specific?.permissionDecision ?? null;
  const updates = (specific?.updatedInput ?? null) !== null;
  if (updates && asked !== "allow") return "updatedInput without permissionDecision:allow";
  if ((asked === "allow" && !updates) || asked === "ask") return `unsupported permissionDecision:${asked}`;
  const reason = specific?.permissionDecisionReason ?? null;
  if (asked === "deny" && (reason ?? "").trim() === "") {
    return "permissionDecision:deny without a non-empty permissionDecisionReason";
  }
  if (asked === null && reason !== null) return "permissionDecisionReason without permissionDecision";
  return asked === null && answer.decision === "approve" ? "unsupported decision:approve" : null;
}

function unsupportedVerdict(answer: HookAnswer): string | null {
  const decision = answer.hookSpecificOutput?.decision;
  if (!decision) return null;
  if ((decision.updatedInput ?? null) !== null) return "unsupported updatedInput";
  if ((decision.updatedPermissions ?? null) !== null) return "unsupported updatedPermissions";
  return decision.interrupt === true ? "unsupported interrupt:true" : null;
}
