import { randomInt } from "node:crypto";
import type { Enclose } from "../../policy/sandbox/sandbox.ts";
import { afterCatchingUp } from "../../system/late.ts";
import type { ItemSink } from "../tool.ts";
import { CommandItem, noExitCode } from "./command-item.ts";
import { launch, type RunningProcess } from "./process/launch.ts";
import { noteChild } from "./process/note-child.ts";
import { OutputBuffer, type Output } from "./output-buffer.ts";
import type { PipePool } from "./process/pipe-pool.ts";
import type { ProcessGroups } from "./process/process-group.ts";

export interface SessionStart {
  readonly itemId: string;
  readonly visible: string[];
  readonly argv: string[];
  readonly cwd: string;
  readonly enclose: Enclose | null;
  readonly env: Record<string, string>;
  readonly terminal: boolean;
}

/** A command that the model can come back to, until it has read of its end. */
export interface Session {
  readonly id: number;
  /** Of the call that has started it. */
  readonly callId: string;
  readonly argv: string[];
  readonly cwd: string;
  readonly terminal: boolean;
  /** Null while it runs. */
  readonly exitCode: number | null;
  readonly pid: number;
  /** Types; the item says so. */
  write(text: string): void;
  interrupt(): void;
  /** What was written since the last time. */
  drain(): Output;
}

/** A command that ended by itself, with nobody waiting for it. */
export interface EndedCommand {
  readonly sessionId: number;
  readonly argv: readonly string[];
  readonly exitCode: number;
}

const maximumSessions = 64;
/** What a polite program is given to end by itself when everything is closed. */
const closingMs = 100;

class LiveSession implements Session {
  readonly id: number;
  readonly cwd: string;
  readonly callId: string;
  readonly argv: string[];
  readonly terminal: boolean;
  readonly item: CommandItem;
  readonly unread = new OutputBuffer();
  /** Resolves when `exitCode` is set. */
  readonly ended: Promise<void>;
  process: RunningProcess | null = null;
  exitCode: number | null = null;
  /** Calls that wait for it now. */
  waiting = 0;
  usedAt = performance.now();
  #settle!: () => void;

  constructor(id: number, item: CommandItem, start: SessionStart) {
    this.id = id;
    this.callId = start.itemId;
    this.cwd = start.cwd;
    this.item = item;
    this.argv = start.visible;
    this.terminal = start.terminal;
    this.ended = new Promise((resolve) => (this.#settle = resolve));
  }

  get pid(): number {
    return this.process?.pid ?? 0;
  }

  write(text: string): void {
    this.item.input(text);
    this.process?.write(text);
  }

  interrupt(): void {
    this.item.input("\u0003");
    this.process?.signal("SIGINT");
  }

  output(bytes: Uint8Array): void {
    if (this.exitCode !== null) return;
    this.unread.push(bytes);
    this.item.output(bytes);
  }

  drain(): Output {
    return this.unread.drain(this.exitCode !== null);
  }

  finish(exitCode: number): void {
    if (this.exitCode !== null) return;
    this.exitCode = exitCode;
    this.item.complete(exitCode);
    this.#settle();
  }
}

/** The commands of one thread that run, or whose end the model has not read yet. */
export class Sessions {
  readonly #pipes: PipePool;
  readonly #groups: ProcessGroups;
  readonly #onEnd: (command: EndedCommand) => void;
  readonly #sessions = new Map<number, LiveSession>();
  #closed = false;

  constructor(pipes: PipePool, groups: ProcessGroups, onEnd: (command: EndedCommand) => void = () => {}) {
    this.#pipes = pipes;
    this.#groups = groups;
    this.#onEnd = onEnd;
  }

  /**
   * Starts a command and its item. When there are 64 already, the one that was left alone for longest is ended.
   * @throws {LaunchError} when it could not be started; its item says so.
   */
  async start(start: SessionStart, sink: ItemSink): Promise<Session> {
    this.#makeRoom();
    const id = this.#freeId();
    const item = new CommandItem(sink, {
      id: start.itemId,
      argv: start.visible,
      cwd: start.cwd,
      processId: String(id),
      source: "startup",
    });
    const session = new LiveSession(id, item, start);
    this.#sessions.set(id, session);
    try {
      session.process = await launch(this.#pipes, this.#groups, {
        ...start,
        onStart: (pid) => noteChild(sink, start.itemId, pid),
        onOutput: (bytes) => session.output(bytes),
      });
    } catch (error) {
      this.#sessions.delete(id);
      item.complete(noExitCode, `Failed to create unified exec process: ${(error as Error).message}`);
      throw error;
    }
    void session.process.ended.then((exitCode) => {
      const alone = session.exitCode === null && session.waiting === 0 && this.#sessions.get(id) === session;
      session.finish(exitCode);
      if (alone) this.#onEnd({ sessionId: id, argv: session.argv, exitCode });
    });
    if (this.#closed || session.exitCode !== null) this.#groups.kill(session.process.pid);
    return session;
  }

  find(id: number): Session | undefined {
    return this.#sessions.get(id);
  }

  /** Resolves when the command has ended or the time is over. Rejects with the signal's reason. */
  async wait({ id }: Session, ms: number, signal: AbortSignal): Promise<void> {
    const session = this.#sessions.get(id);
    if (session === undefined || session.exitCode !== null) return;
    signal.throwIfAborted();
    session.waiting++;
    let stop = (): void => {};
    const interrupted = new Promise<void>((resolve, reject) => {
      const cancel = afterCatchingUp(ms, resolve);
      const onAbort = (): void => reject(signal.reason as Error);
      signal.addEventListener("abort", onAbort, { once: true });
      stop = () => {
        cancel();
        signal.removeEventListener("abort", onAbort);
      };
    });
    try {
      await Promise.race([session.ended, interrupted]);
    } finally {
      stop();
      session.waiting--;
      session.usedAt = performance.now();
    }
  }

  /** Ends the command with all that it started; its item is completed at once. */
  end({ id }: Session): void {
    const session = this.#sessions.get(id);
    if (session === undefined) return;
    this.#sessions.delete(id);
    session.finish(noExitCode);
    if (session.process !== null) this.#groups.end(session.process.pid);
  }

  /** Forgets a command whose end was told. */
  forget({ id }: Session): void {
    this.#sessions.delete(id);
  }

  live(): Session[] {
    return [...this.#sessions.values()].filter((session) => session.exitCode === null);
  }

  /** Ends every command; what does not go within a tenth of a second is killed. Their items stay open. */
  async closeAll(): Promise<void> {
    this.#closed = true;
    const running = [...this.#sessions.values()].filter((session) => session.exitCode === null);
    this.#sessions.clear();
    const processes = running.map((session) => session.process).filter((each) => each !== null);
    for (const session of running) session.item.silence();
    for (const each of processes) this.#groups.end(each.pid);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, closingMs)));
    await Promise.race([Promise.all(processes.map((each) => each.ended)), late]);
    clearTimeout(timer);
    this.#groups.killAll();
    this.#pipes.close();
  }

  #makeRoom(): void {
    if (this.#sessions.size < maximumSessions) return;
    const idle = [...this.#sessions.values()].filter((session) => session.waiting === 0 && session.process !== null);
    // Those that have ended go first: only their last words are lost.
    idle.sort(
      (one, other) => Number(one.exitCode === null) - Number(other.exitCode === null) || one.usedAt - other.usedAt,
    );
    if (idle[0] !== undefined) this.end(idle[0]);
  }

  #freeId(): number {
    for (;;) {
      const id = randomInt(10_000, 100_000);
      if (!this.#sessions.has(id)) return id;
    }
  }
}
