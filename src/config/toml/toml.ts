import { AgentError } from "../../protocol/errors.ts";
import { configErrorAt } from "../config-error.ts";
import { emptyTable, type TomlTable, type TomlValue } from "./toml-values.ts";

/** Parses a whole file. Throws the CE-33 form of a syntax error. The parser is loaded on the first call. */
export async function parseTomlFile(file: string, text: string): Promise<TomlTable> {
  const { parse, TomlError } = await import("smol-toml");
  try {
    return parse(text, { integersAsBigInt: "asNeeded" }) as TomlTable;
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const reason = error.message.split("\n", 1)[0]!.replace(/^Invalid TOML document: /, "");
    throw configErrorAt(file, text, { offset: offsetOf(text, error.line, error.column), length: 1 }, reason);
  }
}

function offsetOf(text: string, line: number, column: number): number {
  let start = 0;
  for (let row = 1; row < line; row++) start = text.indexOf("\n", start) + 1;
  return Math.min(start + column - 1, text.length);
}

export interface Override {
  readonly path: readonly string[];
  readonly value: TomlValue;
}

/** One `-c key=value`: a dotted path, and a TOML value or else the text itself. */
export async function parseOverride(source: string): Promise<Override> {
  const split = source.indexOf("=");
  if (split === -1)
    throw new AgentError("config", `Error parsing -c overrides: \`${source}\` has no "="; write key=value`);
  const key = source.slice(0, split).trim();
  if (key === "") throw new AgentError("config", `Error parsing -c overrides: \`${source}\` has no key before the "="`);
  return { path: parseKeyPath(key), value: await parseOverrideValue(source.slice(split + 1).trim()) };
}

/** Splits at dots outside of quotes; text with quotes that do not close is split at every dot. */
export function parseKeyPath(key: string): string[] {
  const parts: string[] = [];
  const part = /\s*(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([^."']*?))\s*(\.|$)/y;
  while (part.lastIndex <= key.length) {
    const match = part.exec(key);
    if (match === null) return key.split(".");
    parts.push(match[1] === undefined ? (match[2] ?? match[3] ?? "") : unescapeKey(match[1]));
    if (match[4] === "") break;
  }
  return parts;
}

function unescapeKey(text: string): string {
  try {
    return JSON.parse(`"${text}"`) as string;
  } catch {
    return text;
  }
}

/** The common scalars are read by hand: the official SDK passes only such, and its runs then load no parser. */
async function parseOverrideValue(text: string): Promise<TomlValue> {
  if (text === "true" || text === "false") return text === "true";
  if (/^(?:0|-?[1-9]\d{0,14})$/.test(text)) return Number(text);
  if (/^"[^"\\\x00-\x1f]*"$/.test(text) || /^'[^'\x00-\x1f]*'$/.test(text)) return text.slice(1, -1);
  // Only these can begin a TOML value; anything else is a bare word.
  if (!/^["'[{+\-\d]|^(?:inf|nan)$/.test(text)) return bareText(text);
  const { parse } = await import("smol-toml");
  try {
    const table = parse(`value = ${text}`, { integersAsBigInt: "asNeeded" }) as TomlTable;
    // A value with a line break could bring in keys of its own.
    if (Object.keys(table).length === 1) return table["value"]!;
  } catch {
    // Not TOML: the text itself is meant.
  }
  return bareText(text);
}

const bareText = (text: string): string => text.replace(/^["']+|["']+$/g, "");

/** A table in which the override's path leads to its value. */
export function overrideTable(override: Override): TomlTable {
  const table = emptyTable();
  let inner = table;
  for (const part of override.path.slice(0, -1)) {
    const next = emptyTable();
    inner[part] = next;
    inner = next;
  }
  inner[override.path.at(-1)!] = override.value;
  return table;
}
