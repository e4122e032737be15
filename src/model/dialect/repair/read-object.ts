import { parseNested } from "../../../protocol/nested-json.ts";
import { readLoosely } from "./loose-json.ts";

export type JsonObject = Record<string, unknown>;

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** An object as a model wrote it. */
export interface ReadObject {
  value: JsonObject;
  /** Its JSON: what was written where that was JSON. */
  text: string;
  /** What had to be mended, in words without anything of the contents. */
  faults: string[];
}

/** @returns undefined for what is no JSON, or nests too deep, which no JSON text means */
export function parseJson(text: string): unknown {
  try {
    return parseNested(text);
  } catch {
    return undefined;
  }
}

/** Reads a JSON object, mended where it has to be; null where that cannot be done without guessing. */
export function readObject(text: string): ReadObject | null {
  const value = parseJson(text);
  if (isObject(value)) return { value, text, faults: [] };
  if (typeof value === "string") return again(value);
  if (value === null) return { value: {}, text: "{}", faults: ["null in place of an object"] };
  if (value !== undefined) return null;
  // The inside of a JSON string without its quotes.
  if (/^\s*\{\s*\\["nrt]/.test(text)) {
    const inner = parseJson(`"${text}"`);
    if (typeof inner === "string") return again(inner);
  }
  const loose = readLoosely(text);
  const read = loose === null ? undefined : parseJson(loose.text);
  return isObject(read) ? { value: read, text: loose!.text, faults: loose!.faults } : null;
}

/** What was written as JSON twice. */
function again(text: string): ReadObject | null {
  const value = parseJson(text);
  if (isObject(value)) return { value, text, faults: ["JSON in a JSON string"] };
  const loose = value === undefined ? readLoosely(text) : null;
  const read = loose === null ? undefined : parseJson(loose.text);
  return isObject(read)
    ? { value: read, text: loose!.text, faults: ["JSON in a JSON string", ...loose!.faults] }
    : null;
}
