import { spawn, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Enclose, Enclosed } from "../../policy/sandbox/sandbox.ts";
import { dropLifeline, holdLifeline, killGroup } from "./lifeline.ts";
import { readMessage, type CellMessage } from "./messages.ts";

/** Built, the cell's program is a file of its own beside the chunk that holds this module. */
const program = fileURLToPath(
  new URL(import.meta.url.endsWith(".ts") ? "./cell-main.ts" : "./code-mode-cell.js", import.meta.url),
);

/** Megabytes of JavaScript objects that a script may have. */
export const heapMegabytes = 256;
/** Kilobytes of all memory, buffers included, that its process may have. */
const dataKilobytes = 768 * 1024;
/** Seconds that it may calculate. */
export const processorSeconds = 600;
/** Longer messages are no script's honest work, and have to be kept until they end. */
const longestLine = 64 * 1024 * 1024;

/** Bytes that may wait for a script that does not read. */
const longestUnread = 256 * 1024 * 1024;

/** Characters that are kept of what is said on standard error, the last ones. */
const complaintSize = 1000;

/** A shell sets the limits and becomes Node. Where the system lacks one of them, the others stand. */
const limited = `{ ulimit -c 0; ulimit -t ${processorSeconds}; ulimit -d ${dataKilobytes}; } 2>/dev/null; exec "$@"`;

/** The program of a cell's process, and the folder of what it is made of: all that it may read. */
export interface CellProgram {
  readonly program: string;
  readonly readable: string;
}

const shipped: CellProgram = { program, readable: program.slice(0, program.lastIndexOf("/") + 1) };

const command = ({ program: path, readable }: CellProgram): string[] => [
  "/bin/sh",
  "-c",
  limited,
  "sh",
  process.execPath,
  "--permission",
  `--allow-fs-read=${readable}`,
  "--experimental-vm-modules",
  "--disallow-code-generation-from-strings",
  `--max-old-space-size=${heapMegabytes}`,
  "--no-addons",
  "--no-warnings",
  path,
];

const enclosed = (enclose: Enclose | null, of: CellProgram): Enclosed =>
  enclose === null ? { argv: command(of), release: () => {} } : enclose(command(of), "/");

export type ProcessEnd = { code: number | null; signal: NodeJS.Signals | null };

export const endWords = ({ code, signal }: ProcessEnd): string =>
  signal ?? (code === null ? "it could not be started" : `exit code ${code}`);

/** The process of one cell. It knows nothing but what it is sent, and is never believed. */
export class CellProcess {
  readonly pid: number;
  /** Whether it came up; false when it has ended before. */
  readonly ready: Promise<boolean>;
  #settleReady!: (ready: boolean) => void;
  readonly #child: ChildProcess;
  readonly #of: CellProgram;
  readonly #argv: readonly string[];
  readonly #release: () => void;
  #complaint = "";
  #pieces: string[] = [];
  #length = 0;
  #ended: ProcessEnd | null = null;
  #waiting: CellMessage[] = [];
  #onMessage: ((message: CellMessage | string) => void) | null = null;
  #onEnd: ((end: ProcessEnd) => void) | null = null;

  /** @throws when no process can be started. */
  constructor(enclose: Enclose | null, of: CellProgram = shipped) {
    const { argv, release } = enclosed(enclose, of);
    this.#of = of;
    this.#argv = argv;
    this.#release = release;
    this.ready = new Promise((resolve) => (this.#settleReady = resolve));
    const child = spawn(argv[0]!, argv.slice(1), {
      cwd: "/",
      env: {},
      detached: true,
      stdio: ["pipe", "pipe", "pipe"],
    });
    child.on("error", () => this.#end({ code: null, signal: null }));
    // Out of descriptors there are no streams either.
    if (child.pid === undefined) {
      release();
      throw new Error("no process can be started for the script");
    }
    this.#child = child;
    this.pid = child.pid;
    holdLifeline(this.pid);
    child.stdin.on("error", () => {});
    child.stdout.setEncoding("utf8");
    child.stdout.on("data", (text: string) => this.#read(text));
    child.stderr.setEncoding("utf8");
    child.stderr.on("data", (text: string) => (this.#complaint = `${this.#complaint}${text}`.slice(-complaintSize)));
    // Its last words come before its end.
    child.on("close", (code, signal) => this.#end({ code, signal }));
  }

  get alive(): boolean {
    return this.#ended === null;
  }

  /** Of one that did not come up: how it ended, and what those said who should have built its walls. */
  get failure(): string {
    const complaint = this.#complaint.trim();
    return `${this.#ended === null ? "" : endWords(this.#ended)}${complaint === "" ? "" : `: ${complaint}`}`;
  }

  /** Whether it was started as it would be now, within these walls. */
  isWithin(enclose: Enclose | null): boolean {
    const { argv, release } = enclosed(enclose, this.#of);
    release();
    return argv.length === this.#argv.length && argv.every((word, at) => word === this.#argv[at]);
  }

  /** Lines that are no message are handed over as they are. */
  listen(onMessage: (message: CellMessage | string) => void, onEnd: (end: ProcessEnd) => void): void {
    this.#onMessage = onMessage;
    for (const message of this.#waiting.splice(0)) onMessage(message);
    this.#onEnd = onEnd;
    if (this.#ended !== null) onEnd(this.#ended);
  }

  send(message: unknown): void {
    const { stdin } = this.#child;
    if (this.#ended !== null || stdin?.writable !== true) return;
    stdin.write(`${JSON.stringify(message)}\n`);
    if (stdin.writableLength > longestUnread) this.kill();
  }

  /** Ends it at once, whatever it does. */
  kill(): void {
    if (this.#ended === null) killGroup(this.pid);
  }

  /** Whether this process of ours may end while that one waits. */
  hold(needed: boolean): void {
    for (const handle of [this.#child, this.#child.stdin, this.#child.stdout, this.#child.stderr]) {
      const { ref, unref } = handle as unknown as { ref(): void; unref(): void };
      (needed ? ref : unref).call(handle);
    }
  }

  #read(text: string): void {
    let from = 0;
    for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", from)) {
      this.#pieces.push(text.slice(from, at));
      const line = this.#pieces.join("");
      this.#pieces = [];
      this.#length = 0;
      from = at + 1;
      this.#take(line);
    }
    if (from === text.length) return;
    this.#pieces.push(text.slice(from));
    this.#length += text.length - from;
    if (this.#length > longestLine) this.kill();
  }

  #take(line: string): void {
    const message = readMessage(line);
    if (message?.type === "ready") return this.#settleReady(true);
    if (this.#onMessage !== null) this.#onMessage(message ?? line);
    else if (message !== null) this.#waiting.push(message);
  }

  #end(end: ProcessEnd): void {
    if (this.#ended !== null) return;
    this.#ended = end;
    this.#settleReady(false);
    dropLifeline(this.pid);
    this.#release();
    this.#onEnd?.(end);
  }
}
