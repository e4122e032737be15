import { isDeepStrictEqual } from "node:util";
import { configError } from "../config-error.ts";
import { emptyTable, formatKeyPath, isTable, valueAt, type TomlTable, type TomlValue } from "../toml/toml-values.ts";
import { parseTomlFile } from "../toml/toml.ts";
import { formatTable, formatValue } from "./format-value.ts";
import { readStatements, type Section } from "./statements.ts";

/** What is to stand at a place; undefined takes it away. A table replaces the whole of what is there. */
export interface TomlEdit {
  readonly path: readonly string[];
  readonly value: TomlValue | undefined;
}

/**
 * Changes single values of a TOML text and leaves every other byte as it is, comments and order included. The result
 * has been read again, and holds what it should. @throws AgentError `config` when the text cannot be changed so
 */
export async function editToml(file: string, text: string, edit: TomlEdit): Promise<string> {
  const before = await parseTomlFile(file, text);
  const { parse } = await import("smol-toml");
  const read: ReadTable = (source) => parse(source, { integersAsBigInt: "asNeeded" }) as TomlTable;
  const { path, value } = edit;
  const changed = value === undefined ? removed(text, path, read) : set(text, path, value, before, read);
  const wanted = applied(before, edit);
  const after = await parseTomlFile(file, changed).catch(() => null);
  if (after !== null && isDeepStrictEqual(plain(after), plain(wanted))) return changed;
  throw configError(`${file} cannot be changed as it is written; change \`${formatKeyPath(edit.path)}\` there by hand`);
}

type ReadTable = (text: string) => TomlTable;

const startsWith = (path: readonly string[], prefix: readonly string[]): boolean =>
  prefix.every((part, index) => path[index] === part);
const isAt = (path: readonly string[], other: readonly string[]): boolean =>
  path.length === other.length && startsWith(path, other);

interface Cut {
  start: number;
  end: number;
}

/** Everything that says something of the place. */
function partsOf(sections: readonly Section[], path: readonly string[]): Cut[] {
  return sections.flatMap((section) => {
    if (section.path.length > 0 && startsWith(section.path, path)) return [{ start: section.start, end: section.end }];
    return section.entries.filter((entry) => startsWith(entry.path, path)).map(({ start, end }) => ({ start, end }));
  });
}

function cutOut(text: string, cuts: readonly Cut[]): string {
  let result = "";
  let at = 0;
  for (const { start, end } of cuts) {
    result += text.slice(at, start);
    at = end;
  }
  return result + text.slice(at);
}

function removed(text: string, path: readonly string[], read: ReadTable): string {
  const parts = partsOf(readStatements(text), path);
  if (parts.length === 0) return withinParent(text, path, undefined, read);
  const left = cutOut(text, parts);
  const whole = left.replace(/^\n+/, "");
  return parts.at(-1)!.end === text.length ? whole.replace(/\n{2,}$/, "\n") : whole;
}

function set(text: string, path: readonly string[], value: TomlValue, before: TomlTable, read: ReadTable): string {
  const sections = readStatements(text);
  const existing = sections.flatMap(({ entries }) => entries).find((entry) => isAt(entry.path, path));
  if (existing !== undefined && (!isTable(value) || partsOf(sections, path).length === 1)) {
    return text.slice(0, existing.valueStart) + formatValue(value) + text.slice(existing.valueEnd);
  }
  const parent = path.slice(0, -1);
  if (isInline(sections, parent)) return withinParent(text, path, value, read);
  if (isTable(value)) return setTable(text, sections, path, value);
  const line = `${formatKeyPath([path.at(-1)!])} = ${formatValue(value)}\n`;
  const home = sections.find((section) => !section.isList && isAt(section.path, parent) && hasHeader(section, parent));
  if (home !== undefined) return insert(text, home.entries.at(-1)?.end ?? home.bodyStart, line);
  if (valueAt(before, parent) !== undefined || parent.length === 0) {
    // Made by dotted keys, or by sections below it: a section of its own can still be opened.
    const dotted = sections.flatMap(({ entries }) => entries).findLast((entry) => startsWith(entry.path, parent));
    const shared = dotted !== undefined && sections[0]!.entries.includes(dotted);
    if (shared) return insert(text, dotted.end, `${formatKeyPath(path)} = ${formatValue(value)}\n`);
  }
  return addSection(text, sections, parent, `[${formatKeyPath(parent)}]\n${line}`);
}

