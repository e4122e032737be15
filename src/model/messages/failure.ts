import type { ErrorCode } from "../../protocol/errors.ts";
import { disconnected, overflow } from "../http/failure.ts";
import type { ModelFailure } from "../model-client.ts";

/** The API's words for what can go wrong in the middle of an answer, and whether the same request may be sent again. */
const codes: Readonly<Record<string, { code: ErrorCode; retryable: boolean }>> = {
  api_error: { code: "server_error", retryable: true },
  authentication_error: { code: "unauthorized", retryable: false },
  billing_error: { code: "usage_limit", retryable: false },
  invalid_request_error: { code: "bad_request", retryable: false },
  not_found_error: { code: "model_not_found", retryable: false },
  overloaded_error: { code: "server_overloaded", retryable: true },
  permission_error: { code: "unauthorized", retryable: false },
  rate_limit_error: { code: "rate_limited", retryable: true },
  request_too_large: { code: "bad_request", retryable: false },
  timeout_error: { code: "server_error", retryable: true },
};

/** What an `error` event means. */
export function failureOf(error: unknown): ModelFailure {
  const { type, message } = (typeof error === "object" && error !== null ? error : {}) as Record<string, unknown>;
  const providerCode = typeof type === "string" ? type : null;
  const said = typeof message === "string" && message !== "" ? message : (providerCode ?? "an error without a message");
  const tooLong = overflow(said);
  if (tooLong !== null) return { code: "context_window_exceeded", message: said, retryable: false, ...tooLong };
  const known = providerCode !== null && Object.hasOwn(codes, providerCode) ? codes[providerCode]! : null;
  if (known === null) return { ...disconnected(said), ...(providerCode !== null && { providerCode }) };
  return { ...known, message: said, providerCode: providerCode! };
}

/** The provider stopped an answer that it does not want its model to give. The same question would be stopped again. */
export function refusalFailure(details: unknown): ModelFailure {
  const { category, explanation } = (typeof details === "object" && details !== null ? details : {}) as Record<
    string,
    unknown
  >;
  const why = typeof category === "string" ? ` (${category})` : "";
  const said = typeof explanation === "string" && explanation !== "" ? `: ${explanation}` : "";
  return {
    code: "bad_request",
    message: `the model's provider stopped this answer${why}${said}`,
    retryable: false,
    providerCode: "refusal",
  };
}

export const windowFailure: ModelFailure = {
  code: "context_window_exceeded",
  message: "the answer went beyond the model's context window",
  retryable: false,
};
