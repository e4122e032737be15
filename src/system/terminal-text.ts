/**
 * What may reach a terminal of text that somebody else wrote: nothing that moves the cursor, changes colours or titles, writes to
 * the clipboard, answers for the user, or turns the order of letters round.
 */

/** Where the filter stands: in text, behind ESC, in a control sequence, in a string that only its end or a new line ends. */
type State = "text" | "escape" | "control" | "string" | "stringEscape";

const stringStarts = new Set(["P", "X", "]", "^", "_"]);
const stringStartsC1 = new Set([0x90, 0x98, 0x9d, 0x9e, 0x9f]);

/** Characters without a shape that change how others are shown, or that hide what was said. */
function isHidden(code: number): boolean {
  return (
    code === 0x00ad ||
    code === 0x061c ||
    code === 0x180e ||
    (code >= 0x200b && code <= 0x200f && code !== 0x200d) ||
    (code >= 0x202a && code <= 0x202e) ||
    (code >= 0x2060 && code <= 0x206f) ||
    code === 0xfeff ||
    (code >= 0xfff9 && code <= 0xfffb) ||
    (code >= 0xe0000 && code <= 0xe007f)
  );
}

const isControl = (code: number): boolean => code < 0x20 || (code >= 0x7f && code <= 0x9f);

/** Filters a stream of text whose pieces may end anywhere, within a sequence too. */
export class TextFilter {
  #state: State = "text";
  /** First half of a character that came in two. */
  #half = "";
  #afterReturn = false;

  push(piece: string): string {
    let text = this.#half + piece;
    this.#half = "";
    const last = text.charCodeAt(text.length - 1);
    if (last >= 0xd800 && last <= 0xdbff) {
      this.#half = text.slice(-1);
      text = text.slice(0, -1);
    }
    if (this.#state === "text" && !this.#afterReturn && isClean(text)) return text;
    let shown = "";
    for (const character of text) shown += this.#take(character);
    return shown;
  }

  #take(character: string): string {
    const code = character.codePointAt(0)!;
    switch (this.#state) {
      case "text":
        return this.#text(character, code);
      case "escape":
        if (code >= 0x20 && code <= 0x2f) return "";
        this.#state = character === "[" ? "control" : stringStarts.has(character) ? "string" : "text";
        return isControl(code) ? this.#text(character, code) : "";
      case "control":
        if (code >= 0x20 && code <= 0x3f) return "";
        this.#state = "text";
        return code >= 0x40 && code <= 0x7e ? "" : this.#text(character, code);
      case "stringEscape":
        this.#state = "string";
        if (character === "\\") this.#state = "text";
        return "";
      case "string":
        if (code === 0x1b) this.#state = "stringEscape";
        else if (code === 0x07 || code === 0x9c) this.#state = "text";
        else if (character === "\n") {
          // A string that never ends must not hide everything after it.
          this.#state = "text";
          return "\n";
        }
        return "";
    }
  }

  #text(character: string, code: number): string {
    const returned = this.#afterReturn;
    this.#afterReturn = false;
    this.#state = "text";
    if (code === 0x0d) {
      this.#afterReturn = true;
      return returned ? "" : "\n";
    }
    if (code === 0x0a) return returned ? "" : "\n";
    if (code === 0x1b) this.#state = "escape";
    else if (code === 0x9b) this.#state = "control";
    else if (stringStartsC1.has(code)) this.#state = "string";
    if (code === 0x09) return "\t";
    if (code === 0x2028 || code === 0x2029) return "\n";
    if (code >= 0xd800 && code <= 0xdfff) return "\ufffd";
    return isControl(code) || isHidden(code) ? "" : character;
  }
}

// Any of what the filter looks at; most text has none of it.
const suspicious =
  // oxlint-disable-next-line no-control-regex
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb]/;
const isClean = (text: string): boolean => !suspicious.test(text);

/** A whole text as it may be shown. */
export const cleanText = (text: string): string => new TextFilter().push(text);

/** The same value with every text in it clean. Keys stay as they are. */
export function cleanStrings<Value>(value: Value): Value {
  if (typeof value === "string") return cleanText(value) as Value;
  if (Array.isArray(value)) return value.map((each: unknown) => cleanStrings(each)) as Value;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]: [string, unknown]) => [key, cleanStrings(each)]),
  ) as Value;
}

/** One line of it: every white space is a space. */
export const cleanLine = (text: string): string => cleanText(text).replace(/\s+/g, " ").trim();

/**
 * A text that somebody is to decide about: what would be taken out is shown as an escape instead, so that nothing hides.
 */
export function visibleText(text: string): string {
  let shown = "";
  for (const character of text) {
    const code = character.codePointAt(0)!;
    const odd =
      (isControl(code) && character !== "\n" && character !== "\t") ||
      isHidden(code) ||
      code === 0x2028 ||
      code === 0x2029 ||
      (code >= 0xd800 && code <= 0xdfff);
    shown += odd ? `\\u{${code.toString(16)}}` : character;
  }
  return shown;
}

/** One line of it. */
export const visibleLine = (text: string): string => visibleText(text).replaceAll("\n", "\\n").replaceAll("\t", "\\t");

/** At most so many characters; three dots stand for the rest. */
export function shortened(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const head = text.slice(0, limit * 2);
  const characters = Array.from(head);
  return characters.length <= limit && head === text ? text : `${characters.slice(0, limit - 3).join("")}...`;
}
