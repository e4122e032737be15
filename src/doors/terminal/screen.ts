import type { Display } from "./display.ts";
import type { LineEditor } from "./line-editor.ts";
import { cells, layOut } from "./width.ts";

export interface ScreenOutput {
  write(text: string): void;
  columns(): number;
  rows(): number;
}

const tab = "    ";

/**
 * Text that scrolls, with the line that is being typed always below it. What has been written above is never touched again; the
 * last rows (of a text that goes on, a status, the prompt) are taken away and written anew with each change.
 */
export class Screen implements Display {
  readonly live = true;
  readonly colour: boolean;
  readonly #output: ScreenOutput;
  readonly #editor: LineEditor;
  #pending = "";
  /** The last row of a text that goes on. */
  #open = "";
  /** A text that goes on was cut by something else. */
  #cut = false;
  #prompt: string | null = null;
  #status = "";
  /** Rows from the first one of ours to the cursor. */
  #cursorRow = 0;
  #scheduled = false;
  #closed = false;

  constructor(output: ScreenOutput, editor: LineEditor, colour: boolean) {
    this.#output = output;
    this.#editor = editor;
    this.colour = colour;
  }

  print(text: string): void {
    this.#cut = this.#endOpen() || this.#cut;
    this.#pending += text.endsWith("\n") ? text : `${text}\n`;
    this.#schedule();
  }

  stream(text: string): void {
    // Something was shown in the middle of the line.
    this.#pending += (this.#cut ? "... " : "") + text.replaceAll("\t", tab);
    this.#cut = false;
    this.#schedule();
  }

  endStream(): void {
    this.#endOpen();
    this.#cut = false;
    this.#schedule();
  }

  prompt(prompt: string | null): void {
    if (prompt === this.#prompt) return;
    this.#prompt = prompt;
    this.#schedule();
  }

  status(text: string): void {
    if (text === this.#status) return;
    this.#status = text;
    this.#schedule();
  }

  /** Shows what was typed as a line of its own, and an empty prompt. */
  commit(shown: string): void {
    this.print(`${this.#prompt ?? ""}${shown}`);
  }

  refresh(): void {
    this.#schedule();
  }

  clear(): void {
    this.#output.write("\u001b[2J\u001b[H");
    this.#cursorRow = 0;
    this.flush();
  }

  /** The terminal has another width: what stood in some rows stands in others now. */
  resized(): void {
    const { row } = this.#layout();
    const openRows = this.#open === "" ? 0 : layOut(this.#open, this.#output.columns(), 0).rows.length;
    this.#cursorRow = openRows + (this.#status === "" ? 0 : 1) + row;
    this.#schedule();
  }

  close(): void {
    this.#endOpen();
    this.#prompt = null;
    this.#status = "";
    this.flush();
    this.#closed = true;
  }

  /** Everything that changed, in one write. */
  flush(): void {
    this.#scheduled = false;
    if (this.#closed) return;
    const up = this.#cursorRow > 0 ? `\u001b[${this.#cursorRow}A` : "";
    const text = this.#open + this.#pending;
    this.#pending = "";
    const columns = this.#output.columns();
    const tail = text.slice(text.lastIndexOf("\n") + 1);
    this.#open = tail === "" ? "" : (layOut(tail, columns, 0).rows.at(-1) ?? "");
    this.#output.write(`\r${up}\u001b[J${text}${this.#own(columns)}`);
  }

  /** The rows below the text, with the cursor where the next key goes. */
  #own(columns: number): string {
    this.#cursorRow = 0;
    if (this.#prompt === null && this.#status === "") {
      // The cursor stands behind the open text, in its row.
      return "";
    }
    let text = "";
    if (this.#open !== "") {
      text += "\n";
      this.#cursorRow++;
    }
    if (this.#status !== "") {
      text += `${cut(this.#status, columns - 1)}\n`;
      this.#cursorRow++;
    }
    if (this.#prompt === null) return text;
    const { rows, row, column } = this.#layout();
    // A text taller than the terminal could not be taken away again.
    const most = Math.max(1, this.#output.rows() - 3);
    const first = Math.max(0, Math.min(row - most + 1, rows.length - most));
    const from = Math.min(first, row);
    const shown = rows.slice(from, from + most);
    text += shown.join("\n");
    const back = shown.length - 1 - (row - from);
    this.#cursorRow += row - from;
    return `${text}${back > 0 ? `\u001b[${back}A` : ""}\r${column > 0 ? `\u001b[${column}C` : ""}`;
  }

  #layout(): ReturnType<typeof layOut> {
    const prompt = this.#prompt ?? "";
    const typed = this.#editor.text.replaceAll("\t", " ");
    return layOut(prompt + typed, this.#output.columns(), prompt.length + this.#editor.cursor);
  }

  /** Whether there was a line to end. */
  #endOpen(): boolean {
    const text = this.#open + this.#pending;
    if (text === "" || text.endsWith("\n")) return false;
    this.#pending += "\n";
    return true;
  }

  /** What comes in one go is shown in one go. */
  #schedule(): void {
    if (this.#scheduled || this.#closed) return;
    this.#scheduled = true;
    setImmediate(() => {
      if (this.#scheduled) this.flush();
    });
  }
}

function cut(text: string, columns: number): string {
  let [shown, room] = ["", columns];
  for (const cell of cells(text)) {
    room -= cell.width;
    if (room >= 0) shown += cell.text;
  }
  return shown;
}
