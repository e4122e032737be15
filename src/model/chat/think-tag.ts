const tags = ["<think>", "<thinking>", "<thought>"];
const blank = /\S/;

/**
 * Takes what a model thought out of the head of its text, where its server leaves that in: `<think>...</think>` before anything else.
 * Holds back no more than what may still become such a tag.
 */
export class ThinkTag {
  readonly #reasoning: (delta: string) => void;
  readonly #text: (delta: string) => void;
  #state: "head" | "inside" | "after" | "text" = "head";
  #held = "";
  #close = "";

  constructor(reasoning: (delta: string) => void, text: (delta: string) => void) {
    this.#reasoning = reasoning;
    this.#text = text;
  }

  /** Whether all that comes is text. */
  get over(): boolean {
    return this.#state === "text";
  }

  push(delta: string): void {
    if (this.#state === "text") return this.#text(delta);
    this.#held += delta;
    if (this.#state === "head") this.#head();
    if (this.#state === "inside") this.#inside();
    if (this.#state === "after") this.#after();
  }

  /** Nothing more comes, or something that stands behind the text. */
  end(): void {
    const held = this.#held;
    this.#held = "";
    if (this.#state === "inside") {
      if (held !== "") this.#reasoning(held);
    } else if (this.#state === "head" && held !== "") this.#text(held);
    this.#state = "text";
  }

  #head(): void {
    const start = this.#held.search(blank);
    if (start < 0) return;
    const text = this.#held.slice(start);
    const tag = tags.find((each) => text.startsWith(each));
    if (tag !== undefined) {
      this.#state = "inside";
      this.#close = `</${tag.slice(1)}`;
      this.#held = text.slice(tag.length).replace(/^\n/, "");
    } else if (!tags.some((each) => each.startsWith(text))) {
      this.#state = "text";
      const held = this.#held;
      this.#held = "";
      this.#text(held);
    }
  }

  #inside(): void {
    const at = this.#held.indexOf(this.#close);
    if (at >= 0) {
      const thought = this.#held.slice(0, at).trimEnd();
      if (thought !== "") this.#reasoning(thought);
      this.#held = this.#held.slice(at + this.#close.length);
      this.#state = "after";
      return;
    }
    // The blank before the closing tag goes with it.
    const kept = this.#held.length - unfinished(this.#held, this.#close);
    const end = this.#held.slice(0, kept).trimEnd().length;
    if (end > 0) this.#reasoning(this.#held.slice(0, end));
    this.#held = this.#held.slice(end);
  }

  #after(): void {
    const start = this.#held.search(blank);
    if (start < 0) return;
    const text = this.#held.slice(start);
    this.#state = "text";
    this.#held = "";
    this.#text(text);
  }
}

/** How much of the end of the text may be the beginning of the tag. */
function unfinished(text: string, tag: string): number {
  for (let length = Math.min(tag.length - 1, text.length); length > 0; length--)
    if (text.endsWith(tag.slice(0, length))) return length;
  return 0;
}
