/** What a failure was, from the words that the program had for it. */
import {
  NotAuthenticatedError,
  SessionNotFoundError,
  TurnFailedError,
  type CodexSdkError,
  type TurnFailureKind,
} from "../errors.ts";
import { CodexExitError, NotTrustedDirectoryError, type ExitFacts } from "./errors.ts";

/** The error of a `turn.failed`. */
export function turnFailure(raw: string): TurnFailedError {
  const message = unpacked(raw);
  const kind = kindOf(`${raw}\n${message}`);
  return kind === "unauthorized" && noCredential.test(raw)
    ? new NotAuthenticatedError(message, raw)
    : new TurnFailedError(kind, message, raw);
}

const noCredential = /missing environment variable|missing bearer|not logged in|no api key|\blog ?in\b.* required/i;

const kinds: readonly (readonly [TurnFailureKind, RegExp])[] = [
  ["contextWindow", /context[ _]window|context_length_exceeded|maximum context length|\btoo long\b/i],
  ["rateLimit", /\b429\b|rate[ _]limit|too many requests|quota|usage[ _]limit|insufficient_quota/i],
  [
    "unauthorized",
    /\b40[13] (?:unauthorized|forbidden)|\bunauthorized\b|missing environment variable|missing bearer|not logged in|invalid_api_key|authentication_error/i,
  ],
  [
    "network",
    /stream disconnected|error sending request|connection (?:refused|reset|closed)|network error|ECONN\w+|ENOTFOUND|ETIMEDOUT|timed out/i,
  ],
  ["badRequest", /\b400\b|bad request|invalid_request|invalid_json_schema|unsupported_/i],
];

export function kindOf(message: string): TurnFailureKind {
  const named = kinds.find(([, pattern]) => pattern.test(message));
  if (named !== undefined) return named[0];
  // The program passes on the body of a refused request as it came, and of nothing else.
  return /^\s*\{/.test(message) ? "badRequest" : "other";
}

/** The message inside of a provider's answer, where the text is or ends with one. */
function unpacked(text: string): string {
  const start = text.indexOf("{");
  const end = text.lastIndexOf("}");
  if (start === -1 || end < start) return text;
  try {
    const inner = messageIn(JSON.parse(text.slice(start, end + 1)));
    return inner === null ? text : `${text.slice(0, start)}${inner}${text.slice(end + 1)}`.trim();
  } catch {
    return text;
  }
}

function messageIn(body: unknown): string | null {
  if (typeof body !== "object" || body === null) return null;
  const { error, message, detail } = body as Record<string, unknown>;
  const found = [messageIn(error), error, message, detail].find((each) => typeof each === "string" && each !== "");
  return (found as string | undefined) ?? null;
}

/** The error of a process that ended badly. `session` is the thread that it was to go on with, if any. */
export function exitFailure(facts: ExitFacts, session: string | null, cause: unknown): CodexSdkError {
  const said = lastWords(facts.stderrTail);
  const how = facts.signal === null ? `with code ${facts.exitCode ?? "unknown"}` : `by ${facts.signal}`;
  if (said.includes("Not inside a trusted directory"))
    return new NotTrustedDirectoryError(`${said} Set skipGitRepoCheck, or trust the directory.`, facts);
  if (session !== null && /no rollout found for thread id/.test(said))
    return new SessionNotFoundError(session, "on disk");
  if (/not logged in|codex login/i.test(said)) return new NotAuthenticatedError(said, facts.stderrTail);
  return new CodexExitError(
    `codex exec ended ${how}${said === "" ? "" : `: ${said}`}`,
    facts,
    cause === null ? {} : { cause },
  );
}

/** What programs always say, or say beside the point. */
const noise =
  /^(?:Reading (?:prompt|additional input) from stdin\.\.\.|warning: .*|\d{4}-\d\d-\d\dT[\d:.]+Z\s+(?:TRACE|DEBUG|INFO|WARN|ERROR)\s.*)$/i;
const escapes = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-_])/g;
const longest = 2048;

function lastWords(stderr: string): string {
  const lines = stderr
    .replaceAll(escapes, "")
    .split(/\r?\n/)
    .filter((line) => line.trim() !== "");
  const telling = lines.filter((line) => !noise.test(line.trim()));
  return (telling.length > 0 ? telling : lines).join("\n").slice(-longest).trim();
}
