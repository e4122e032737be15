const tags = ["<think>", "<thinking>", "<thought>"];
const visible = /\S/;
/** Characters; more blank space than this is what the model says, and not what stands around it. */
const longestBlank = 256;

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
  /** Something stood behind the tag. */
  #thought = false;

  constructor(reasoning: (delta: string) => void, text: (delta: string) => void) {
    this.#reasoning = reasoning;
    this.#text = text;
  }

  /** Whether all that comes is text. */
  get over(): boolean {
    return this.#state === "text";
  }

  /** The server tells what was thought by itself: what comes is text, without the blank lines that stood between the two. */
  thoughtElsewhere(): void {
    if (this.#state === "head" && this.#held === "") this.#state = "after";
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
    if (this.#state === "inside") this.#think(held.trimEnd());
    else if (this.#state === "head" && held !== "") this.#text(held);
    this.#state = "text";
  }

  #head(): void {
    const start = this.#held.search(visible);
    if (start < 0 && this.#held.length <= longestBlank) return;
    const text = this.#held.slice(Math.max(start, 0));
    const tag = tags.find((each) => text.startsWith(each));
    if (tag !== undefined) {
      this.#state = "inside";
      this.#close = `</${tag.slice(1)}`;
      this.#held = text.slice(tag.length);
    } else if (!tags.some((each) => each.startsWith(text))) {
      this.#state = "text";
      const held = this.#held;
      this.#held = "";
      this.#text(held);
    }
  }

  #inside(): void {
    if (!this.#thought) this.#held = this.#held.trimStart();
    const at = this.#held.indexOf(this.#close);
    if (at >= 0) {
      this.#think(this.#held.slice(0, at).trimEnd());
      this.#held = this.#held.slice(at + this.#close.length);
      this.#state = "after";
      return;
    }
    // The blank before the closing tag goes with it.
    const kept = this.#held.length - unfinished(this.#held, this.#close);
    const trimmed = this.#held.slice(0, kept).trimEnd().length;
    const end = kept - trimmed > longestBlank ? kept : trimmed;
    this.#think(this.#held.slice(0, end));
    this.#held = this.#held.slice(end);
  }

  #think(thought: string): void {
    if (thought === "") return;
    this.#thought = true;
    this.#reasoning(thought);
  }

  #after(): void {
    const text = this.#held.trimStart();
    this.#held = "";
    if (text === "") return;
    this.#state = "text";
    this.#text(text);
  }
}

/** How much of the end of the text may be the beginning of the tag. */
function unfinished(text: string, tag: string): number {
  for (let length = Math.min(tag.length - 1, text.length); length > 0; length--)
    if (text.endsWith(tag.slice(0, length))) return length;
  return 0;
}
