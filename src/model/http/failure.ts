import { STATUS_CODES } from "node:http";
import type { ErrorCode } from "../../protocol/errors.ts";
import { noUsage, type TokenUsage } from "../../protocol/usage.ts";
import type { ModelFailure } from "../model-client.ts";
import { errorOf, liftedAt } from "./stated-wait.ts";

const statusLine = (status: number): string => `${status} ${STATUS_CODES[status] ?? "Unknown"}`;

/** What providers say of a request that does not fit. */
const overflowWords =
  /context_length_exceeded|maximum context length|exceed(?:s|ed) the context window|prompt is too long|exceed context limit|exceed_context_size_error|exceeds the available context size|maximum prompt length|input token count[^.]*exceeds|greater than the context length/i;
const promptCount = /prompt is too long: (\d+) tokens/i;
const counts = /requested (\d+) tokens \((\d+) in the messages, (\d+) in the completion\)/i;

/** Null when that is not what the text is about; `counted` where it says how much was asked for. */
export function overflow(text: string): { counted?: TokenUsage } | null {
  if (!overflowWords.test(text)) return null;
  const prompt = promptCount.exec(text)?.[1];
  if (prompt !== undefined)
    return { counted: { ...noUsage, totalTokens: Number(prompt), inputTokens: Number(prompt) } };
  const found = counts.exec(text);
  if (found === null) return {};
  const [totalTokens, inputTokens, outputTokens] = found.slice(1).map(Number) as [number, number, number];
  return { counted: { ...noUsage, totalTokens, inputTokens, outputTokens } };
}

const textOf = ({ message }: { readonly message?: unknown }): string | null =>
  typeof message === "string" ? message : null;

/** What a provider said, short enough for a line. */
function excerpt(body: string): string {
  const text = textOf(errorOf(body)) ?? body.trim();
  if (text === "") return "Unknown error";
  return text.length <= 500 ? text : `${text.slice(0, 500)}… (${text.length} characters)`;
}

const liftedText = (atMs: number | null): string =>
  atMs === null ? "" : ` It is lifted at ${new Date(atMs).toISOString()}.`;

/**
 * What an HTTP status other than 200 means. `waitMs` is how long the server asks to wait, `longestWaitMs` what is waited at most;
 * `keyName` names where the credential came from, so that a refused one can be found.
 */
export function httpFailure(options: {
  status: number;
  body: string;
  url: string;
  waitMs: number | null;
  longestWaitMs: number;
  keyName: string | null;
  now: number;
}): ModelFailure {
  const { status, body, url, waitMs, longestWaitMs, keyName, now } = options;
  const error = errorOf(body);
  const providerCode = codeOf(error);
  const failure = (code: ErrorCode, message: string, retryable: boolean): ModelFailure => ({
    code,
    message,
    retryable,
    httpStatus: status,
    ...(providerCode !== null && { providerCode }),
    ...(retryable && waitMs !== null && { delayMs: waitMs }),
  });
  const tooLong = status === 400 || status === 413 ? overflow(body) : null;
  if (tooLong !== null) return { ...failure("context_window_exceeded", body, false), ...tooLong };
  const plain = `unexpected status ${statusLine(status)}: ${excerpt(body)}, url: ${url}`;
  if (status === 400) return failure("bad_request", body.trim() === "" ? plain : body, false);
  if (status === 401 || status === 403) {
    const hint = keyName === null ? "no credential was sent" : `check the credential from ${keyName}`;
    return failure("unauthorized", `${plain} (${hint})`, false);
  }
  const liftedAtMs = liftedAt(error, now) ?? (waitMs === null ? null : now + waitMs);
  const lifted = liftedAtMs === null ? {} : { liftedAtMs };
  /** Nobody is kept waiting for hours: the message says when it is worth to come back. */
  const unlessLong = (code: ErrorCode, message: string): ModelFailure =>
    waitMs !== null && waitMs > longestWaitMs
      ? { ...failure(code, `${message}.${liftedText(liftedAtMs)}`, false), ...lifted }
      : { ...failure(code, message, true), ...lifted };
  if (status === 402) return failure("usage_limit", plain, false);
  if (status === 429) {
    if (providerCode === "insufficient_quota") return failure("usage_limit", textOf(error) ?? plain, false);
    if (error["type"] === "usage_limit_reached") {
      const said = textOf(error) ?? "The usage limit of this account is reached.";
      return { ...failure("usage_limit", `${said}${liftedText(liftedAtMs)}`, false), ...lifted };
    }
    if (error["type"] === "usage_not_included") return failure("usage_limit", textOf(error) ?? plain, false);
    const text = `exceeded retry limit, last status: ${statusLine(429)}`;
    return waitMs === null ? failure("rate_limited", text, false) : unlessLong("rate_limited", text);
  }
  if (status === 408) return unlessLong("server_error", plain);
  if (status >= 500) return unlessLong(status === 503 || status === 529 ? "server_overloaded" : "server_error", plain);
  return failure(status === 404 ? "model_not_found" : "bad_request", plain, false);
}

export const codeOf = ({ code, type }: { code?: unknown; type?: unknown }): string | null => {
  if (typeof code === "string") return code;
  return typeof type === "string" ? type : null;
};

export const disconnected = (cause: string): ModelFailure => ({
  code: "stream_disconnected",
  message: `stream disconnected before completion: ${cause}`,
  retryable: true,
});
