import { word } from "../checks.ts";
import { ValidationError } from "../errors.ts";
import type { Origin } from "./arguments.ts";
import { checkedCodexOptions, checkedThreadOptions } from "./check-options.ts";
import { readInput } from "./input.ts";
import type { CodexOptions, EitherCase, ReviewTarget, ThreadOptions, TurnOptions } from "./options.ts";
import type { Parsed } from "../output/output-schema.ts";
import { checkSession, isUuid } from "./session-names.ts";
import { completed, requestOf, Thread, type CompletedTurn, type StreamedTurn } from "./thread.ts";
import { firstTotal, turnEvents, type ThreadState, type TurnRequest } from "./turn.ts";
import { TurnQueue } from "../turn-queue.ts";

/** Threads of one program with one configuration. Starts nothing, and looks for nothing, before the first turn. */
export class Codex {
  readonly #options: CodexOptions;

  /** Throws `ValidationError` for an option that cannot be right. */
  constructor(options?: EitherCase<CodexOptions>) {
    this.#options = checkedCodexOptions(options);
  }

  /** A new thread; it is there with its first turn. */
  startThread(options?: EitherCase<ThreadOptions>): Thread {
    return new Thread(this.#state({ kind: "new" }, options));
  }

  /** Goes on with a thread, by its id or its name. Whether there is one shows with the first turn. */
  resumeThread(id: string, options?: EitherCase<ThreadOptions>): Thread {
    checkSession(id);
    return new Thread(this.#state({ kind: "resume", session: id }, options));
  }

  /** Goes on with the newest thread of the working directory; where there is none, with a new one. */
  resumeLast(options?: EitherCase<ThreadOptions>): Thread {
    return new Thread(this.#state({ kind: "last" }, options));
  }

  /** A new thread that begins with a copy of another one, which is made with the first turn. */
  forkThread(id: string, options?: EitherCase<ThreadOptions>): Thread {
    checkSession(id);
    return new Thread(this.#state({ kind: "fork", session: id }, options));
  }

  /** A review of changes in the working directory. Its `finalResponse` is the review. */
  async review<const Schema = unknown>(
    target: ReviewTarget,
    options?: EitherCase<ThreadOptions>,
    turnOptions?: EitherCase<TurnOptions<Schema>>,
  ): Promise<CompletedTurn<Parsed<Schema>>> {
    return completed(this.#reviewRequest(target, options, turnOptions));
  }

  /** A review, event by event, as {@link Thread.runStreamed}. */
  async reviewStreamed(
    target: ReviewTarget,
    options?: EitherCase<ThreadOptions>,
    turnOptions?: EitherCase<TurnOptions>,
  ): Promise<StreamedTurn> {
    return { events: turnEvents(this.#reviewRequest(target, options, turnOptions)) };
  }

  /** The name that codex-py has for {@link startThread}; those below likewise. */
  start_thread(options?: EitherCase<ThreadOptions>): Thread {
    return this.startThread(options);
  }

  resume_thread(id: string, options?: EitherCase<ThreadOptions>): Thread {
    return this.resumeThread(id, options);
  }

  resume_last(options?: EitherCase<ThreadOptions>): Thread {
    return this.resumeLast(options);
  }

  fork_thread(id: string, options?: EitherCase<ThreadOptions>): Thread {
    return this.forkThread(id, options);
  }

  #state(origin: Origin, options: unknown): ThreadState {
    const known = origin.kind === "resume" && isUuid(origin.session) ? origin.session : null;
    return {
      codex: this.#options,
      options: checkedThreadOptions(options),
      origin,
      queue: new TurnQueue(),
      id: known,
      total: firstTotal(origin),
    };
  }

  #reviewRequest(target: ReviewTarget, options: unknown, turnOptions: unknown): TurnRequest {
    checkTarget(target);
    const prompt = target.type === "custom" ? readInput(target.instructions) : { text: "", images: [] };
    return requestOf(this.#state({ kind: "review", target }, options), prompt, turnOptions, {});
  }
}

function checkTarget(target: ReviewTarget): void {
  switch (target.type) {
    case "uncommittedChanges":
    case "custom":
      return;
    case "baseBranch":
      return word(target.branch, "target.branch");
    case "commit":
      word(target.sha, "target.sha");
      if (target.title !== undefined) word(target.title, "target.title");
      return;
    default:
      throw new ValidationError("target.type", "must be uncommittedChanges, baseBranch, commit or custom");
  }
}
