import type { InputPart } from "../../protocol/response-items.ts";
import type { CallContext, CallTurn, ToolResult } from "../tool.ts";
import { endWords, heapMegabytes, processorSeconds, type CellProcess, type ProcessEnd } from "./cell-process.ts";
import { imagePart } from "./images.ts";
import type { CellMessage } from "./messages.ts";
import type { NestedTool } from "./nested-tools.ts";
import type { Plan } from "./realm.ts";
import type { CellState } from "./report.ts";
import { UnreadOutput } from "./unread-output.ts";

/** How long a script may live. */
const lifeMs = 60 * 60 * 1000;
/** Calls that a script has under way at once; further ones wait. */
const callsAtOnce = 32;

/** Further ones that may wait, and characters of their inputs. */
const callsWaiting = 100_000;
const inputsWaiting = 64 * 1024 * 1024;
/** Characters of notices between two looks of the model. What goes beyond is output, of which it is shown a part. */
const noticeSize = 40_000;
/** What one takes beside its text: an empty one is an item of the history, too. */
const noticeFrame = 100;

/** Characters of JSON that the scripts of a thread may keep for each other. */
export const storeSize = 16 * 1024 * 1024;

export interface CellOptions {
  readonly id: string;
  readonly code: string;
  readonly process: CellProcess;
  readonly tools: readonly NestedTool[];
  readonly stored: ReadonlyMap<string, string>;
  /** Called once, with what the script has stored, as JSON texts. */
  onEnd(stored: ReadonlyMap<string, string>): void;
}

/** A script as it was at one moment. */
export interface Glimpse {
  state: CellState;
  said: InputPart[];
}

const textOf = ({ output }: ToolResult): string =>
  typeof output === "string"
    ? output
    : output
        .map((part) => (part.type === "input_text" ? part.text : `[image ${part.image_url.length} bytes]`))
        .join("\n");

/** Exit codes are those of a shell's where walls stand between us and the process. */
function causeOf({ code, signal }: ProcessEnd): string {
  if (signal === "SIGABRT" || signal === "SIGTRAP" || code === 134 || code === 133) {
    return `The script ran out of memory: it may have ${heapMegabytes} MB of values.`;
  }
  if (signal === "SIGXCPU" || code === 152) return `The script calculated for more than ${processorSeconds} seconds.`;
  return `The script's process has ended (${endWords({ code, signal })}).`;
}

/** A script that runs, or whose end has not been read. Its process is not trusted with anything. */
export class Cell {
  readonly id: string;
  readonly #process: CellProcess;
  readonly #tools: ReadonlyMap<string, NestedTool>;
  readonly #unread = new UnreadOutput();
  readonly #stored = new Map<string, string>();
  readonly #onEnd: CellOptions["onEnd"];
  readonly #calls = new AbortController();
  readonly #life: NodeJS.Timeout;
  #state: CellState;
  /** Those who wait for the end or a pause. */
  #watchers: ((glimpse: Glimpse) => void)[] = [];
  /** The turn that has it run, and in which its calls are made. */
  #turn: CallTurn | null = null;
  #onTurn: (() => void)[] = [];
  #running = 0;
  #queue: (() => void)[] = [];
  #queuedSize = 0;
  #noticesLeft = noticeSize;
  #imageDetail: CallContext["imageDetail"] = null;

