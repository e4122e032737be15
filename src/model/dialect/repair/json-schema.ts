import { isObject, type JsonObject } from "./read-object.ts";

/** Nobody means schemas that lead deeper. */
const deepest = 64;

/** The JSON Schema of a tool's arguments, as far as it says what types values have. */
export class ArgumentSchema {
  readonly root: JsonObject;

  constructor(root: JsonObject) {
    this.root = root;
  }

  /** A schema inside of it, where it is not behind a reference; null where nothing is said about the value. */
  resolve(schema: unknown): JsonObject | null {
    let found = schema;
    for (let step = 0; step < deepest && isObject(found) && typeof found["$ref"] === "string"; step++)
      found = this.#at(found["$ref"]);
    return isObject(found) && found["$ref"] === undefined ? found : null;
  }

  #at(reference: string): unknown {
    if (!reference.startsWith("#")) return null;
    const keys = reference.split("/").slice(1);
    return keys.reduce<unknown>((inner, key) => {
      const name = key.replaceAll("~1", "/").replaceAll("~0", "~");
      return isObject(inner) && Object.hasOwn(inner, name) ? inner[name] : null;
    }, this.root);
  }

  accepts(written: unknown, value: unknown, depth = 0): boolean {
    if (written === false) return false;
    const schema = this.resolve(written);
    if (schema === null || depth > deepest) return true;
    const types = typesOf(schema);
    if (types !== null && !types.some((type) => hasType(value, type))) return false;
    const { enum: allowed, const: constant, anyOf, oneOf, allOf } = schema;
    const inner = (branch: unknown): boolean => this.accepts(branch, value, depth + 1);
    return (
      (!Array.isArray(allowed) || allowed.some((one) => equal(one, value))) &&
      (constant === undefined || equal(constant, value)) &&
      (!Array.isArray(anyOf) || anyOf.some(inner)) &&
      (!Array.isArray(oneOf) || oneOf.some(inner)) &&
      (!Array.isArray(allOf) || allOf.every(inner)) &&
      (!Array.isArray(value) || value.every((entry) => this.accepts(schema["items"], entry, depth + 1))) &&
      (!isObject(value) || this.#acceptsFields(schema, value, depth))
    );
  }

  #acceptsFields(schema: JsonObject, value: JsonObject, depth: number): boolean {
    return (
      requiredOf(schema).every((key) => Object.hasOwn(value, key)) &&
      Object.entries(value).every(([key, field]) => this.accepts(fieldOf(schema, key), field, depth + 1))
    );
  }
}

const equal = (one: unknown, other: unknown): boolean =>
  one === other || (typeof one === "object" && JSON.stringify(one) === JSON.stringify(other));

/** Whether the schema says something of a field by its name. */
export const isDeclared = ({ properties }: JsonObject, key: string): boolean =>
  isObject(properties) && Object.hasOwn(properties, key);

/** What is said of a field. */
export const fieldOf = (schema: JsonObject, key: string): unknown =>
  isDeclared(schema, key) ? (schema["properties"] as JsonObject)[key] : schema["additionalProperties"];

export const requiredOf = ({ required }: JsonObject): string[] =>
  Array.isArray(required) ? required.filter((key) => typeof key === "string") : [];

export const hasAllRequired = (schema: JsonObject, value: JsonObject): boolean =>
  requiredOf(schema).every((key) => Object.hasOwn(value, key));

/** The types that a value may have; null: any. */
export function typesOf({ type, nullable, enum: allowed, const: constant }: JsonObject): string[] | null {
  const declared = typeof type === "string" ? [type] : Array.isArray(type) ? type : null;
  if (declared !== null) return [...declared.map(String), ...(nullable === true ? ["null"] : [])];
  const values: unknown[] | null = Array.isArray(allowed) ? allowed : constant === undefined ? null : [constant];
  return values === null ? null : [...new Set(values.map(typeName))];
}

export const typeName = (value: unknown): string =>
  value === null ? "null" : Array.isArray(value) ? "array" : typeof value;

export const hasType = (value: unknown, type: string): boolean =>
  type === "integer" ? Number.isInteger(value) : typeName(value) === type;
