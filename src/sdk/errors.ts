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
  | "outputParse";

export class CodexSdkError extends Error {
  override readonly name: string = "CodexSdkError";
  readonly code: SdkErrorCode;

  constructor(code: SdkErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
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