  constructor({ id, code, process, tools, stored, onEnd }: CellOptions) {
    this.id = id;
    this.#process = process;
    this.#tools = new Map(tools.map((tool) => [tool.name, tool]));
    this.#onEnd = onEnd;
    this.#state = { type: "running", cellId: id };
    this.#life = setTimeout(
      () => this.#stop({ type: "failed", error: "The script ran for more than an hour." }),
      lifeMs,
    );
    this.#life.unref();
    const plan: Plan = {
      tools: tools.map(({ name, description, kind, tool }) => ({ name, description, kind, tool: tool.name })),
      stored: Object.fromEntries(stored),
      storeSize,
    };
    process.listen(
      (message) => this.#take(message),
      (end) => this.#stop({ type: "failed", error: causeOf(end) }),
    );
    process.send({ source: code, plan: JSON.stringify(plan) });
  }

  get state(): CellState {
    return this.#state;
  }

  /** How it is, and what it has said since the last time. */
  look(): Glimpse {
    return { state: this.#state, said: this.#unread.take() };
  }

  /**
   * Waits for its end, a pause that it makes, or the end of the time, and looks then. From here on it belongs to the turn of
   * this call: it is ended when the turn is interrupted. Rejects with the signal's reason then.
   */
  async attend(context: CallContext, milliseconds: number): Promise<Glimpse> {
    const { signal, turn = null, imageDetail } = context;
    this.#imageDetail = imageDetail;
    this.#noticesLeft = noticeSize;
    // The turn may have been interrupted while its process was started.
    if (signal.aborted) this.terminate();
    signal.throwIfAborted();
    signal.addEventListener("abort", () => this.terminate(), { once: true, signal: this.#calls.signal });
    this.#turn = turn;
    for (const resume of this.#onTurn.splice(0)) resume();
    if (this.#state.type !== "running" || milliseconds <= 0) return this.look();
    const glimpse = await new Promise<Glimpse>((resolve) => {
      const watcher = (seen: Glimpse): void => {
        clearTimeout(timer);
        resolve(seen);
      };
      const timer = setTimeout(() => {
        this.#watchers.splice(this.#watchers.indexOf(watcher), 1);
        resolve(this.look());
      }, milliseconds);
      this.#watchers.push(watcher);
    });
    signal.throwIfAborted();
    return glimpse;
  }

  terminate(): void {
    this.#stop({ type: "terminated" });
  }

  #stop(state: CellState): void {
    if (this.#state.type !== "running") return;
    this.#state = state;
    clearTimeout(this.#life);
    this.#calls.abort();
    this.#queue = [];
    this.#onTurn = [];
    this.#process.kill();
    this.#onEnd(this.#stored);
    this.#wake();
  }

  /** They see what was said until now, and not what comes while they wake up. */
  #wake(): void {
    for (const watcher of this.#watchers.splice(0)) watcher(this.look());
  }

  #take(message: CellMessage | string): void {
    if (this.#state.type !== "running") return;
    if (typeof message === "string") return this.#say(message);
    switch (message.type) {
      case "text":
        return this.#say(message.text);
      case "image":
        return this.#unread.push(imagePart(message.url, this.#imageDetail !== null));
      case "audio":
        return this.#say("audio content omitted because you do not support audio input");
      case "notify":
        return this.#note(message.text);
      case "yield":
        return this.#wake();
      case "store":
        this.#stored.set(message.key, message.json);
        return;
      case "call":
        void this.#call(message);
        return;
      case "end":
        this.#stop(message.error === null ? { type: "completed" } : { type: "failed", error: message.error });
        return;
      case "ready":
      // It was heard before the cell was.
    }
  }

  #say(text: string): void {
    this.#unread.push({ type: "input_text", text });
  }

  #note(text: string): void {
    this.#noticesLeft -= text.length + noticeFrame;
    if (this.#noticesLeft < 0 || this.#turn?.note(text) !== true) this.#say(text);
  }

  async #call({ id, name, input }: Extract<CellMessage, { type: "call" }>): Promise<void> {
    const nested = this.#tools.get(name);
    if (nested === undefined) return this.#process.send({ id, ok: false, value: `there is no tool ${name}` });
    if (this.#running < callsAtOnce) this.#running++;
    else await this.#place(input.length);
    try {
      const turn = await this.#liveTurn();
      if (this.#calls.signal.aborted) return;
      const result = await turn.call(nested.tool, input, this.#calls.signal);
      this.#process.send({ id, ok: result.ok, value: result.ok ? (result.data ?? textOf(result)) : textOf(result) });
    } finally {
      const next = this.#queue.shift();
      if (next === undefined) this.#running--;
      else next();
    }
  }

  /** Resolves when a call has ended, whose place is then this one's. */
  async #place(size: number): Promise<void> {
    this.#queuedSize += size;
    if (this.#queue.length >= callsWaiting || this.#queuedSize > inputsWaiting) {
      this.#stop({
        type: "failed",
        error: "The script was stopped: more calls wait than can be kept; await some of them.",
      });
    }
    await new Promise<void>((start) => this.#queue.push(start));
    this.#queuedSize -= size;
  }

  /** Outside of turns nobody is there to see or to stop what a script does: its calls wait until it is attended again. */
  async #liveTurn(): Promise<CallTurn> {
    for (;;) {
      if (this.#turn !== null && !this.#turn.over.aborted) return this.#turn;
      await new Promise<void>((resume) => this.#onTurn.push(resume));
    }
  }
}
