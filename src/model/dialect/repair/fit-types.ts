import { ArgumentSchema, fieldOf, hasType, isDeclared, requiredOf, typeName, typesOf } from "./json-schema.ts";
import { readLoosely } from "./loose-json.ts";
import { isObject, parseJson, readObject, type JsonObject } from "./read-object.ts";

/** A change to a value, in words that hold nothing of the value. */
export interface TypeChange {
  /** From the arguments down, by the names that the schema has. */
  path: string;
  from: string;
  to: string;
}

interface Fitted {
  value: unknown;
  changes: TypeChange[];
}

/** Nobody means arguments that go deeper. */
const deepest = 64;

/** Brings arguments into the form that their schema declares, where there is one way to do so. What is valid is never changed. */
export function fitTypes(parameters: JsonObject, value: JsonObject): { value: JsonObject; changes: TypeChange[] } {
  const fitted = fit(new ArgumentSchema(parameters), parameters, value, "", 0);
  return isObject(fitted.value) ? { value: fitted.value, changes: fitted.changes } : { value, changes: [] };
}

function fit(root: ArgumentSchema, written: unknown, value: unknown, path: string, depth: number): Fitted {
  const same: Fitted = { value, changes: [] };
  const schema = root.resolve(written);
  if (schema === null || depth > deepest || root.accepts(schema, value)) return same;
  const branches = schema["anyOf"] ?? schema["oneOf"];
  if (Array.isArray(branches)) {
    const ways = branches.map((branch: unknown) => fit(root, branch, value, path, depth + 1));
    return only(ways.filter((way) => root.accepts(schema, way.value))) ?? same;
  }
  const types = typesOf(schema);
  if (types === null || types.some((type) => hasType(value, type))) {
    if (isObject(value)) return fitFields(root, schema, value, path, depth);
    return Array.isArray(value) ? fitEntries(root, schema, value, path, depth) : same;
  }
  return only(types.flatMap((type) => ways(root, schema, value, type, path, depth))) ?? same;
}

/** The one way that there is, several that come to the same counting as one. */
function only(ways: readonly Fitted[]): Fitted | null {
  const [first, ...others] = ways;
  if (first === undefined) return null;
  const text = JSON.stringify(first.value);
  return others.every(({ value }) => JSON.stringify(value) === text) ? first : null;
}

function fitFields(root: ArgumentSchema, schema: JsonObject, value: JsonObject, path: string, depth: number): Fitted {
  const changes: TypeChange[] = [];
  const required = new Set(requiredOf(schema));
  const fields = Object.entries(value).flatMap(([key, field]): [string, unknown][] => {
    const declared = fieldOf(schema, key);
    // A name that the schema does not have is the model's own, as a value is.
    const name = isDeclared(schema, key) ? key : "*";
    const where = path === "" ? name : `${path}.${name}`;
    if (field === null && !required.has(key) && !root.accepts(declared, null)) {
      changes.push({ path: where, from: "null", to: "nothing" });
      return [];
    }
    const fitted = fit(root, declared, field, where, depth + 1);
    changes.push(...fitted.changes);
    return [[key, fitted.value]];
  });
  return changes.length === 0 ? { value, changes } : { value: Object.fromEntries(fields), changes };
}

function fitEntries(
  root: ArgumentSchema,
  schema: JsonObject,
  value: readonly unknown[],
  path: string,
  depth: number,
): Fitted {
  const entries = value.map((entry) => fit(root, schema["items"], entry, `${path}[]`, depth + 1));
  const changes = entries.flatMap((entry) => entry.changes);
  return changes.length === 0 ? { value, changes } : { value: entries.map((entry) => entry.value), changes };
}

function ways(
  root: ArgumentSchema,
  schema: JsonObject,
  value: unknown,
  type: string,
  path: string,
  depth: number,
): Fitted[] {
  const found = converted(value, type);
  if (found === undefined) return [];
  const inner = fit(root, { ...schema, type }, found, path, depth + 1);
  // What was an object or array all along may still have its faults; what is made one must be right.
  const parsed = typeof value === "string" && looksLike(value, type);
  if (!parsed && !root.accepts(schema, inner.value)) return [];
  return [{ value: inner.value, changes: [{ path, from: typeName(value), to: type }, ...inner.changes] }];
}

const numeral = /^\s*-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?\s*$/;
const looksLike = (text: string, type: string): boolean =>
  (type === "array" && /^\s*\[/.test(text)) || (type === "object" && /^\s*\{/.test(text));

/** The value as one of another type; undefined where it is not clear which. */
function converted(value: unknown, type: string): unknown {
  switch (type) {
    case "number":
    case "integer":
      return typeof value === "string" && numeral.test(value) && !isInexact(value.trim()) ? Number(value) : undefined;
    case "boolean":
      return typeof value === "string" && /^\s*(?:true|false)\s*$/i.test(value)
        ? value.trim().toLowerCase() === "true"
        : undefined;
    case "null":
      return value === "null" || value === "None" ? null : undefined;
    case "string":
      if (typeof value === "number" || typeof value === "boolean") return String(value);
      if (Array.isArray(value)) return value.length === 1 && typeof value[0] === "string" ? value[0] : undefined;
      return isObject(value) ? JSON.stringify(value) : undefined;
    case "array":
      if (value === null) return undefined;
      return typeof value === "string" && looksLike(value, type) ? readArray(value) : [value];
    case "object":
      return typeof value === "string" && looksLike(value, type) ? readObject(value)?.value : undefined;
    default:
      return undefined;
  }
}

function readArray(text: string): unknown {
  const value = parseJson(text);
  if (value !== undefined) return Array.isArray(value) ? value : undefined;
  const loose = readLoosely(`{"value":${text}}`);
  const read = loose === null ? undefined : parseJson(loose.text);
  return isObject(read) && Object.keys(read).length === 1 && Array.isArray(read["value"]) ? read["value"] : undefined;
}

/** Whether a numeral has more to it than a number of JavaScript. */
const isInexact = (source: string): boolean => {
  const value = Number(source);
  return String(value) !== source && (!Number.isFinite(value) || source.replaceAll(/[^0-9]/g, "").length > 15);
};

type ReadWithSources = (
  text: string,
  reviver: (key: string, value: unknown, context: { source?: string }) => unknown,
) => unknown;

/**
 * Whether JSON that is read and written again would say something else: numbers with more digits than fit, or, where numbers become
 * text, such as are written in another way than they are read.
 */
export function losesNumbers(text: string, changes: readonly TypeChange[]): boolean {
  const becomeText = changes.some(({ from, to }) => from === "number" && to === "string");
  let loses = false;
  (JSON.parse as ReadWithSources)(text, (_key, value, { source }) => {
    if (typeof value === "number" && source !== undefined)
      loses ||= becomeText ? String(value) !== source : isInexact(source);
    return value;
  });
  return loses;
}
