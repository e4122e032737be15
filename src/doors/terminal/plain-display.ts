import type { Display } from "./display.ts";

/** Lines one after the other: for terminals that cannot move the cursor, and for output that goes elsewhere. */
export class PlainDisplay implements Display {
  readonly live = false;
  readonly colour: boolean;
  readonly #write: (text: string) => void;
  readonly #writePrompt: ((text: string) => void) | null;
  #prompt: string | null = null;
  #prompted = false;
  #asking = false;

  /** `writePrompt` is null where nobody sees a prompt. */
  constructor(write: (text: string) => void, writePrompt: ((text: string) => void) | null, colour: boolean) {
    this.#write = write;
    this.#writePrompt = writePrompt;
    this.colour = colour;
  }

  print(text: string): void {
    const ended = text.endsWith("\n") ? text : `${text}\n`;
    if (this.#prompted) this.#writePrompt?.("\n");
    this.#prompted = false;
    this.#write(ended);
    this.#ask();
  }

  stream(): void {
    // A text that goes on is printed when it is whole.
  }

  endStream(): void {
    // It was printed whole.
  }

  status(): void {
    // Nothing that would have to be taken away again.
  }

  prompt(prompt: string | null): void {
    if (prompt === this.#prompt) return;
    this.#prompt = prompt;
    this.#ask();
  }

  /** A line was typed behind the prompt: the next one starts at the left. */
  typed(): void {
    this.#prompted = false;
    this.#ask();
  }

  /** Once things are quiet. */
  #ask(): void {
    if (this.#asking) return;
    this.#asking = true;
    setImmediate(() => {
      this.#asking = false;
      if (this.#prompt === null || this.#prompted) return;
      this.#prompted = true;
      this.#writePrompt?.(this.#prompt);
    });
  }
}
