import { isObject, parseJson, readObject } from "./read-object.ts";

/** What a tool that takes no JSON is given. */
export interface CustomInput {
  input: string;
  /** What was not as it had been asked for; null where all was. */
  fault: { kind: "json" | "types"; detail: string } | null;
}

/** The raw text of a call: the field of the function that stands for the tool, or what a model put in its place. */
export function customInput(text: string): CustomInput {
  const found = unwrapped(text);
  const patch = fencedPatch(found.input);
  if (patch === null) return found;
  return { input: patch, fault: found.fault ?? { kind: "types", detail: "a code fence stood around the patch" } };
}

/** The patch that stands in a code fence with nothing around that. */
function fencedPatch(text: string): string | null {
  const whole = text.trim();
  const head = /^(```|~~~)[^\n]*\n\s*(?=\*\*\* Begin Patch\n)/.exec(whole);
  return head !== null && whole.endsWith(`\n${head[1]}`)
    ? whole.slice(head[0].length, -head[1]!.length).trimEnd()
    : null;
}

function unwrapped(text: string): CustomInput {
  if (text.trim() === "") return { input: "", fault: null };
  const value = parseJson(text);
  if (typeof value === "string") {
    const inner = parseJson(value);
    return isObject(inner) && typeof inner["input"] === "string"
      ? { input: inner["input"], fault: { kind: "json", detail: "mended: JSON in a JSON string" } }
      : { input: value, fault: { kind: "types", detail: "the input came as a JSON string, not in `input`" } };
  }
  const read = isObject(value) || /^\s*(?:```\w*\s*)?\{/.test(text) ? readObject(text) : null;
  if (read === null) return { input: text, fault: { kind: "json", detail: "the input came as plain text" } };
  const fault =
    read.faults.length === 0 ? null : ({ kind: "json", detail: `mended: ${read.faults.join(", ")}` } as const);
  const { input } = read.value;
  if (typeof input === "string") return { input, fault };
  if (input !== undefined)
    return { input: JSON.stringify(input), fault: { kind: "types", detail: "`input` was no text" } };
  const entries = Object.values(read.value);
  return entries.length === 1 && typeof entries[0] === "string"
    ? { input: entries[0], fault: { kind: "types", detail: "the input came in another field than `input`" } }
    : { input: text, fault: { kind: "types", detail: "the input came in no field `input`" } };
}
