import { STATUS_CODES } from "node:http";
import type { ErrorCode } from "../../protocol/errors.ts";
import { noUsage, type TokenUsage } from "../../protocol/usage.ts";
import type { ModelFailure } from "../model-client.ts";

const statusLine = (status: number): string => `${status} ${STATUS_CODES[status] ?? "Unknown"}`;

function parsedError(body: string): {
  type?: unknown;
  code?: unknown;
  message?: unknown;
  resets_at?: unknown;
  resets_in_seconds?: unknown;
} {
  try {
    const value: unknown = JSON.parse(body);
    const error = (value as { error?: unknown } | null)?.error;
    return typeof error === "object" && error !== null ? error : {};
  } catch {
    return {};
  }
}

/** What providers say of a request that does not fit. */
const overflowWords = /context_length_exceeded|maximum context length|exceed(?:s|ed) the context window/i;
const counts = /requested (\d+) tokens \((\d+) in the messages, (\d+) in the completion\)/i;

/** Null when that is not what the text is about; `counted` where it says how much was asked for. */
export function overflow(text: string): { counted?: TokenUsage } | null {
  if (!overflowWords.test(text)) return null;
  const found = counts.exec(text);
  if (found === null) return {};
  const [totalTokens, inputTokens, outputTokens] = found.slice(1).map(Number) as [number, number, number];
  return { counted: { ...noUsage, totalTokens, inputTokens, outputTokens } };
}

/** What a provider said, short enough for a line. */
function excerpt(body: string): string {
  const { message } = parsedError(body);
  const text = typeof message === "string" ? message : body.trim();
  if (text === "") return "Unknown error";
  return text.length <= 500 ? text : `${text.slice(0, 500)}… (${text.length} characters)`;
}

function resetText(error: ReturnType<typeof parsedError>, now: number): string {
  const at =
    typeof error.resets_at === "number"
      ? error.resets_at * 1000
      : typeof error.resets_in_seconds === "number"
        ? now + error.resets_in_seconds * 1000
        : null;
  return at === null ? "" : ` It is lifted at ${new Date(at).toISOString()}.`;
}

/**
 * What an HTTP status other than 200 means. `delayMs` is the server's `retry-after`, `keyName` names where the
 * credential came from, so that a refused one can be found.
 */
export function httpFailure(options: {
  status: number;
  body: string;
  url: string;
  delayMs: number | null;
  keyName: string | null;
  now: number;
}): ModelFailure {
  const { status, body, url, delayMs, keyName } = options;
  const error = parsedError(body);
  const providerCode = codeOf(error);
  const failure = (code: ErrorCode, message: string, retryable: boolean): ModelFailure => ({
    code,
    message,
    retryable,
    httpStatus: status,
    ...(providerCode !== null && { providerCode }),
    ...(retryable && delayMs !== null && { delayMs }),
  });
  const tooLong = status === 400 || status === 413 ? overflow(body) : null;
  if (tooLong !== null) return { ...failure("context_window_exceeded", body, false), ...tooLong };
  const plain = `unexpected status ${statusLine(status)}: ${excerpt(body)}, url: ${url}`;
  if (status === 400) return failure("bad_request", body.trim() === "" ? plain : body, false);
  if (status === 401 || status === 403) {
    const hint = keyName === null ? "no credential was sent" : `check the credential from ${keyName}`;
    return failure("unauthorized", `${plain} (${hint})`, false);
  }
  if (status === 429) {
    if (error.type === "usage_limit_reached") {
      const said = typeof error.message === "string" ? error.message : "The usage limit of this account is reached.";
      return failure("usage_limit", `${said}${resetText(error, options.now)}`, false);
    }
    if (error.type === "usage_not_included") {
      return failure("usage_limit", typeof error.message === "string" ? error.message : plain, false);
    }
    return failure("rate_limited", `exceeded retry limit, last status: ${statusLine(429)}`, delayMs !== null);
  }
  if (status === 408) return failure("server_error", plain, true);
  if (status >= 500) return failure(status === 503 ? "server_overloaded" : "server_error", plain, true);
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