const hasHeader = (section: Section, parent: readonly string[]): boolean =>
  parent.length === 0 || section.bodyStart > 0;

const isInline = (sections: readonly Section[], parent: readonly string[]): boolean =>
  sections.some(({ entries }) => entries.some((entry) => startsWith(parent, entry.path)));

/** The place lies in a table that is written in braces: that value is written anew. */
function withinParent(text: string, path: readonly string[], value: TomlValue | undefined, read: ReadTable): string {
  for (const entry of readStatements(text).flatMap(({ entries }) => entries)) {
    if (!startsWith(path, entry.path) || isAt(path, entry.path)) continue;
    const inner = read(`value = ${text.slice(entry.valueStart, entry.valueEnd)}`)["value"];
    if (inner === undefined || !isTable(inner)) continue;
    const changed = applied(inner, { path: path.slice(entry.path.length), value });
    return text.slice(0, entry.valueStart) + formatValue(changed) + text.slice(entry.valueEnd);
  }
  return text;
}

function setTable(text: string, sections: readonly Section[], path: readonly string[], table: TomlTable): string {
  const parts = partsOf(sections, path);
  const written = formatTable(path, table);
  const [first] = parts;
  const inSections =
    first !== undefined && sections.some(({ start, path: at }) => at.length > 0 && start === first.start);
  if (!inSections) {
    const rest = cutOut(text, parts);
    return addSection(rest, readStatements(rest), path, written);
  }
  const rest = cutOut(text, parts);
  const behind = rest.slice(first.start);
  return `${rest.slice(0, first.start)}${written}${behind === "" ? "" : "\n"}${behind}`;
}

/** Beside its likes: behind the last section that shares most of its path; else at the end. */
function addSection(text: string, sections: readonly Section[], path: readonly string[], written: string): string {
  const shared = (section: Section): number => section.path.findIndex((part, index) => part !== path[index]);
  let best: Section | undefined;
  let most = 0;
  for (const section of sections) {
    const common = shared(section) === -1 ? Math.min(section.path.length, path.length) : shared(section);
    if (common > 0 && common >= most) [best, most] = [section, common];
  }
  if (best === undefined || best.end === text.length) {
    const gap = text === "" || text.endsWith("\n\n") ? "" : text.endsWith("\n") ? "\n" : "\n\n";
    return `${text}${gap}${written}`;
  }
  const gap = text.slice(0, best.end).endsWith("\n\n") ? "" : "\n";
  return insert(text, best.end, `${gap}${written}\n`);
}

function insert(text: string, at: number, line: string): string {
  const gap = at > 0 && text[at - 1] !== "\n" ? "\n" : "";
  return text.slice(0, at) + gap + line + text.slice(at);
}

/** What the values should be afterwards. Tables that become empty go, as a file has no line for them. */
function applied(table: TomlTable, { path, value }: TomlEdit): TomlTable {
  const [name, ...rest] = path;
  const copy = Object.assign(emptyTable(), table);
  if (name === undefined) return copy;
  if (rest.length === 0) {
    if (value === undefined) delete copy[name];
    else copy[name] = value;
    return copy;
  }
  const inner = copy[name];
  const changed = applied(isTable(inner) ? inner : emptyTable(), { path: rest, value });
  if (value === undefined && Object.keys(changed).length === 0) delete copy[name];
  else copy[name] = changed;
  return copy;
}

/** Without empty tables and prototypes, so that two readings compare. */
function plain(value: TomlValue): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (!isTable(value)) return value;
  const entries = Object.entries(value)
    .map(([name, member]) => [name, plain(member)] as const)
    .filter(([, member]) => !(isTable(member) && Object.keys(member).length === 0));
  return Object.fromEntries(entries);
}
