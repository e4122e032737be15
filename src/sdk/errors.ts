/** What every client of the SDK may reject with. `code` is for programs, `message` for people; neither holds a secret. */
export type SdkErrorCode =
  | "validation"
  | "codexNotFound"
  | "spawnFailed"
  | "exit"
  | "malformedLine"
  | "lineTooLong"
  | "noTerminalEvent"
  | "turnFailed"
  | "aborted"
  | "timedOut"
  | "resumeMismatch"
  | "sessionNotFound"
  | "notTrustedDirectory"
  | "notAuthenticated"
  | "outputParse"
  | "connection"
  | "closed"
  | "idleTimeout"
  | "rpc"
  | "methodNotSupported"
  | "requestTimeout"
  | "bufferOverflow";

/** What an error of the app-server client adds. */
export interface RpcFacts extends ErrorOptions {
  /** The method that was asked for. */
  method?: string | undefined;
  /** The `data` of the server's error. */
  data?: unknown;
}

export class CodexSdkError extends Error {
  override readonly name: string = "CodexSdkError";
  readonly code: SdkErrorCode;
  /** The method of the app-server that was asked for; null where there is none. */
  readonly method: string | null;
  readonly data: unknown;

  constructor(code: SdkErrorCode, message: string, options: RpcFacts = {}) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.method = options.method ?? null;
    this.data = options.data ?? null;
  }
}

/** The caller's signal ended it; `cause` is the signal's reason. Named as the web platform names it. */
export class AbortError extends CodexSdkError {
  override readonly name = "AbortError";

  constructor(what: string, reason: unknown, method?: string) {
    super("aborted", `${what} was aborted`, { cause: reason, method });
  }
}

/** An option or an input that cannot be right, found before anything was started. */
export class ValidationError extends CodexSdkError {
  override readonly name = "ValidationError";
  /** Where the value stands: `config.model_providers.x`, `input[1].path`. */
  readonly path: string;

  constructor(path: string, problem: string, options?: ErrorOptions) {
    super("validation", `${path} ${problem}`, options);
    this.path = path;
  }
}

/** There is no program to run. */
export class CodexNotFoundError extends CodexSdkError {
  override readonly name = "CodexNotFoundError";
  /** All places that were looked at, in order. */
  readonly tried: readonly string[];

  constructor(program: string, tried: readonly string[], options?: ErrorOptions) {
    const places = tried.map((place) => `\n  ${place}`).join("");
    super("codexNotFound", `${program} was not found; tried:${places}\nInstall it, or set codexPathOverride`, options);
    this.tried = tried;
  }
}

/** The program is there, and the system does not start it. */
export class CodexSpawnError extends CodexSdkError {
  override readonly name = "CodexSpawnError";
  readonly path: string;
  /** As the system names it: `EACCES`, `EMFILE`. */
  readonly systemCode: string | null;

  constructor(path: string, systemCode: string | null, reason: string, options?: ErrorOptions) {
    super("spawnFailed", `${path} could not be started: ${reason}`, options);
    this.path = path;
    this.systemCode = systemCode;
  }
}

/** Why a turn failed, as far as its message says. `rateLimit`: also a quota that is used up. */
export type TurnFailureKind = "rateLimit" | "unauthorized" | "badRequest" | "network" | "contextWindow" | "other";

/** What the app-server says of a failed turn besides its message. */
export interface TurnFailureFacts extends RpcFacts {
  code?: SdkErrorCode;
  turnId?: string | undefined;
  codexErrorInfo?: unknown;
  additionalDetails?: string | null | undefined;
}

/** The program said that the turn failed. `message` is its message, taken out of the JSON of a provider's answer. */
export class TurnFailedError extends CodexSdkError {
  override readonly name: string = "TurnFailedError";
  readonly kind: TurnFailureKind;
  /** As the event had it. */
  readonly rawMessage: string;
  /** Of the app-server alone, as are those below: the turn, and how the server classes the failure. */
  readonly turnId: string | null;
  readonly codexErrorInfo: unknown;
  readonly additionalDetails: string | null;

  constructor(kind: TurnFailureKind, message: string, rawMessage: string, facts: TurnFailureFacts = {}) {
    super(facts.code ?? "turnFailed", message, facts);
    this.kind = kind;
    this.rawMessage = rawMessage;
    this.turnId = facts.turnId ?? null;
    this.codexErrorInfo = facts.codexErrorInfo ?? null;
    this.additionalDetails = facts.additionalDetails ?? null;
  }
}

/** There is no credential, or the service does not take it. */
export class NotAuthenticatedError extends TurnFailedError {
  override readonly name = "NotAuthenticatedError";

  constructor(message: string, rawMessage: string, facts: TurnFailureFacts = {}) {
    super("unauthorized", message, rawMessage, { ...facts, code: "notAuthenticated" });
  }
}

export class SessionNotFoundError extends CodexSdkError {
  override readonly name = "SessionNotFoundError";
  /** Id or name of the thread. */
  readonly session: string;

  constructor(session: string, where: string, facts?: RpcFacts) {
    super("sessionNotFound", `There is no thread ${JSON.stringify(session)} ${where}`, facts);
    this.session = session;
  }
}
