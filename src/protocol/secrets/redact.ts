import { shapes, type Shape } from "./shapes.ts";

export const redacted = "[redacted]";

let made: readonly Shape[] | null = null;

/**
 * The text without secrets: those with a known shape, and the given values wherever they stand. Takes time in proportion to the
 * text.
 */
export function redact(text: string, known: readonly string[] = []): string {
  if (text.length < shortest) return text;
  let clean = text;
  for (const value of known) if (value !== "" && clean.includes(value)) clean = clean.replaceAll(value, redacted);
  for (const { pattern, check } of (made ??= shapes())) {
    clean = clean.replace(pattern, (match: string, ...groups: unknown[]) => {
      // Without groups the first is the offset.
      const [before, secret] =
        typeof groups[0] === "string" ? [groups[0], groups[1] as string] : (["", match] as const);
      return secret === redacted || check?.(secret) === false ? match : before + redacted;
    });
  }
  return clean;
}

/** Below this nothing is a secret that can be told from a word. */
const shortest = 6;

/** Every text of a value as JSON knows it, names of fields among them. */
export function redactAll<Value>(value: Value, known: readonly string[] = []): Value {
  const walk = (inner: unknown): unknown => {
    if (typeof inner === "string") return redact(inner, known);
    if (Array.isArray(inner)) return inner.map(walk);
    if (typeof inner !== "object" || inner === null) return inner;
    return Object.fromEntries(Object.entries(inner).map(([key, each]) => [redact(key, known), field(key, each)]));
  };
  // A field's name says what its text is, as in `"password": "..."`.
  const field = (key: string, inner: unknown): unknown => {
    if (typeof inner !== "string") return walk(inner);
    const clean = redact(inner, known);
    const said = `${key}: "${clean}"`;
    return clean === inner && !/["\n]/.test(inner) && redact(said, known) !== said ? redacted : clean;
  };
  return walk(value) as Value;
}
