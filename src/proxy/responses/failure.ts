import type { ModelFailure } from "../../model/model-client.ts";
import { Refusal } from "../http/refusal.ts";

/** What a client is told of a failed response. */
export interface ToldFailure {
  /** As OpenAI's API calls it, where it has a name for it. */
  readonly code: string;
  readonly message: string;
}

/** @returns what is said in a stream, in words that clients such as Codex act on */
export function toldFailure(failure: ModelFailure): ToldFailure {
  const { code, httpStatus } = failure;
  const message =
    httpStatus === undefined ? failure.message : `the upstream failed with status ${httpStatus}: ${saidBy(failure)}`;
  switch (code) {
    case "context_window_exceeded":
      return { code: "context_length_exceeded", message };
    case "unauthorized":
    case "credentials_missing":
      return { code: "invalid_api_key", message };
    case "rate_limited":
      return {
        code: "rate_limit_exceeded",
        message:
          failure.delayMs === undefined || /try again in/i.test(message)
            ? message
            : `${message}; please try again in ${secondsText(failure.delayMs)}s`,
      };
    case "usage_limit":
      return { code: "insufficient_quota", message };
    case "bad_request":
    case "model_not_found":
    case "not_supported":
    case "config":
      return { code: "invalid_prompt", message };
    default:
      if (failure.providerCode === "model_output_invalid") return { code: failure.providerCode, message };
      return { code: "server_error", message };
  }
}

const longestSaid = 500;

/** What the server itself said, as far as it is known: of what is put around it, the status has been told. */
function saidBy({ code, message }: ModelFailure): string {
  if (code === "rate_limited") return "it limits how often it is asked";
  let text = message.replace(/^unexpected status [^:]*: /, "").replace(/, url: \S+/, "");
  try {
    const { error } = JSON.parse(text) as { error?: { message?: unknown } | string };
    const said = typeof error === "string" ? error : error?.message;
    if (typeof said === "string") text = said;
  } catch {
    // It is no JSON.
  }
  return text.slice(0, longestSaid);
}

const secondsText = (ms: number): string => String(Math.max(0.001, Math.round(ms) / 1000));

/** The same where nothing has been said to the client yet and the whole answer is an error. */
export function refusalOf(failure: ModelFailure): Refusal {
  const { code, message } = toldFailure(failure);
  const headers: Record<string, string> =
    failure.delayMs === undefined ? {} : { "retry-after": String(Math.ceil(failure.delayMs / 1000)) };
  return new Refusal(statusOf(failure), message, { code, headers });
}

function statusOf({ code, httpStatus }: ModelFailure): number {
  switch (code) {
    case "unauthorized":
    case "credentials_missing":
      return httpStatus === 403 ? 403 : 401;
    case "rate_limited":
    case "usage_limit":
      return 429;
    case "context_window_exceeded":
    case "bad_request":
      return 400;
    case "not_supported":
      return 501;
    case "model_not_found":
      return 404;
    case "server_overloaded":
      return 503;
    default:
      return 502;
  }
}
