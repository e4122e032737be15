/** What a TOML document consists of. Dates stay `Date`s; no key of ours takes one. */
export type TomlValue = string | number | bigint | boolean | Date | TomlValue[] | TomlTable;
export interface TomlTable {
  [key: string]: TomlValue;
}

/** Made without a prototype: a key `__proto__` is then a key like any other. */
export const emptyTable = (): TomlTable => Object.create(null) as TomlTable;

export function isTable(value: unknown): value is TomlTable {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

/** `a."b.c".d`: segments that are not bare keys are quoted. */
export function formatKeyPath(path: readonly string[]): string {
  return path.map((part) => (/^[A-Za-z0-9_-]+$/.test(part) ? part : JSON.stringify(part))).join(".");
}

export function valueAt(table: TomlTable, path: readonly string[]): TomlValue | undefined {
  let value: TomlValue | undefined = table;
  for (const part of path) {
    if (!isTable(value) || !Object.hasOwn(value, part)) return undefined;
    value = value[part];
  }
  return value;
}

/** A value in words for a message: `the string "x"`, `a table`. */
export function describeValue(value: TomlValue): string {
  if (typeof value === "string")
    return `the string ${JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}...` : value)}`;
  if (typeof value === "boolean") return `the boolean ${value}`;
  if (typeof value === "bigint" || Number.isInteger(value)) return `the integer ${String(value)}`;
  if (typeof value === "number") return `the number ${value}`;
  if (value instanceof Date) return "a date";
  return Array.isArray(value) ? "a list" : "a table";
}
