/** Where the conversation is shown. Texts come in clean: whatever a model or a tool wrote has been through the text filter. */
export interface Display {
  /** Whether text can be shown as it comes, and taken back below. */
  readonly live: boolean;
  readonly colour: boolean;
  /** One or more whole lines. Ends what was being streamed. */
  print(text: string): void;
  /** More of a text that goes on; only where the display is live. */
  stream(text: string): void;
  /** The text that went on is at its end. */
  endStream(): void;
  /** What stands before the cursor; null: nobody is to type now. */
  prompt(prompt: string | null): void;
  /** One line above the prompt about what happens; empty for none. */
  status(text: string): void;
}

export type Input =
  /** A line; `text` is whole, `shown` has marks where long pastes were. */
  | { type: "line"; text: string; shown: string }
  /** `typed`: there was something in the line, which is gone now. */
  | { type: "interrupt"; typed: boolean }
  /** The end key; `final`: nothing more can come. */
  | { type: "end"; final: boolean };

/** A display with the keyboard that belongs to it. */
export interface Terminal {
  readonly display: Display;
  onInput(listener: (input: Input) => void): void;
  /** The terminal was closed, or nobody reads the output any more. Called once. */
  onGone(listener: () => void): void;
  /** Puts aside what is half typed, and says whether there was anything; and back. */
  holdDraft(): boolean;
  restoreDraft(): void;
  /** The up key brings this back. */
  remember(text: string): void;
  /** Leaves the terminal as it was found. */
  close(): void;
}

export type Colour = "status" | "error" | "marker" | "tool" | "warning" | "dim";
const codes: Readonly<Record<Colour, string>> = {
  status: "36",
  error: "31",
  marker: "32",
  tool: "35",
  warning: "33",
  dim: "2",
};

export const paint = (on: boolean, colour: Colour, text: string): string =>
  on ? `\u001b[${codes[colour]}m${text}\u001b[0m` : text;
