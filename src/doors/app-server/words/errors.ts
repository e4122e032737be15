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
  const status = details?.["status"];
  const httpStatusCode = typeof status === "number" ? status : null;
  if (code === "connection_failed") return { httpConnectionFailed: { httpStatusCode } };
  if (code === "stream_disconnected") return { responseStreamDisconnected: { httpStatusCode } };
  return plain[code] ?? "other";
}

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
