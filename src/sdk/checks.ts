/** Options as they came, checked: a wrong one is told before anything starts, and one that nobody knows is never passed over. */
import { ValidationError } from "./errors.ts";

export type Check = (value: unknown, path: string) => void;

export const callback: Check = (value, path) => {
  if (typeof value !== "function") throw new ValidationError(path, "must be a function");
};

export const flag: Check = (value, path) => {
  if (typeof value !== "boolean") throw new ValidationError(path, `must be true or false, not ${said(value)}`);
};

export const text: Check = (value, path) => {
  if (typeof value !== "string" || value === "") throw new ValidationError(path, "must be a string that is not empty");
  if (value.includes("\0")) throw new ValidationError(path, "has a null byte");
};

/** An argument of its own on the command line, where a dash would make it an option. */
export const word: Check = (value, path) => {
  text(value, path);
  if (String(value).startsWith("-")) throw new ValidationError(path, "must not begin with a dash");
};

export const texts: Check = (value, path) => each(value, path, text);
export const words: Check = (value, path) => each(value, path, word);

function each(value: unknown, path: string, check: Check): void {
  if (!Array.isArray(value)) throw new ValidationError(path, "must be an array of strings");
  for (const [index, entry] of value.entries()) check(entry, `${path}[${index}]`);
}

export const milliseconds: Check = (value, path) => {
  // Node's timers hold no more, and would end at once.
  const longest = 2 ** 31 - 1;
  if (typeof value !== "number" || !(value > 0) || value > longest)
    throw new ValidationError(path, `must be a number of milliseconds above 0 and at most ${longest}`);
};

export const bytes =
  (most: number): Check =>
  (value, path) => {
    if (!Number.isInteger(value) || Number(value) < 1 || Number(value) > most)
      throw new ValidationError(path, `must be a whole number of bytes from 1 to ${most}`);
  };

export const oneOf =
  (...values: string[]): Check =>
  (value, path) => {
    if (!values.includes(value as string))
      throw new ValidationError(path, `must be one of ${values.join(", ")}, not ${said(value)}`);
  };

export const anything: Check = () => {};

export const variables: Check = (value, path) => {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new ValidationError(path, "must be an object of strings");
  for (const [name, content] of Object.entries(value) as [string, unknown][]) {
    if (content === undefined) continue;
    if (typeof content !== "string") throw new ValidationError(`${path}.${name}`, "must be a string");
    if (content.includes("\0")) throw new ValidationError(`${path}.${name}`, "has a null byte");
  }
};

export const signal: Check = (value, path) => {
  if (!(value instanceof AbortSignal)) throw new ValidationError(path, "must be an AbortSignal");
};

export const logger: Check = (value, path) => {
  if (typeof value !== "object" || value === null) throw new ValidationError(path, "must be an object with methods");
};

/** Null is taken as not set, names in snake case as those in camel case. Throws {@link ValidationError} naming the option. */
export function checked(options: unknown, path: string, checks: Record<string, Check>): Record<string, unknown> {
  if (options === undefined || options === null) return {};
  if (typeof options !== "object" || Array.isArray(options)) throw new ValidationError(path, "must be an object");
  const result: Record<string, unknown> = {};
  for (const [given, value] of Object.entries(options) as [string, unknown][]) {
    const name = Object.hasOwn(checks, given) ? given : camelCase(given);
    const check = Object.hasOwn(checks, name) ? checks[name] : undefined;
    if (check === undefined)
      throw new ValidationError(`${path}.${given}`, `is no option; there are ${Object.keys(checks).join(", ")}`);
    // A schema that is null was meant to be one.
    if (value === undefined || (value === null && name !== "outputSchema")) continue;
    if (Object.hasOwn(result, name)) throw new ValidationError(`${path}.${name}`, "is given in two spellings");
    check(value, `${path}.${given}`);
    result[name] = value;
  }
  return result;
}

function camelCase(name: string): string {
  return name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

export function said(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : value === null ? "null" : typeof value;
}
