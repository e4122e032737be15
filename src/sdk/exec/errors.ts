import { AbortError, CodexSdkError, type SdkErrorCode } from "../errors.ts";

/** How a process ended; a number or the name of a signal. */
export interface ExitFacts {
  exitCode: number | null;
  signal: string | null;
  /** The last of what it wrote to stderr. */
  stderrTail: string;
}

/** The process ended badly without a word about its turn. */
export class CodexExitError extends CodexSdkError implements ExitFacts {
  override readonly name: string = "CodexExitError";
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly stderrTail: string;

  constructor(message: string, facts: ExitFacts, options?: ErrorOptions & { code?: SdkErrorCode }) {
    super(options?.code ?? "exit", message, options);
    this.exitCode = facts.exitCode;
    this.signal = facts.signal;
    this.stderrTail = facts.stderrTail;
  }
}

/** The directory is neither under version control nor trusted: set `skipGitRepoCheck`, or trust the project. */
export class NotTrustedDirectoryError extends CodexExitError {
  override readonly name = "NotTrustedDirectoryError";

  constructor(message: string, facts: ExitFacts) {
    super(message, facts, { code: "notTrustedDirectory" });
  }
}

/** What the process wrote is not a stream of events. */
export class CodexProtocolError extends CodexSdkError {
  override readonly name = "CodexProtocolError";
  /** Counted from 1; null when the stream as a whole is at fault. */
  readonly lineNumber: number | null;
  /** At most 2 KiB of the line. */
  readonly excerpt: string;

  constructor(
    code: "malformedLine" | "lineTooLong" | "noTerminalEvent",
    message: string,
    place: { lineNumber?: number; excerpt?: string } = {},
    options?: ErrorOptions,
  ) {
    super(code, message, options);
    this.lineNumber = place.lineNumber ?? null;
    this.excerpt = place.excerpt ?? "";
  }
}

/** The caller's signal ended the turn. */
export class TurnAbortedError extends AbortError {
  constructor(reason: unknown) {
    super("The turn", reason);
  }
}

export class TurnTimeoutError extends CodexSdkError {
  override readonly name = "TurnTimeoutError";
  /** `total`: {@link TurnOptions.timeoutMs}; `idle`: no event for {@link TurnOptions.idleTimeoutMs}. */
  readonly kind: "total" | "idle";
  readonly limitMs: number;

  constructor(kind: "total" | "idle", limitMs: number) {
    super("timedOut", kind === "total" ? `The turn took longer than ${limitMs} ms` : `No event came for ${limitMs} ms`);
    this.kind = kind;
    this.limitMs = limitMs;
  }
}

/** The process went on with another thread than the one that was asked for; it was ended. */
export class ResumeMismatchError extends CodexSdkError {
  override readonly name = "ResumeMismatchError";
  readonly requested: string;
  readonly actual: string;

  constructor(requested: string, actual: string) {
    super("resumeMismatch", `Thread ${requested} was to be resumed, and ${actual} was answered in`);
    this.requested = requested;
    this.actual = actual;
  }
}

/** The final response does not satisfy the schema, under `strictParse`. */
export class OutputParseError extends CodexSdkError {
  override readonly name = "OutputParseError";
  /** The final response. */
  readonly text: string;

  constructor(problem: string, text: string) {
    super("outputParse", problem);
    this.text = text;
  }
}
