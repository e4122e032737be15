import type { ErrorCode } from "../../protocol/errors.ts";
import { overflow } from "../http/failure.ts";
import type { ModelFailure } from "../model-client.ts";
import { failedResponse } from "../responses/failure.ts";
import { delayInMessage } from "../retry.ts";

const record = (value: unknown): Record<string, unknown> | null =>
  typeof value === "object" && value !== null ? (value as Record<string, unknown>) : null;

/** The error that an event tells of, in the forms that servers have for it; null when it is none. */
export function errorIn(chunk: Record<string, unknown>): Record<string, unknown> | null {
  const { error, object, choices } = chunk;
  if (object === "error") return said(error) ?? chunk;
  return said(error) ?? (Array.isArray(choices) ? said(record(choices[0])?.["error"]) : null);
}

function said(error: unknown): Record<string, unknown> | null {
  if (typeof error === "string") return error === "" ? null : { message: error };
  const fields = record(error);
  return fields === null || Object.keys(fields).length === 0 ? null : fields;
}

interface Meaning {
  code: ErrorCode;
  retryable: boolean;
}
const server: Meaning = { code: "server_error", retryable: true };
const refused: Meaning = { code: "bad_request", retryable: false };
const unauthorized: Meaning = { code: "unauthorized", retryable: false };
const limited: Meaning = { code: "rate_limited", retryable: true };
const overloaded: Meaning = { code: "server_overloaded", retryable: true };

const byStatus = (status: number): Meaning | null => {
  if (status === 401 || status === 403) return unauthorized;
  if (status === 402) return { code: "usage_limit", retryable: false };
  if (status === 404) return { code: "model_not_found", retryable: false };
  if (status === 408) return server;
  if (status === 429) return limited;
  if (status === 503 || status === 529) return overloaded;
  if (status >= 500) return server;
  return status >= 400 ? refused : null;
};

const byWord: Readonly<Record<string, Meaning>> = {
  invalid_request_error: refused,
  badrequesterror: refused,
  invalid_argument: refused,
  authentication_error: unauthorized,
  invalid_api_key: unauthorized,
  permission_error: unauthorized,
  permission_denied: unauthorized,
  unauthenticated: unauthorized,
  rate_limit_error: limited,
  resource_exhausted: limited,
  too_many_requests: limited,
  overloaded_error: overloaded,
  unavailable: overloaded,
  server_error: server,
  api_error: server,
  internal: server,
  internal_error: server,
  internal_server_error: server,
  internalservererror: server,
};

/** What an error in the middle of a stream means: its words first, then its number, which is that of an HTTP status. */
export function chatFailure(error: Record<string, unknown>): ModelFailure {
  const { code, type, status } = error;
  const message = typeof error["message"] === "string" ? error["message"] : JSON.stringify(error).slice(0, 500);
  const words = [code, type, status].filter((word): word is string => typeof word === "string" && word !== "");
  const tooLong = overflow([...words, message].join(" "));
  if (tooLong !== null) return { code: "context_window_exceeded", message, retryable: false, ...tooLong };
  const providerCode = words[0];
  const number = [code, status].map(Number).find((each) => each >= 400 && each < 600);
  const meaning =
    words.map((word) => byWord[word.toLowerCase()]).find((each) => each !== undefined) ??
    (number === undefined ? null : byStatus(number));
  const known = failedResponse({ code, type, message });
  if (known.code !== "stream_disconnected" || meaning === null) return known;
  const delayMs = meaning.retryable ? delayInMessage(message) : null;
  return {
    ...meaning,
    message: `the model's server reported an error in its answer: ${message}`,
    ...(number !== undefined && { httpStatus: number }),
    ...(providerCode !== undefined && { providerCode }),
    ...(delayMs !== null && { delayMs }),
  };
}
