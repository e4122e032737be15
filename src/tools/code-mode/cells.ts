import type { Enclose } from "../../policy/sandbox/sandbox.ts";
import { CallError } from "../tool.ts";
import { Cell, storeSize } from "./cell.ts";
import { CellProcess } from "./cell-process.ts";
import type { NestedTool } from "./nested-tools.ts";

/** Scripts that may run at once. */
const liveCells = 8;
/** Ends that nobody has asked for are kept of so many scripts. */
const keptCells = 64;
/** A process that waits for the next script goes when none comes. */
const spareMs = 60_000;

/** The scripts of one thread. */
export class Cells {
  readonly #walls: () => Promise<Enclose | null>;
  readonly #cells = new Map<string, Cell>();
  readonly #stored = new Map<string, string>();
  #last = 0;
  #spare: { process: CellProcess; timer: NodeJS.Timeout } | null = null;
  /** The walls could not be built around a process of ours: it runs without, in the limits that Node sets. */
  #bare = false;
  #warming = false;
  #closed = false;

  /** `walls` is for the processes of scripts, which need nothing of the machine; null where there are none. */
  constructor(walls: () => Promise<Enclose | null>) {
    this.#walls = walls;
  }

  /** @throws {CallError} when too many run already. */
  async start(code: string, tools: readonly NestedTool[]): Promise<Cell> {
    if (this.#live().length >= liveCells) {
      throw new CallError(
        `${liveCells} scripts are running already (cells ${this.#live()
          .map(({ id }) => id)
          .join(", ")}); wait for one of them, or end it with \`terminate\``,
      );
    }
    const process = await this.#takeProcess();
    const id = String(++this.#last);
    const stored = this.#stored;
    const cell = new Cell({ id, code, process, tools, stored, onEnd: (values) => this.#keep(values) });
    this.#cells.set(id, cell);
    for (const other of this.#cells.values()) {
      if (this.#cells.size <= keptCells) break;
      if (other.state.type !== "running") this.#cells.delete(other.id);
    }
    if (this.#closed) cell.terminate();
    return cell;
  }

  find(id: string): Cell | undefined {
    return this.#cells.get(id);
  }

  forget(id: string): void {
    this.#cells.delete(id);
  }

  /** Starts a process for the next script, so that it need not wait for one. */
  async warm(): Promise<void> {
    if (this.#warming || this.#spare !== null || this.#closed) return;
    this.#warming = true;
    try {
      const process = await this.#open();
      process.hold(false);
      const timer = setTimeout(() => this.#dropSpare(), spareMs);
      timer.unref();
      this.#spare = { process, timer };
      if (this.#closed) this.#dropSpare();
    } finally {
      this.#warming = false;
    }
  }

  close(): void {
    this.#closed = true;
    this.#dropSpare();
    for (const cell of this.#cells.values()) cell.terminate();
    this.#cells.clear();
  }

  #live(): Cell[] {
    return [...this.#cells.values()].filter(({ state }) => state.type === "running");
  }

  #dropSpare(): void {
    if (this.#spare === null) return;
    clearTimeout(this.#spare.timer);
    this.#spare.process.kill();
    this.#spare = null;
  }

  async #takeProcess(): Promise<CellProcess> {
    const spare = this.#spare;
    this.#spare = null;
    clearTimeout(spare?.timer);
    spare?.process.hold(true);
    let process = spare?.process.alive === true ? spare.process : await this.#open();
    if (!(await process.ready) && !this.#bare) {
      this.#bare = true;
      process = await this.#open();
    }
    void this.warm().catch(() => {});
    return process;
  }

  async #open(): Promise<CellProcess> {
    return new CellProcess(this.#bare ? null : await this.#walls());
  }

  #keep(values: ReadonlyMap<string, string>): void {
    let size = 0;
    for (const [key, json] of this.#stored) if (!values.has(key)) size += key.length + json.length;
    for (const [key, json] of values) {
      size += key.length + json.length;
      if (size <= storeSize) this.#stored.set(key, json);
    }
  }
}
