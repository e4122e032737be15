/** Stable codes of what can go wrong across the method table; documented in docs/errors.md. */
export type ErrorCode =
  | "usage"
  | "config"
  | "thread_not_found"
  | "thread_busy"
  | "thread_locked"
  | "thread_damaged"
  | "storage_failed"
  | "turn_not_found"
  | "turn_mismatch"
  | "queue_full"
  | "question_not_found"
  | "model_not_found"
  | "provider_not_found"
  | "credentials_missing"
  | "bad_request"
  | "unauthorized"
  | "rate_limited"
  | "usage_limit"
  | "context_window_exceeded"
  | "server_overloaded"
  | "server_error"
  | "connection_failed"
  | "stream_disconnected"
  | "response_incomplete"
  | "budget_exceeded"
  | "interrupted"
  | "duplicate_name"
  | "sandbox_unavailable"
  | "mcp_failed"
  | "not_supported"
  | "internal";

/** An expected failure: a sentence that a user can act on, with a stable code. */
export class AgentError extends Error {
  override readonly name = "AgentError";
  readonly code: ErrorCode;
  /** Data for programs: HTTP status, file position, ... */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, options: { cause?: unknown; details?: Record<string, unknown> } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details ?? {};
  }
}

export interface ErrorInfo {
  code: ErrorCode;
  message: string;
  details?: Readonly<Record<string, unknown>>;
}

/** The message of anything thrown, for showing; never a stack. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export function errorInfo(error: unknown): ErrorInfo {
  if (error instanceof AgentError) return { code: error.code, message: error.message, details: error.details };
  return { code: "internal", message: messageOf(error) };
}
