import type { ErrorCode } from "../../protocol/errors.ts";
import { codeOf, disconnected, overflow } from "../http/failure.ts";
import type { ModelFailure } from "../model-client.ts";
import { delayInMessage } from "../retry.ts";

const fatalCodes: Readonly<Record<string, ErrorCode>> = {
  context_length_exceeded: "context_window_exceeded",
  bio_policy: "bad_request",
  cyber_policy: "bad_request",
  flex_unavailable: "server_overloaded",
  insufficient_quota: "usage_limit",
  invalid_prompt: "bad_request",
  model_not_found: "model_not_found",
  server_is_overloaded: "server_overloaded",
  usage_not_included: "usage_limit",
};

/** Failed codes that a pause may mend. */
const limitCodes = new Set(["rate_limit_exceeded", "slow_down"]);

/** What a `response.failed` event means. */
export function failedResponse(error: { code?: unknown; type?: unknown; message?: unknown } | null): ModelFailure {
  if (error === null) {
    return {
      code: "stream_disconnected",
      message: "stream disconnected before completion: response.failed event received",
      retryable: true,
    };
  }
  const code = codeOf(error) ?? "";
  const message = typeof error.message === "string" ? error.message : code;
  const tooLong = overflow(code === "" ? message : `${code} ${message}`);
  if (tooLong !== null)
    return { code: "context_window_exceeded", message: message || code, retryable: false, ...tooLong };
  const fatal = fatalCodes[code];
  if (fatal !== undefined) return { code: fatal, message: message || code, retryable: false, providerCode: code };
  const delayMs = delayInMessage(message);
  if (limitCodes.has(code)) {
    return {
      code: "rate_limited",
      message: `rate limit exceeded: ${message}`,
      retryable: true,
      ...(delayMs !== null && { delayMs }),
    };
  }
  return { code: "stream_disconnected", message: `stream disconnected before completion: ${message}`, retryable: true };
}

/** What a `response.incomplete` event means. Only a filter may let the same request through the next time. */
export function incompleteResponse(reason: unknown): ModelFailure {
  const message = `Incomplete response returned, reason: ${typeof reason === "string" ? reason : "unknown"}`;
  if (reason === "content_filter") return { ...disconnected(message), code: "response_incomplete" };
  return {
    code: "response_incomplete",
    message,
    retryable: false,
    ...(typeof reason === "string" && { incompleteReason: reason }),
  };
}
