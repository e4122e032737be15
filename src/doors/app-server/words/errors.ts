import type { TurnError } from "../../../protocol/codex-0.169/app-server/common.ts";
import type { ErrorInfo } from "../../../protocol/errors.ts";

type CodexErrorInfo = NonNullable<TurnError["codexErrorInfo"]>;

const plain: Partial<Record<ErrorInfo["code"], CodexErrorInfo>> = {
  context_window_exceeded: "contextWindowExceeded",
  budget_exceeded: "sessionBudgetExceeded",
  usage_limit: "usageLimitExceeded",
  rate_limited: "rateLimitExceeded",
  server_overloaded: "serverOverloaded",
  server_error: "internalServerError",
  model_not_found: "modelNotFound",
  unauthorized: "unauthorized",
  sandbox_unavailable: "sandboxError",
};

/** Of a turn's error: the word that programs tell it by. */
export function codexErrorInfo({ code, details }: ErrorInfo): CodexErrorInfo {
  const { httpStatus, providerCode } = details ?? {};
  if (providerCode === "cyber_policy") return "cyberPolicy";
  if (providerCode === "flex_unavailable") return "flexUnavailable";
  if (typeof httpStatus !== "number") return plain[code] ?? "other";
  if (code === "rate_limited") return { responseTooManyFailedAttempts: { httpStatusCode: httpStatus } };
  const named =
    code === "model_not_found" ? providerCode === "model_not_found" : !unnamed.has(code) && httpStatus !== 402;
  return named || httpStatus === 400
    ? (plain[code] ?? "other")
    : { httpConnectionFailed: { httpStatusCode: httpStatus } };
}

/** Of these Codex gives the status alone. */
const unnamed = new Set<ErrorInfo["code"]>(["unauthorized", "bad_request"]);

export const turnError = (error: ErrorInfo): TurnError => ({
  message: error.message,
  codexErrorInfo: codexErrorInfo(error),
  additionalDetails: null,
  misalignment: null,
});

const camel = (word: string): string => word.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** Of a turn that was read back: rollouts write the same words with underscores. */
export function storedErrorInfo(word: unknown): CodexErrorInfo | null {
  if (typeof word === "string") return camel(word) as CodexErrorInfo;
  if (typeof word !== "object" || word === null) return null;
  const renamed = Object.entries(word).map(([key, value]) => [camel(key), value === null ? null : camelKeys(value)]);
  return Object.fromEntries(renamed) as CodexErrorInfo;
}

const camelKeys = (value: unknown): unknown =>
  typeof value === "object" && value !== null
    ? Object.fromEntries(Object.entries(value).map(([key, each]) => [camel(key), each]))
    : value;
