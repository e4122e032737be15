/** Errors of the app-server client, and which of them an answer of the server is. */
import type { ErrorBody } from "../../protocol/codex-0.169/app-server/messages.ts";
import {
  CodexSdkError,
  NotAuthenticatedError,
  SessionNotFoundError,
  TurnFailedError,
  type RpcFacts,
  type SdkErrorCode,
} from "../errors.ts";
import { kindOf } from "../exec/failures.ts";
import { neutral } from "./render/colours.ts";

/** How a connection ended. */
export interface ConnectionEnd {
  /** In words, without the last full stop. */
  reason: string;
  exitCode: number | null;
  signal: string | null;
  /** The last lines of the server's stderr. */
  stderrTail: readonly string[];
}

const shownLines = 5;
const shownLength = 1000;

/** There is no connection, or no more; code `idleTimeout`: a turn of which nothing was heard for too long. */
export class AppServerConnectionError extends CodexSdkError implements ConnectionEnd {
  override readonly name = "AppServerConnectionError";
  readonly reason: string;
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly stderrTail: readonly string[];

  constructor(
    end: Partial<ConnectionEnd> & { reason: string },
    options: RpcFacts & { code?: "connection" | "closed" | "idleTimeout" } = {},
  ) {
    const tail = end.stderrTail ?? [];
    const shown = neutral(tail.slice(-shownLines).join("\n")).slice(-shownLength);
    super(options.code ?? "connection", `${end.reason}${shown === "" ? "" : `; it said:\n${shown}`}`, options);
    this.reason = end.reason;
    this.exitCode = end.exitCode ?? null;
    this.signal = end.signal ?? null;
    this.stderrTail = tail;
  }
}

/** The server answered with an error that is none of those with a class of their own. */
export class RpcError extends CodexSdkError {
  override readonly name: string = "RpcError";
  /** JSON-RPC's; `-32600` for nearly everything. */
  readonly rpcCode: number;

  constructor(body: ErrorBody, facts: RpcFacts & { code?: SdkErrorCode }) {
    super(facts.code ?? "rpc", body.message, { ...facts, data: body.data });
    this.rpcCode = body.code;
  }
}

/** The server does not have the method, or not for this kind of thread. */
export class MethodNotSupportedError extends RpcError {
  override readonly name = "MethodNotSupportedError";
  /** As in `serverInfo.userAgent`; null before the handshake. */
  readonly serverVersion: string | null;

  constructor(body: ErrorBody, method: string, serverVersion: string | null) {
    // The original lists every method there is.
    const [said = ""] = body.message.split(", expected one of");
    const message = said.startsWith(method) ? said : `${method} is not supported by this server: ${said}`;
    super({ ...body, message }, { method, code: "methodNotSupported" });
    this.serverVersion = serverVersion;
  }
}

export class RequestTimeoutError extends CodexSdkError {
  override readonly name = "RequestTimeoutError";
  readonly limitMs: number;

  constructor(method: string, limitMs: number) {
    super("requestTimeout", `${method} was not answered within ${limitMs} ms`, { method });
    this.limitMs = limitMs;
  }
}

/** Events came faster than they were read: `maxBufferedEvents` were waiting. */
export class BufferOverflowError extends CodexSdkError {
  override readonly name = "BufferOverflowError";
  readonly limit: number;

  constructor(limit: number) {
    super("bufferOverflow", `More than ${limit} events were waiting to be read; read faster, or set maxBufferedEvents`);
    this.limit = limit;
  }
}

const noThread = /thread not found|session not found|no rollout found|thread not loaded|invalid thread id/i;
const noSignIn = /\bauthentication required\b|\bnot logged in\b|\b401 unauthorized\b/i;
const advice = "sign in with `codex login`, or `codex-agent login`";

/** `session`: the thread that was asked about. */
export function rpcFailure(
  method: string,
  body: ErrorBody,
  context: { serverVersion: string | null; session: string | null },
): CodexSdkError {
  const { code, message } = body;
  const facts = { method, data: body.data };
  if (
    code === -32601 ||
    message.includes(`unknown variant \`${method}\``) ||
    message.startsWith(`${method} is not supported`)
  )
    return new MethodNotSupportedError(body, method, context.serverVersion);
  const cause = new RpcError(body, { method });
  if (noThread.test(message))
    return new SessionNotFoundError(context.session ?? "", `on the server: ${message}`, { ...facts, cause });
  const info = isRecord(body.data) ? (body.data["codexErrorInfo"] ?? body.data["codex_error_info"]) : null;
  if (isUnauthorized(info) || noSignIn.test(message))
    return new NotAuthenticatedError(`${message}; ${advice}`, message, { ...facts, cause, codexErrorInfo: info });
  return cause;
}

export interface TurnFailure {
  message: string;
  codexErrorInfo?: unknown;
  additionalDetails?: string | null;
}

/** The error of a turn that failed. */
export function turnFailure(
  { message, codexErrorInfo, additionalDetails }: TurnFailure,
  turnId: string | null,
): TurnFailedError {
  const facts = { codexErrorInfo, additionalDetails, turnId: turnId ?? undefined };
  if (isUnauthorized(codexErrorInfo) || noSignIn.test(message))
    return new NotAuthenticatedError(`${message}; ${advice}`, message, facts);
  const named = typeof codexErrorInfo === "string" ? kinds[codexErrorInfo] : undefined;
  return new TurnFailedError(named ?? kindOf(`${message}\n${additionalDetails ?? ""}`), message, message, facts);
}

const kinds: Record<string, TurnFailedError["kind"]> = {
  contextWindowExceeded: "contextWindow",
  usageLimitExceeded: "rateLimit",
  rateLimitExceeded: "rateLimit",
  badRequest: "badRequest",
};

/** The class itself, or one of those that carry the status of an HTTP answer. */
function isUnauthorized(info: unknown): boolean {
  if (info === "unauthorized") return true;
  return isRecord(info) && Object.values(info).some((each) => isRecord(each) && each["httpStatusCode"] === 401);
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;
