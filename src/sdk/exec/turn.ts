/** One turn: a process from its start to its end, as the events that it writes. */
import { startChild, type Child, type Exit } from "../launch/child.ts";
import { childEnvironment, withPathFolders } from "../launch/environment.ts";
import { findBinary } from "../launch/find-binary.ts";
import { withinTime } from "../launch/within-time.ts";
import { LineTooLong, linesOf, type Line } from "../launch/lines.ts";
import { execArguments, type Origin } from "./arguments.ts";
import { CodexProtocolError, ResumeMismatchError, TurnAbortedError, TurnTimeoutError } from "./errors.ts";
import type { TurnFailedError } from "../errors.ts";
import { noUsage, readEvent, usageBetween, type MalformedLineEvent, type ThreadEvent, type Usage } from "./events.ts";
import { exitFailure, turnFailure } from "./failures.ts";
import { checkDirectory, checkFilePath, type Prompt } from "./input.ts";
import type { CodexOptions, ThreadOptions, TurnOptions } from "./options.ts";
import type { OutputSchema } from "../output/output-schema.ts";
import { writeSchemaFile, type SchemaFile } from "./schema-file.ts";
import { findSession } from "./session-names.ts";
import { codeOf, log, publishSpan, spanName, type TurnSpan } from "./span.ts";
import { isLeaving, Stop } from "./stop.ts";
import type { TurnQueue } from "../turn-queue.ts";

/** What a thread carries from turn to turn. */
export interface ThreadState {
  readonly codex: CodexOptions;
  readonly options: ThreadOptions;
  readonly origin: Origin;
  readonly queue: TurnQueue;
  /** Null until the program has told it. */
  id: string | null;
  /** The last total of the thread; null when the thread has turns that were not seen. */
  total: Usage | null;
}

export interface TurnRequest {
  readonly state: ThreadState;
  readonly prompt: Prompt;
  readonly options: TurnOptions;
  readonly schema: OutputSchema | null;
  /** Filled in while the turn runs. */
  readonly facts: TurnFacts;
}

/** What a turn comes to beside its events. */
export interface TurnFacts {
  usage: Usage | null;
  turnUsage: Usage | null;
  warnings: string[];
  failure: TurnFailedError | null;
  /** Milliseconds from the start of the program's search to the end of the process. */
  durationMs: number;
}

export const noFacts = (): TurnFacts => ({ usage: null, turnUsage: null, warnings: [], failure: null, durationMs: 0 });

export const firstTotal = (origin: Origin): Usage | null => (origin.kind === "new" ? noUsage : null);

const defaults = { killTimeoutMs: 2000, maxLineBytes: 256 * 2 ** 20, stderrTailBytes: 65_536 };
const excerptBytes = 2048;

/** Nothing happens before the first `next()`. Leaving, at whatever moment, ends the process first. */
export function turnEvents(request: TurnRequest): AsyncGenerator<ThreadEvent, void, undefined> {
  const stop = new Stop();
  const events = runTurn(request, stop);
  const stream: AsyncGenerator<ThreadEvent, void, undefined> = {
    next: () => events.next(),
    return: (value) => {
      stop.leave();
      return events.return(value);
    },
    throw: (error) => {
      stop.leave();
      return events.throw(error);
    },
    [Symbol.asyncIterator]: () => stream,
    [Symbol.asyncDispose]: async () => void (await stream.return()),
  };
  return stream;
}

async function* runTurn(request: TurnRequest, stop: Stop): AsyncGenerator<ThreadEvent, void, undefined> {
  const { state, options } = request;
  stop.heed(options.signal);
  stop.check();
  const place = state.queue.enter();
  const run = new TurnRun(request, stop);
  try {
    await stop.race(place.turn);
    await run.start();
    yield* run.events();
    run.outcome = "completed";
  } catch (error) {
    if (isLeaving(error)) return;
    run.error = error;
    run.outcome = "failed";
    throw error;
  } finally {
    stop.forget();
    const gone = run.finish();
    void gone.then(place.leave);
    // Whoever wants out at once gets out; the process is seen off all the same, before the thread's next turn.
    if (run.error instanceof TurnAbortedError || run.error instanceof TurnTimeoutError) await run.cleared;
    else await gone;
  }
}

class TurnRun {
  outcome: TurnSpan["outcome"] = "left";
  error: unknown = null;
  /** When nothing is left on disk. */
  cleared: Promise<void> = Promise.resolve();
  readonly #request: TurnRequest;
  readonly #stop: Stop;
  readonly #secrets: string[] = [];
  #child: Child | null = null;
  #exit: Exit | null = null;
  /** Of the process, and nobody holds its stdout. */
  #isClean = false;
  #schemaFile: SchemaFile | null = null;
  #timer: NodeJS.Timeout | undefined;
  #startedAt: number | null = null;
  #startTime = 0;
  #firstEventAt: number | null = null;
  #terminal = false;
  #lastError: string | null = null;
  #cut: Line | null = null;
  #requested: string | null = null;

  constructor(request: TurnRequest, stop: Stop) {
    this.#request = request;
    this.#stop = stop;
  }

