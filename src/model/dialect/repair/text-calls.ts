import type { ToolTable } from "../tool-table.ts";
import { endTokens, textForms, type TextForm } from "./text-forms.ts";
import { longestHead, type WrittenCall } from "./written-call.ts";

/** A call that stood in a text, and the way in which it was written there. */
export interface TextCall extends WrittenCall {
  form: string;
}

/** A block that may become one or more calls. */
interface Block {
  form: TextForm;
  opening: string;
  /** Where its opening stands among what is held. */
  from: number;
  /** What decides whether it begins like a call; null: decided. */
  head: string | null;
  /** The last characters, in which a closer may have begun. */
  tail: string;
  closersTried: number;
}

/** Whatever may be the beginning of a call has one of these. */
const marker = /[<[{`]/;
const markers = /[<[{`]/g;
/** Before one of them, the text speaks of the form instead of using it. */
const quoting = /["'`“‘«(]$/;
const mostClosers = 8;

const openings = textForms.flatMap((form) => form.openings.map((opening) => ({ form, opening })));
/** What may stand behind a call of which nothing else may follow. */
const followers = openings.filter(({ form }) => form.place !== "answer");

/**
 * Finds calls that a model writes into its text, in a stream. Calls are what stands at the very end of an answer, is complete, and
 * names tools that are offered: all of it or none. Whatever else looks like a call is text, in quotes, in a code block or before
 * further text. Only what may still become a call is held back.
 */
export class TextCalls {
  readonly #table: ToolTable;
  /** False: nothing is looked for any more. */
  #looking: boolean;
  /** The beginning of an opening or of a token, perhaps. */
  #pending = "";
  /** All that is held back beside that, from the first opening on. */
  #held: string[] = [];
  #calls: TextCall[] = [];
  #state: "text" | "block" | "after" = "text";
  #block: Block | null = null;
  #blank = true;
  #inFence = false;
  /** The first characters of the line that are not blank, three at most. */
  #line = "";
  #previous = "";

  constructor(table: ToolTable) {
    this.#table = table;
    this.#looking = table.tools.length > 0;
  }

  /** @returns what is certainly text of what has come so far and was not returned yet */
  push(delta: string): string {
    if (!this.#looking) return delta;
    if (this.#state === "text" && this.#pending === "" && !marker.test(delta)) return this.#said(delta);
    const out: string[] = [];
    let rest: string | null = delta;
    while (rest !== null && rest !== "") {
      if (!this.#looking) {
        out.push(rest);
        break;
      }
      rest = this.#step(rest, out);
    }
    return out.join("");
  }

  /** @returns the rest of the text, and the calls that stood in it */
  end(): { text: string; calls: TextCall[] } {
    const block = this.#block;
    if (block !== null && (block.form.closer === null || block.form.mayStayOpen)) {
      const calls = readCalls(block.form, this.#held.slice(block.from).join(""), this.#table);
      if (calls !== null) this.#keep(calls, block.form);
      this.#state = calls === null ? "text" : "after";
    }
    const calls = this.#state === "after" && this.#pending === "" ? this.#calls : [];
    const text = this.flush();
    return calls.length > 0 ? { text: "", calls } : { text, calls };
  }

  /** Whether something is held back. */
  get holds(): boolean {
    return this.#held.length > 0 || this.#pending !== "";
  }

  /** @returns all that was held back: it is text, and so is what comes after it */
  flush(): string {
    const text = this.#release();
    this.#looking = false;
    return text;
  }

  #release(): string {
    const text = this.#held.join("") + this.#pending;
    this.#held = [];
    this.#pending = "";
    this.#calls = [];
    this.#block = null;
    this.#state = "text";
    return text;
  }

  /** Takes from the input; gives what is left of it to be looked at. Null: nothing. */
  #step(input: string, out: string[]): string | null {
    switch (this.#state) {
      case "text":
        return this.#readText(this.#taken(input), out);
      case "block":
        return this.#readBlock(input, out);
      case "after":
        return this.#readAfter(this.#taken(input), out);
    }
  }

  #taken(input: string): string {
    const text = this.#pending + input;
    this.#pending = "";
    return text;
  }

  #readText(text: string, out: string[]): string | null {
    let from = 0;
    for (const { index } of text.matchAll(markers)) {
      if (index < from) continue;
      out.push(this.#said(text.slice(from, index)));
      from = index;
      const found = this.#opening(text.slice(index, index + longestOpening), openings);
      if (found === null) continue;
      if (found === "perhaps") {
        this.#pending = text.slice(index);
        return null;
      }
      return this.#open(found, text.slice(index));
    }
    out.push(this.#said(text.slice(from)));
    return null;
  }

  #opening(text: string, among: typeof openings): (typeof openings)[number] | "perhaps" | null {
    let perhaps = false;
    for (const candidate of among) {
      const { form, opening } = candidate;
      const full = text.startsWith(opening);
      if (!full && !opening.startsWith(text)) continue;
      if (this.#state === "text" && !this.#mayStand(form)) continue;
      if (full) return candidate;
      perhaps = true;
    }
    return perhaps ? "perhaps" : null;
  }

  #mayStand({ place }: TextForm): boolean {
    if (this.#inFence) return false;
    if (place === "answer") return this.#blank;
    return place === "line" ? this.#line === "" : !quoting.test(this.#previous);
  }

  #open({ form, opening }: (typeof openings)[number], text: string): string | null {
    this.#block = { form, opening, from: this.#held.length, head: "", tail: "", closersTried: 0 };
    this.#held.push(opening);
    this.#state = "block";
    return text.slice(opening.length);
  }

  #readBlock(input: string, out: string[]): string | null {
    const block = this.#block!;
    const { form, opening } = block;
    if (block.head !== null) {
      const head = (block.head === "" ? input.trimStart() : block.head + input.slice(0, longestHead + 1)).slice(
        0,
        longestHead + 1,
      );
      const begins = head === "" ? null : form.begins(head, this.#table, opening);
      if (begins === false || (begins === null && head.length > longestHead)) return this.#noCall(input, out);
      block.head = begins === null ? head : null;
    }
    if (form.closer === null) {
      this.#held.push(input);
      return null;
    }
    const window = block.tail + input;
    const at = window.indexOf(form.closer);
    if (at === -1) {
      this.#held.push(input);
      block.tail = window.slice(-(form.closer.length - 1));
      return null;
    }
    const end = at + form.closer.length - block.tail.length;
    this.#held.push(input.slice(0, end));
    const text = this.#held.slice(block.from).join("");
    const calls = readCalls(form, text, this.#table);
    if (calls !== null) {
      this.#keep(calls, form);
      this.#block = null;
      this.#state = "after";
    } else if (form.isUnfinished?.(text) === true && ++block.closersTried < mostClosers) {
      block.tail = "";
    } else {
      if (this.#calls.length > 0) out.push(this.flush());
      else out.push(this.#said(this.#release()));
    }
    return input.slice(end);
  }

  /** What was held does not begin like a call. What came after its opening is looked at once more. */
  #noCall(input: string, out: string[]): string {
    if (this.#calls.length > 0) {
      out.push(this.flush());
      return input;
    }
    const { opening } = this.#block!;
    const rest = this.#held.slice(1).join("") + input;
    this.#release();
    out.push(this.#said(opening));
    return rest;
  }

  #keep(calls: readonly WrittenCall[], { title }: TextForm): void {
    this.#calls.push(...calls.map((call) => ({ ...call, form: title })));
  }

  #readAfter(text: string, out: string[]): string | null {
    const blank = text.length - text.trimStart().length;
    if (blank > 0) {
      this.#held.push(text.slice(0, blank));
      return text.slice(blank);
    }
    const token = endTokens.find((end) => text.startsWith(end));
    if (token !== undefined) {
      this.#held.push(token);
      return text.slice(token.length);
    }
    const found = this.#opening(text.slice(0, longestOpening), followers);
    if (found !== null && found !== "perhaps") return this.#open(found, text);
    if (found === "perhaps" || endTokens.some((end) => end.startsWith(text))) {
      this.#pending = text;
      return null;
    }
    out.push(this.flush());
    return text;
  }

  /** Remembers what the place of a later opening depends on. */
  #said(text: string): string {
    if (text === "") return text;
    if (this.#blank && text.trim() !== "") this.#blank = false;
    this.#previous = text.slice(-1);
    for (let from = 0; ;) {
      const end = text.indexOf("\n", from);
      if (this.#line.length < 3) this.#addToLine(end === -1 ? text.slice(from) : text.slice(from, end));
      if (end === -1) return text;
      this.#line = "";
      from = end + 1;
    }
  }

  #addToLine(text: string): void {
    const added = this.#line === "" ? text.trimStart() : text;
    if (added === "") return;
    this.#line = (this.#line + added).slice(0, 3);
    if (this.#line === "```") this.#inFence = !this.#inFence;
  }
}

function readCalls(form: TextForm, block: string, table: ToolTable): WrittenCall[] | null {
  try {
    return form.read(block, table);
  } catch (error) {
    // So deeply nested that its arguments cannot be written again.
    if (error instanceof RangeError) return null;
    throw error;
  }
}

const longestOpening = Math.max(...openings.map(({ opening }) => opening.length));
