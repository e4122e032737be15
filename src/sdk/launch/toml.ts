/** Values as TOML, for `--config key=value`. */
import { ValidationError } from "../errors.ts";

export type CodexConfigValue = string | number | bigint | boolean | CodexConfigValue[] | CodexConfigObject;
/** Entries that are undefined are left out. */
export interface CodexConfigObject {
  [key: string]: CodexConfigValue | undefined;
}

const bareKey = /^[A-Za-z0-9_-]+$/;
/** TOML's integers are signed and have 64 bits; what is larger is written as a float. */
const integerEnd = 2n ** 63n;

/** One `path=value` per leaf, in the order of the entries. Throws {@link ValidationError} naming the path of what TOML cannot say. */
export function configPairs(config: unknown): string[] {
  const pairs: string[] = [];
  if (!isPlainObject(config)) throw new ValidationError("config", "must be a plain object");
  flatten(config, [], [], pairs);
  return pairs;
}

function flatten(table: object, keys: string[], inside: readonly object[], pairs: string[]): void {
  const around = entered(table, pathOf(keys), inside);
  const entries = entriesOf(table, keys);
  if (keys.length > 0 && Object.keys(table).length === 0) pairs.push(`${keys.join(".")}={}`);
  const odd = entries.find(([key]) => !bareKey.test(key));
  if (odd !== undefined && keys.length === 0) {
    const advice = "nest objects instead of joining keys with dots, or write it in configOverrides";
    throw new ValidationError(pathOf([odd[0]]), `is no bare TOML key: ${advice}`);
  }
  if (odd !== undefined) {
    pairs.push(`${keys.join(".")}=${literal(table, keys, inside)}`);
    return;
  }
  for (const [key, value] of entries) {
    const path = [...keys, key];
    if (isPlainObject(value)) flatten(value, path, around, pairs);
    else pairs.push(`${path.join(".")}=${literal(value, path, around)}`);
  }
}

/** One value. `path` is where it stands, for the message. */
export function tomlLiteral(value: unknown, path: string): string {
  return literal(value, [path], []);
}

function literal(value: unknown, keys: readonly string[], inside: readonly object[]): string {
  const path = pathOf(keys);
  switch (typeof value) {
    case "string":
      return text(value, path);
    case "boolean":
      return String(value);
    case "bigint":
      if (value < -integerEnd || value >= integerEnd) throw new ValidationError(path, "is more than 64 bits hold");
      return String(value);
    case "number":
      if (!Number.isFinite(value)) throw new ValidationError(path, "must be a finite number");
      return Number.isInteger(value) && Math.abs(value) >= Number(integerEnd) ? value.toExponential() : String(value);
    case "object":
      break;
    default:
      throw new ValidationError(path, `cannot be a ${typeof value}`);
  }
  if (value === null) throw new ValidationError(path, "cannot be null; TOML has none");
  if (Array.isArray(value)) {
    const around = entered(value, path, inside);
    return `[${Array.from(value, (each, index) => literal(each, [...keys, `[${index}]`], around)).join(", ")}]`;
  }
  if (!isPlainObject(value)) throw new ValidationError(path, "must be a plain object, not an instance of a class");
  const around = entered(value, path, inside);
  const parts = entriesOf(value, keys).map(
    ([key, each]) => `${bareKey.test(key) ? key : text(key, path)} = ${literal(each, [...keys, key], around)}`,
  );
  return `{${parts.join(", ")}}`;
}

function entered(value: object, path: string, inside: readonly object[]): readonly object[] {
  if (inside.includes(value)) throw new ValidationError(path, "contains itself");
  return [...inside, value];
}

function entriesOf(table: object, keys: readonly string[]): [string, unknown][] {
  const entries = Object.entries(table) as [string, unknown][];
  if (entries.some(([key]) => key === "")) throw new ValidationError(pathOf(keys), "has an empty key");
  return entries.filter(([, value]) => value !== undefined);
}

/** JSON's escapes are TOML's, but for DEL; half of a character is none. */
function text(value: string, path: string): string {
  if (!value.isWellFormed()) throw new ValidationError(path, "has half of a UTF-16 pair");
  return JSON.stringify(value).replaceAll("\u007f", "\\u007F");
}

function pathOf(keys: readonly string[]): string {
  return ["config", ...keys].reduce((path, key) => (key.startsWith("[") ? path + key : `${path}.${key}`));
}

/** Made by `{}` or a parser, in whichever realm; no instance of a class. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
