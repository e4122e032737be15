/** Where the events of an API have their text. */
export interface PieceForm<Field extends string> {
  readonly fields: readonly Field[];
  /** What may stand beside a text, whatever it says. */
  readonly beside: readonly string[];
  /** The object of an event that the text is in; null where the event has none, or more than one. */
  deltaOf(event: Record<string, unknown>): Record<string, unknown> | null;
}

/** Once this many frames have served no event, each event differs in more than its text. */
const enoughFrames = 8;

/**
 * Reads events that differ from an earlier one in a piece of text alone, without parsing the rest again: of a long answer nearly all
 * are such. What is taken out is what `JSON.parse` would give, as long as the frame around it is the same, character by character.
 */
export class TextPieces<Field extends string> {
  readonly #form: PieceForm<Field>;
  #before = "";
  #after = "";
  #field: Field;
  #unused = 0;
  #used = true;

  constructor(form: PieceForm<Field>) {
    this.#form = form;
    this.#field = form.fields[0]!;
  }

  /** Of the latest piece. */
  get field(): Field {
    return this.#field;
  }

  /** Null when the event has to be parsed. */
  read(data: string): string | null {
    const { length } = this.#before;
    const end = data.length - this.#after.length;
    // Equal slices are found to be so eight times as fast as `startsWith` finds it.
    if (length === 0 || end <= length || data.slice(end) !== this.#after || data.slice(0, length) !== this.#before)
      return null;
    const text = data.slice(length, end);
    this.#used = true;
    if (!special.test(text)) return text;
    try {
      return JSON.parse(`"${text}"`) as string;
    } catch {
      return null;
    }
  }

  /** Makes a frame of an event that was parsed: its delta says nothing but one text. */
  learn(delta: Record<string, unknown>, data: string): void {
    if (this.#unused >= enoughFrames) return;
    const { fields, beside } = this.#form;
    const field = fields.find((name) => typeof delta[name] === "string" && delta[name] !== "");
    if (field === undefined) return;
    for (const [name, value] of Object.entries(delta))
      if (name !== field && !beside.includes(name) && value !== null && value !== "" && !isEmptyList(value)) return;
    const key = `"${field}":"`;
    const start = data.indexOf(key) + key.length;
    const text = JSON.stringify(delta[field]).slice(1, -1);
    if (start < key.length || !data.startsWith(`${text}"`, start)) return;
    const before = data.slice(0, start);
    const after = data.slice(start + text.length);
    if (!this.#holds(before, after, field)) return;
    this.#unused = this.#used ? 0 : this.#unused + 1;
    this.#used = false;
    this.#before = before;
    this.#after = after;
    this.#field = field;
  }

  /** No event is like those before any more. */
  forget(): void {
    this.#before = "";
  }

  /** Whether what stands between the two is the text of the delta, and nothing else. */
  #holds(before: string, after: string, field: Field): boolean {
    const probe = "<a piece>";
    try {
      const event = JSON.parse(`${before}${probe}${after}`) as Record<string, unknown>;
      return this.#form.deltaOf(event)?.[field] === probe;
    } catch {
      return false;
    }
  }
}

// oxlint-disable-next-line no-control-regex
const special = /["\\\u0000-\u001f]/;
const isEmptyList = (value: unknown): boolean => Array.isArray(value) && value.length === 0;
