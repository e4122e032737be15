import { formatKeyPath, isTable, type TomlTable, type TomlValue } from "../toml/toml-values.ts";

/** JSON's escapes are TOML's, but for one character that TOML wants escaped as well. */
const quoted = (text: string): string => JSON.stringify(text).replaceAll("\x7f", "\\u007f");

/** A value on one line. */
export function formatValue(value: TomlValue): string {
  if (typeof value === "string") return quoted(value);
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return `[${value.map(formatValue).join(", ")}]`;
  if (isTable(value)) {
    const members = Object.entries(value).map(([name, member]) => `${formatKeyPath([name])} = ${formatValue(member)}`);
    return members.length === 0 ? "{}" : `{ ${members.join(", ")} }`;
  }
  return String(value);
}

/** A table as a section, its tables as sections of their own behind it. */
export function formatTable(path: readonly string[], table: TomlTable): string {
  const entries = Object.entries(table);
  const own = entries.filter(([, value]) => !isTable(value));
  const inner = entries.filter(([, value]) => isTable(value)) as [string, TomlTable][];
  const lines = own.map(([name, value]) => `${formatKeyPath([name])} = ${formatValue(value)}\n`);
  const head = own.length > 0 || inner.length === 0 ? [`[${formatKeyPath(path)}]\n${lines.join("")}`] : [];
  return [...head, ...inner.map(([name, value]) => formatTable([...path, name], value))].join("\n");
}
