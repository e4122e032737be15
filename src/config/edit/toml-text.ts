import { formatKeyPath, isTable, type TomlTable, type TomlValue } from "../toml/toml-values.ts";

/** A value on one line: lists and tables inline. */
export function valueText(value: TomlValue): string {
  if (typeof value === "string") return JSON.stringify(value).replaceAll("\x7f", "\\u007f");
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return `[${value.map(valueText).join(", ")}]`;
  if (!isTable(value)) return String(value);
  const pairs = Object.entries(value).map(([key, inner]) => `${formatKeyPath([key])} = ${valueText(inner)}`);
  return pairs.length === 0 ? "{}" : `{ ${pairs.join(", ")} }`;
}

/** A table under its header, with its inner tables under theirs. */
export function tableText(path: readonly string[], table: TomlTable): string {
  const own = Object.entries(table).filter(([, value]) => !isTable(value));
  const inner = Object.entries(table).filter((entry): entry is [string, TomlTable] => isTable(entry[1]));
  const lines = own.map(([key, value]) => `${formatKeyPath([key])} = ${valueText(value)}\n`);
  const header = own.length > 0 || inner.length === 0 ? [`[${formatKeyPath(path)}]\n${lines.join("")}`] : [];
  return [...header, ...inner.map(([key, value]) => tableText([...path, key], value))].join("\n");
}
