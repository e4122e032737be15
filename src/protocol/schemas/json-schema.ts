/** Whether a value is as a JSON Schema says: the keywords that structured output knows. Others say nothing here. */

type Schema = Record<string, unknown>;

/** How deep references may lead; a schema that refers to itself without taking a step into the value never ends. */
const deepest = 500;

/** The first thing that is wrong, with its place; null when all is as it should be. */
export function problemIn(value: unknown, schema: unknown): string | null {
  return look(value, schema, { root: schema, place: "", depth: 0 });
}

interface Place {
  root: unknown;
  /** Into the value: `items[2].name`. */
  place: string;
  depth: number;
}

function look(value: unknown, schema: unknown, at: Place): string | null {
  if (schema === true || !isSchema(schema)) return schema === false ? problem(at, "is not allowed") : null;
  if (at.depth > deepest) return problem(at, "lies too deep");
  const inner = { ...at, depth: at.depth + 1 };
  return (
    reference(value, schema, inner) ??
    kind(value, schema, at) ??
    combined(value, schema, inner) ??
    (typeof value === "string" ? text(value, schema, at) : null) ??
    (typeof value === "number" ? number(value, schema, at) : null) ??
    (Array.isArray(value) ? list(value, schema, inner) : null) ??
    (isSchema(value) ? object(value, schema, inner) : null)
  );
}

function reference(value: unknown, schema: Schema, at: Place): string | null {
  const { $ref } = schema;
  if (typeof $ref !== "string" || !$ref.startsWith("#")) return null;
  const target = $ref
    .slice(1)
    .split("/")
    .filter((key) => key !== "")
    .map((key) => decodeURIComponent(key).replaceAll("~1", "/").replaceAll("~0", "~"))
    .reduce<unknown>(
      (inner, key) => (typeof inner === "object" && inner !== null ? (inner as Schema)[key] : undefined),
      at.root,
    );
  return target === undefined ? null : look(value, target, at);
}

function kind(value: unknown, schema: Schema, at: Place): string | null {
  const { type } = schema;
  const types = typeof type === "string" ? [type] : Array.isArray(type) ? (type as unknown[]) : [];
  if (types.length > 0 && !types.some((each) => isOf(value, each)))
    return problem(at, `must be ${types.join(" or ")}, not ${nameOf(value)}`);
  if (Array.isArray(schema["enum"]) && !schema["enum"].some((each) => same(each, value)))
    return problem(at, `must be one of ${shown(schema["enum"])}`);
  if ("const" in schema && !same(schema["const"], value)) return problem(at, `must be ${shown(schema["const"])}`);
  return null;
}

function combined(value: unknown, schema: Schema, at: Place): string | null {
  const fits = (each: unknown): boolean => look(value, each, at) === null;
  const { allOf, anyOf, oneOf, not } = schema;
  for (const each of Array.isArray(allOf) ? (allOf as unknown[]) : []) {
    const found = look(value, each, at);
    if (found !== null) return found;
  }
  if (Array.isArray(anyOf) && !anyOf.some(fits)) return problem(at, "is none of what it may be");
  if (Array.isArray(oneOf) && oneOf.filter(fits).length !== 1)
    return problem(at, "is not exactly one of what it may be");
  if (not !== undefined && fits(not)) return problem(at, "is what it may not be");
  return null;
}

function text(value: string, schema: Schema, at: Place): string | null {
  const { minLength, maxLength, pattern } = schema;
  const length = typeof minLength === "number" || typeof maxLength === "number" ? [...value].length : 0;
  if (typeof minLength === "number" && length < minLength)
    return problem(at, `must have ${minLength} characters or more`);
  if (typeof maxLength === "number" && length > maxLength)
    return problem(at, `must have ${maxLength} characters or fewer`);
  if (typeof pattern === "string" && !matches(value, pattern)) return problem(at, `must match ${pattern}`);
  return null;
}

function matches(value: string, pattern: string): boolean {
  try {
    return new RegExp(pattern, "u").test(value);
  } catch {
    return true;
  }
}

function number(value: number, schema: Schema, at: Place): string | null {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema;
  if (typeof minimum === "number" && value < minimum) return problem(at, `must be ${minimum} or more`);
  if (typeof maximum === "number" && value > maximum) return problem(at, `must be ${maximum} or less`);
  if (typeof exclusiveMinimum === "number" && value <= exclusiveMinimum)
    return problem(at, `must be more than ${exclusiveMinimum}`);
  if (typeof exclusiveMaximum === "number" && value >= exclusiveMaximum)
    return problem(at, `must be less than ${exclusiveMaximum}`);
  if (typeof multipleOf === "number" && !isMultiple(value, multipleOf))
    return problem(at, `must be a multiple of ${multipleOf}`);
  return null;
}

/** 0.3 is a multiple of 0.1, whatever binary fractions say. */
const isMultiple = (value: number, of: number): boolean =>
  Math.abs(value / of - Math.round(value / of)) <= Number.EPSILON * Math.max(1, Math.abs(value / of));

function list(value: unknown[], schema: Schema, at: Place): string | null {
  const { items, prefixItems, minItems, maxItems, uniqueItems } = schema;
  if (typeof minItems === "number" && value.length < minItems)
    return problem(at, `must have ${minItems} entries or more`);
  if (typeof maxItems === "number" && value.length > maxItems)
    return problem(at, `must have ${maxItems} entries or fewer`);
  if (uniqueItems === true && new Set(value.map(shown)).size < value.length) return problem(at, "has an entry twice");
  const first = Array.isArray(prefixItems) ? (prefixItems as unknown[]) : [];
  for (const [index, entry] of value.entries()) {
    const found = look(entry, index < first.length ? first[index] : items, { ...at, place: `${at.place}[${index}]` });
    if (found !== null) return found;
  }
  return null;
}

function object(value: Schema, schema: Schema, at: Place): string | null {
  const { required, additionalProperties } = schema;
  const properties = isSchema(schema["properties"]) ? schema["properties"] : {};
  const patterns = isSchema(schema["patternProperties"]) ? Object.entries(schema["patternProperties"]) : [];
  for (const name of Array.isArray(required) ? (required as unknown[]) : [])
    if (typeof name === "string" && !Object.hasOwn(value, name)) return problem(within(at, name), "is missing");
  for (const [name, entry] of Object.entries(value)) {
    const own = Object.hasOwn(properties, name) ? [properties[name]] : [];
    const fitting = [...own, ...patterns.filter(([pattern]) => matches(name, pattern)).map(([, each]) => each)];
    for (const each of fitting.length > 0 ? fitting : [additionalProperties]) {
      const found = look(entry, each, within(at, name));
      if (found !== null) return found;
    }
  }
  return null;
}

const within = (at: Place, name: string): Place => ({ ...at, place: at.place === "" ? name : `${at.place}.${name}` });
const problem = (at: Place, what: string): string => `${at.place === "" ? "the value" : at.place} ${what}`;

function isSchema(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isOf(value: unknown, type: unknown): boolean {
  if (type === "integer") return Number.isInteger(value);
  return nameOf(value) === type;
}

function nameOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}

const same = (one: unknown, other: unknown): boolean => shown(one) === shown(other);

/** Objects with their keys in order, so that equal ones are written equally. */
function shown(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    isSchema(inner) ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner,
  );
}
