type Detail = Record<string, unknown>;

/**
 * OpenRouter's `reasoning_details`: what its providers want to have back, unchanged and in order. They come in pieces; pieces of one
 * kind with one index belong together.
 */
export class ReasoningDetails {
  readonly #details: { fields: Detail; texts: string[] }[] = [];
  #signed = false;

  /** @returns the text that the pieces bring */
  add(pieces: readonly unknown[]): string {
    let said = "";
    for (const piece of pieces) {
      if (typeof piece !== "object" || piece === null) continue;
      const { text, summary, ...fields } = piece as Detail;
      const own = typeof text === "string" ? text : typeof summary === "string" ? summary : "";
      said += own;
      const last = this.#details.at(-1);
      const same =
        last !== undefined && last.fields["type"] === fields["type"] && last.fields["index"] === fields["index"];
      const detail = same && fields["type"] !== "reasoning.encrypted" ? last : { fields: {}, texts: [] };
      if (detail !== last) this.#details.push(detail);
      if (own !== "") detail.texts.push(own);
      for (const [name, value] of Object.entries(fields)) if (value !== null) detail.fields[name] = value;
      if (typeof fields["signature"] === "string" || typeof fields["data"] === "string") this.#signed = true;
    }
    return said;
  }

  /** Null when nobody signed anything. */
  get signed(): Detail[] | null {
    if (!this.#signed) return null;
    return this.#details.map(({ fields, texts }) => {
      if (texts.length === 0) return fields;
      return { ...fields, [fields["type"] === "reasoning.summary" ? "summary" : "text"]: texts.join("") };
    });
  }
}
