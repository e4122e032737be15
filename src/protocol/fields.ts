/** The fields of a JSON object. */
export type Fields = Record<string, unknown>;

/** Null where a value is no object; a list is none. */
export const asRecord = (value: unknown): Fields | null =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : null;

/** What is no object has no fields. */
export const fieldsOf = (value: unknown): Fields => asRecord(value) ?? {};
