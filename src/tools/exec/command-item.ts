import type { CommandExecution } from "../../protocol/items.ts";
import type { ItemSink } from "../tool.ts";
import { OutputBuffer } from "./output-buffer.ts";

/** A command that was ended by us, or never ran. */
export const noExitCode = -1;

/** Live output beyond this is not told piece by piece: it is all in the completed item, as far as that goes. */
const liveBytes = 8 * 1024 * 1024;

/** Tells an item's life to its sink: started, output as it comes, completed once. */
export class CommandItem {
  readonly #sink: ItemSink;
  readonly #item: CommandExecution;
  readonly #whole = new OutputBuffer();
  readonly #decoder = new TextDecoder();
  readonly #startedAt = performance.now();
  #toldBytes = 0;
  #over = false;

  constructor(sink: ItemSink, start: Pick<CommandExecution, "id" | "argv" | "cwd" | "processId" | "source">) {
    this.#sink = sink;
    this.#item = {
      type: "commandExecution",
      ...start,
      status: "inProgress",
      aggregatedOutput: "",
      exitCode: null,
      durationMs: null,
    };
    sink.started({ ...this.#item });
  }

  output(bytes: Uint8Array): void {
    if (this.#over) return;
    this.#whole.push(bytes);
    if (this.#toldBytes >= liveBytes) return;
    this.#toldBytes += bytes.length;
    const text = this.#decoder.decode(bytes, { stream: true });
    if (text !== "") this.#sink.output(this.#item.id, text);
  }

  input(text: string): void {
    const { id, processId } = this.#item;
    if (!this.#over && processId !== null) this.#sink.input(id, processId, text);
  }

  complete(exitCode: number, message = ""): void {
    if (this.#over) return;
    this.#over = true;
    this.#sink.completed({
      ...this.#item,
      status: exitCode === 0 ? "completed" : "failed",
      aggregatedOutput: this.#whole.read().text + message,
      exitCode,
      durationMs: Math.round(performance.now() - this.#startedAt),
    });
  }

  /** Says nothing more: the command is abandoned, not ended (CE-26). */
  silence(): void {
    this.#over = true;
  }
}
