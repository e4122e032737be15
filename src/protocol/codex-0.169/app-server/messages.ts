/** Messages of the app-server: JSON-RPC 2.0 without its `jsonrpc` member, one JSON object each. */

export type RequestId = string | number;

export interface Request {
  id: RequestId;
  method: string;
  params?: unknown;
}

export interface ErrorBody {
  /** `-32600` for nearly everything, `-32603` for what failed inside. */
  code: number;
  message: string;
  data?: unknown;
}

/** `id` is null of an error that answers what could not be read. */
export type Response = { id: RequestId; result: unknown } | { id: RequestId | null; error: ErrorBody };

export interface NotificationMessage {
  method: string;
  params?: unknown;
  /** Of the server's: milliseconds since the Unix epoch. */
  emittedAtMs?: number;
}

export type Message = Request | Response | NotificationMessage;
