import { AgentError } from "../../protocol/errors.ts";
import type { ErrorBody } from "../../protocol/codex-0.169/app-server/messages.ts";

/** An error that a client is answered with. */
export class RequestError extends Error {
  override readonly name = "RequestError";
  readonly code: number;
  readonly data: unknown;

  constructor(code: number, message: string, data?: unknown) {
    super(message);
    this.code = code;
    this.data = data;
  }
}

export const invalidRequest = -32600;
/** Of few methods: what fits the shape and still means nothing. */
export const invalidParams = -32602;
export const internalError = -32603;

/** What nearly every refusal is, in Codex's code for it. */
export const refused = (message: string, data?: unknown): RequestError =>
  new RequestError(invalidRequest, message, data);

const insideFaults = new Set(["internal", "storage_failed", "thread_damaged"]);

/** The answer for anything thrown. Its code is Codex's; the one of our own table is in `data.code`. */
export function errorBodyOf(error: unknown): ErrorBody {
  if (error instanceof RequestError) {
    const { code, message, data } = error;
    return data === undefined ? { code, message } : { code, message, data };
  }
  if (error instanceof AgentError) {
    const code = insideFaults.has(error.code) ? internalError : invalidRequest;
    return { code, message: error.message, data: { code: error.code } };
  }
  return { code: internalError, message: error instanceof Error ? error.message : String(error) };
}
