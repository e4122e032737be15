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
  /** Ids of scripts that have no process yet. */
  readonly #starting = new Set<string>();
  #last = 0;
  #spare: { process: CellProcess; timer: NodeJS.Timeout } | null = null;
  #warming = false;
  #closed = false;

  /** `walls` is for the processes of scripts, which need nothing of the machine; null where there are none. */
  constructor(walls: () => Promise<Enclose | null>) {
    this.#walls = walls;
  }

  /** @throws {CallError} when too many run already. */
  async start(code: string, tools: readonly NestedTool[]): Promise<Cell> {
    const live = [...this.#live().map(({ id }) => id), ...this.#starting];
    if (live.length >= liveCells) {
      throw new CallError(
        `${liveCells} scripts are running already (cells ${live.join(", ")}); wait for one of them, or end it with \`terminate\``,
      );
    }
    const id = String(++this.#last);
    this.#starting.add(id);
    let process: CellProcess;
    try {
      process = await this.#takeProcess();
    } finally {
      this.#starting.delete(id);
    }
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
      const process = new CellProcess(await this.#walls());
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

  /** Within the walls of this moment, or not at all. @throws {CallError} when it does not come up. */
  async #takeProcess(): Promise<CellProcess> {
    const walls = await this.#walls();
    const process = await ready(this.#takeSpare(walls) ?? new CellProcess(walls), walls);
    void this.warm().catch(() => {});
    return process;
  }

  /** The mode may have changed since it was started, and its walls with it: it is of no use then. */
  #takeSpare(walls: Enclose | null): CellProcess | null {
    const process = this.#spare?.process;
    if (process === undefined || !process.alive || !process.isWithin(walls)) {
      this.#dropSpare();
      return null;
    }
    clearTimeout(this.#spare?.timer);
    this.#spare = null;
    process.hold(true);
    return process;
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

/**
 * A process that is ready: this one, or another where it has ended before, as one does that the system ran out of memory for.
 * Walls that do not stand are never left out.
 */
async function ready(first: CellProcess, walls: Enclose | null): Promise<CellProcess> {
  if (await first.ready) return first;
  const second = new CellProcess(walls);
  if (await second.ready) return second;
  const place = walls === null ? "" : " within the walls that commands have, and it does not run outside of them";
  const help = walls === null ? "" : "`codex-agent sandbox --self-test` tries the walls; ";
  throw new CallError(
    `The script was not run: its process ended twice before it was ready (${second.failure})${place}. ` +
      `${help}with codex_agent.tools.mode = "classic" in config.toml tools are called without scripts.`,
  );
}