  get #graceMs(): number {
    return this.#request.state.codex.killTimeoutMs ?? defaults.killTimeoutMs;
  }

  async start(): Promise<void> {
    const { state, prompt, options, schema } = this.#request;
    const { codex, options: thread } = state;
    this.#startedAt = performance.now();
    this.#startTime = Date.now();
    const limit = options.timeoutMs;
    if (limit !== undefined)
      this.#timer = setTimeout(() => this.#stop.fail(new TurnTimeoutError("total", limit)), limit);
    this.#warnOfAliases();
    const images = await checkedPaths(thread, prompt);
    const env = childEnvironment({ ...codex, originator: codex.originator ?? "codex_agent_sdk" });
    this.#secrets.push(...["CODEX_API_KEY", "OPENAI_API_KEY"].flatMap((name) => env[name] || []));
    const origin = await this.#origin(env);
    const launch = findBinary(codex.binary ?? "codex-agent", codex.codexPathOverride);
    if (schema !== null) this.#schemaFile = await writeSchemaFile(schema.json);
    const schemaFile = this.#schemaFile?.path ?? null;
    const call = { codex, thread, turn: options, origin, schemaFile, images };
    this.#stop.check();
    const child = await startChild({
      command: launch.command,
      args: [...launch.args, ...execArguments(call)],
      env: withPathFolders(env, launch.pathFolders),
      input: prompt.text,
      stderrTailBytes: codex.stderrTailBytes ?? defaults.stderrTailBytes,
      spawn: codex.spawn,
    });
    this.#child = child;
    void child.exited.then((exit) => (this.#exit = exit));
    log(codex.logger, "debug", "codex exec started", { pid: child.pid, program: launch.command, threadId: state.id });
    // Begun at once, and not when the caller comes for the next event.
    this.#stop.signal.addEventListener("abort", () => void child.end(this.#graceMs), { once: true });
    if (this.#stop.signal.aborted) void child.end(this.#graceMs);
    this.#stop.check();
  }

  async *events(): AsyncGenerator<ThreadEvent, void, undefined> {
    const { onEvent, idleTimeoutMs } = this.#request.options;
    const child = this.#child!;
    const lines = linesOf(child.stdout, {
      maxBytes: this.#request.state.codex.maxLineBytes ?? defaults.maxLineBytes,
      exited: child.exited,
      stop: this.#stop.signal,
      idleMs: idleTimeoutMs,
      onIdle: () => this.#stop.fail(new TurnTimeoutError("idle", idleTimeoutMs ?? 0)),
    });
    try {
      for await (const together of lines) {
        for (const line of together) {
          this.#stop.check();
          const event = this.#read(line);
          if (event === null) continue;
          if (onEvent !== undefined) await this.#stop.race(onEvent(event) as PromiseLike<unknown>);
          yield event as ThreadEvent;
        }
      }
    } catch (error) {
      throw error instanceof LineTooLong ? this.#tooLong(error) : error;
    }
    this.#stop.check();
    await this.#settle(child);
  }

  /** Ends what still runs and takes away what was written. Resolves when both are done. */
  async finish(): Promise<void> {
    clearTimeout(this.#timer);
    const child = this.#child;
    const ended = child === null || this.#isClean ? Promise.resolve() : child.end(this.#graceMs);
    this.cleared = this.#schemaFile?.remove() ?? Promise.resolve();
    this.#request.facts.durationMs = this.#startedAt === null ? 0 : performance.now() - this.#startedAt;
    await Promise.all([ended, this.cleared]);
    child?.release();
    if (this.#startedAt !== null) this.#publish(this.#startedAt);
  }

  #warnOfAliases(): void {
    const { options, codex } = this.#request.state;
    if (options.approvalPolicy !== "auto" && options.approvalPolicy !== "manual") return;
    const meant = options.approvalPolicy === "auto" ? "never" : "on-request";
    const warning = `approvalPolicy "${options.approvalPolicy}" is deprecated; write "${meant}"`;
    this.#request.facts.warnings.push(warning);
    log(codex.logger, "warn", warning);
  }

  async #origin(env: Readonly<Record<string, string>>): Promise<Origin> {
    const { state } = this.#request;
    if (state.id === null && state.origin.kind === "resume") state.id = await findSession(state.origin.session, env);
    this.#requested = state.id;
    if (state.id !== null) return { kind: "resume", session: state.id };
    const { origin } = state;
    return origin.kind === "fork" ? { kind: "fork", session: await findSession(origin.session, env) } : origin;
  }

  /** Null for a line that is nothing. */
  #read(line: Line): ThreadEvent | MalformedLineEvent | null {
    const text = line.bytes.toString("utf8");
    if (text.trim() === "") return null;
    const read = readEvent(text);
    if ("event" in read) {
      this.#firstEventAt ??= performance.now();
      this.#note(read.event);
      return read.event;
    }
    const { codex } = this.#request.state;
    if (!line.whole && codex.onMalformedLine !== "event") {
      this.#cut = line;
      return null;
    }
    const excerpt = this.#excerpt(line.bytes);
    if (codex.onMalformedLine === "event") return { type: "malformed_line", line_number: line.number, excerpt };
    if (codex.onMalformedLine !== "skip") throw malformed(line.number, read.problem, excerpt);
    log(codex.logger, "warn", `line ${line.number} of codex exec ${read.problem}; skipped`);
    return null;
  }

  #note(event: ThreadEvent): void {
    const { state, facts } = this.#request;
    switch (event.type) {
      case "thread.started":
        if (this.#requested === null) state.id = event.thread_id;
        else if (event.thread_id.toLowerCase() !== this.#requested.toLowerCase())
          throw new ResumeMismatchError(this.#requested, event.thread_id);
        return;
      case "error":
        this.#lastError = typeof event.message === "string" ? event.message : null;
        if (this.#lastError !== null) facts.warnings.push(this.#hide(this.#lastError));
        return;
      case "turn.failed": {
        this.#terminal = true;
        const message: unknown = (event.error as { message?: unknown } | undefined)?.message;
        facts.failure = turnFailure(
          this.#hide(typeof message === "string" ? message : "The turn failed without a reason"),
        );
        return;
      }
      case "turn.completed": {
        this.#terminal = true;
        const usage = (event.usage as Usage | null | undefined) ?? null;
        facts.usage = usage;
        facts.turnUsage = usage === null || state.total === null ? null : usageBetween(state.total, usage);
        if (usage !== null) state.total = usage;
      }
    }
  }

  /** The stream is over: what the exit says about it. */
  async #settle(child: Child): Promise<void> {
    const { facts, options, state } = this.#request;
    const exit = await this.#stop.race(withinTime(child.exited, this.#graceMs));
    this.#isClean = exit !== null && child.stdout.readableEnded;
    if (exit === null) await child.end(this.#graceMs);
    if (facts.failure !== null) {
      if (options.throwOnFailedTurn === true) throw facts.failure;
      return;
    }
    if (exit !== null && (exit.code !== 0 || exit.signal !== null)) {
      const stderrTail = this.#hide(child.stderrTail());
      const session = this.#requested ?? (state.origin.kind === "fork" ? state.origin.session : null);
      throw exitFailure({ exitCode: exit.code, signal: exit.signal, stderrTail }, session, child.stdinError());
    }
    if (this.#cut !== null && state.codex.onMalformedLine !== "skip")
      throw malformed(this.#cut.number, "is not whole", this.#excerpt(this.#cut.bytes));
    if (this.#terminal) return;
    const why = this.#lastError === null ? "" : `; its last word: ${this.#hide(this.#lastError)}`;
    const cause = child.stdinError();
    throw new CodexProtocolError(
      "noTerminalEvent",
      `codex exec ended without saying how the turn ended${why}`,
      {},
      cause === null ? {} : { cause },
    );
  }

  #tooLong({ number, start }: LineTooLong): CodexProtocolError {
    const place = { lineNumber: number, excerpt: this.#excerpt(start) };
    const limit = this.#request.state.codex.maxLineBytes ?? defaults.maxLineBytes;
    return new CodexProtocolError("lineTooLong", `Line ${number} of codex exec has more than ${limit} bytes`, place);
  }

  #excerpt(bytes: Buffer): string {
    return this.#hide(
      bytes
        .subarray(0, excerptBytes)
        .toString("utf8")
        .replace(/\uFFFD+$/, ""),
    );
  }

  #hide(text: string): string {
    return this.#secrets.reduce((clean, secret) => clean.replaceAll(secret, "[redacted]"), text);
  }

  #publish(startedAt: number): void {
    const { state, facts } = this.#request;
    const span: TurnSpan = {
      name: spanName,
      startTime: this.#startTime,
      durationMs: facts.durationMs,
      firstEventMs: this.#firstEventAt === null ? null : this.#firstEventAt - startedAt,
      threadId: state.id,
      model: state.options.model ?? null,
      outcome: facts.failure === null ? this.outcome : "failed",
      errorCode: codeOf(this.error ?? facts.failure),
      exitCode: this.#exit?.code ?? null,
      signal: this.#exit?.signal ?? null,
      usage: facts.usage,
      turnUsage: facts.turnUsage,
    };
    publishSpan(span, state.codex.logger);
  }
}

/** The program passes over an image that is not there, and does not name a directory that is not. */
async function checkedPaths(thread: ThreadOptions, prompt: Prompt): Promise<string[]> {
  if (thread.workingDirectory !== undefined) await checkDirectory(thread.workingDirectory, "workingDirectory");
  for (const [index, path] of (thread.additionalDirectories ?? []).entries())
    await checkDirectory(path, `additionalDirectories[${index}]`);
  const images: string[] = [];
  for (const [index, path] of prompt.images.entries())
    images.push(await checkFilePath(path, { name: `image ${index + 1}` }));
  return images;
}

function malformed(line: number, problem: string, excerpt: string): CodexProtocolError {
  return new CodexProtocolError("malformedLine", `Line ${line} of codex exec ${problem}: ${excerpt}`, {
    lineNumber: line,
    excerpt,
  });
}
