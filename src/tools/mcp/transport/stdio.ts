import { spawn, type ChildProcess } from "node:child_process";
import type { JSONRPCMessage, Transport } from "@modelcontextprotocol/client";
import { afterCatchingUp, whenCaughtUp } from "../../../system/late.ts";
import { floods, maxMessageBytes, maxUnaskedBytes, tooLong } from "./limits.ts";
import { LineReader, type LongLine } from "./lines.ts";

export interface StdioCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
}

/** Time to leave by itself, for one that has ever said something; then after SIGTERM. */
const leaveMs = 300;
const termMs = 1000;
/** Output that a process left in its pipe when it ended. */
const drainMs = 200;
const keptStderr = 4096;

const osErrors: Readonly<Record<string, string>> = {
  ENOENT: "No such file or directory (os error 2)",
  EACCES: "Permission denied (os error 13)",
  ENOTDIR: "Not a directory (os error 20)",
  ENOEXEC: "Exec format error (os error 8)",
  E2BIG: "Argument list too long (os error 7)",
};

/**
 * A server that is a process of ours: a message a line on its stdin and stdout. It leads a session of its own, so that
 * it can be ended with all that it has started, by us or, when we have died, by whoever finds it.
 */
export class StdioTransport implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: JSONRPCMessage) => void;
  readonly pid: number | undefined;
  readonly #child: ChildProcess;
  readonly #started: Promise<void>;
  readonly #exited: Promise<void>;
  #closed = false;
  /** It has ended, and so has its group: the number may be somebody else's. */
  #gone = false;
  #heard = false;
  #unasked = 0;
  #stderr = "";
  #reason: string | null = null;

  /** The process starts at once, so that what talks to it can be loaded meanwhile. */
  constructor({ command, args, env, cwd }: StdioCommand) {
    const child = spawn(command, args, { env, cwd, detached: true, stdio: ["pipe", "pipe", "pipe"] });
    this.#child = child;
    this.pid = child.pid;
    this.#started = new Promise((resolve, reject) => {
      child.once("spawn", resolve);
      child.once("error", (error: NodeJS.ErrnoException) =>
        reject(new Error(osErrors[error.code ?? ""] ?? error.message)),
      );
    });
    this.#started.catch(() => this.#end());
    this.#exited = new Promise((resolve) => {
      child.once("exit", () => resolve());
      child.once("error", () => resolve());
    });
    const reader = new LineReader(
      maxMessageBytes,
      (line) => this.#onLine(line),
      (line) => this.#onLongLine(line),
    );
    // Out of descriptors there is no process, and there are no streams either.
    child.stdout?.on("data", (chunk: Buffer) => this.#onData(chunk, reader));
    child.stderr?.on("data", (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString("utf8")).slice(-keptStderr);
    });
    for (const stream of [child.stdin, child.stdout, child.stderr]) stream?.on("error", () => {});
    // As many messages may wait for room as there are calls.
    child.stdin?.setMaxListeners(0);
    child.once("exit", () => {
      // What it started is in its group, and lives on when it has gone.
      this.#signal("SIGKILL");
      this.#gone = true;
      const stop = afterCatchingUp(drainMs, () => this.#end());
      child.once("close", () => {
        stop();
        this.#end();
      });
    });
  }

  /** Why the connection was ended from this side; null where it was not. */
  get reason(): string | null {
    return this.#reason;
  }

  /** The last line that it wrote to stderr. */
  get lastWords(): string {
    return this.#stderr.trimEnd().split("\n").at(-1)?.slice(-300) ?? "";
  }

  start(): Promise<void> {
    return this.#started;
  }

  async send(message: JSONRPCMessage): Promise<void> {
    const { stdin } = this.#child;
    if (this.#closed || stdin === null || !stdin.writable) throw new Error("Transport closed");
    if (stdin.write(`${JSON.stringify(message)}\n`)) return;
    await new Promise<void>((resolve) => {
      stdin.once("drain", resolve);
      void this.#exited.then(resolve);
    });
  }

  /** Resolves when the process and what it started have ended. */
  async close(): Promise<void> {
    const { stdin } = this.#child;
    stdin?.end();
    if (this.pid !== undefined && !(await this.#exitedWithin(this.#heard ? leaveMs : 0))) {
      this.#signal("SIGTERM");
      if (!(await this.#exitedWithin(termMs))) this.#signal("SIGKILL");
      await this.#exited;
    }
    await whenCaughtUp();
    this.#end();
  }

  #onData(chunk: Buffer, reader: LineReader): void {
    if (this.#closed) return;
    this.#unasked += chunk.length;
    if (this.#unasked > maxUnaskedBytes) {
      this.#reason = floods;
      this.#signal("SIGKILL");
      this.#end();
      return;
    }
    reader.push(chunk);
  }

  #onLine(line: string): void {
    const text = line.trim();
    if (text === "") return;
    let message: unknown;
    try {
      message = JSON.parse(text);
    } catch {
      // Many servers print a word to the wrong stream; the next line may be fine.
      this.onerror?.(new Error(`it wrote a line that is not JSON: ${text.slice(0, 200)}`));
      return;
    }
    if (typeof message !== "object" || message === null) return;
    this.#heard = true;
    if ("id" in message && !("method" in message)) this.#unasked = 0;
    this.onmessage?.(message as JSONRPCMessage);
  }

  /** The call that a thrown-away answer belongs to is told; the id stands near the beginning or at the end. */
  #onLongLine({ head, tail }: LongLine): void {
    const id =
      /^\s*\{"jsonrpc":"2\.0","id":(\d+)[,}]/.exec(head)?.[1] ??
      /"id":(\d+)(?:,"jsonrpc":"2\.0")?\}\s*$/.exec(tail)?.[1];
    if (id === undefined) {
      this.#reason = tooLong;
      this.#signal("SIGKILL");
      this.#end();
      return;
    }
    this.#unasked = 0;
    this.onmessage?.({ jsonrpc: "2.0", id: Number(id), error: { code: -32000, message: tooLong } });
  }

  #exitedWithin(ms: number): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), ms);
      void this.#exited.then(() => {
        clearTimeout(timer);
        resolve(true);
      });
    });
  }

  #signal(signal: NodeJS.Signals): void {
    if (this.pid === undefined || this.#gone) return;
    try {
      process.kill(-this.pid, signal);
    } catch {
      // Nobody is left.
    }
  }

  #end(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const stream of [this.#child.stdout, this.#child.stderr]) stream?.destroy();
    this.onclose?.();
  }
}
