import { isDeepStrictEqual } from "node:util";
import { AgentError } from "../../protocol/errors.ts";
import { locateKeys, type Place } from "../toml/locate.ts";
import { emptyTable, formatKeyPath, isTable, type TomlTable, type TomlValue } from "../toml/toml-values.ts";
import { tableText, valueText } from "./toml-text.ts";

/**
 * The text with one value set, or removed where it is undefined; everything else, comments too, stays as it stands. A
 * table takes the place of the whole table that is there. `text` must be TOML.
 * @throws AgentError `config` where the text is written in a way that cannot be changed in place.
 */
export async function editToml(text: string, path: readonly string[], value: TomlValue | undefined): Promise<string> {
  const { parse } = await import("smol-toml");
  const read = (source: string): TomlTable => parse(source, { integersAsBigInt: "asNeeded" }) as TomlTable;
  const wanted = withValue(read(text), path, value);
  for (const candidate of candidates(text, path, value)) {
    try {
      if (isDeepStrictEqual(plain(read(candidate)), plain(wanted))) return candidate;
    } catch {
      // A way of writing that does not fit here; the next may.
    }
  }
  throw new AgentError(
    "config",
    `\`${formatKeyPath(path)}\` cannot be changed in the file as it is written; change it there yourself`,
  );
}

/** Ways to write the change, the nicest first. */
function* candidates(text: string, path: readonly string[], value: TomlValue | undefined): Generator<string> {
  const layout = layoutOf(text);
  const place = layout.places.get(formatKeyPath(path));
  if (value === undefined) {
    yield without(layout, path);
    return;
  }
  if (place?.value && !isTable(value)) {
    yield splice(text, place.value.offset, place.value.length, valueText(value));
    return;
  }
  const cleared = place === undefined ? text : without(layout, path);
  const now = cleared === text ? layout : layoutOf(cleared);
  if (isTable(value)) {
    yield appended(cleared, tableText(path, value));
    yield withPair(now, [], path, value);
    return;
  }
  // In the section of its table, else of the nearest table above, by a dotted key, else in a section of its own.
  const parent = path.slice(0, -1);
  if (parent.length === 0 || now.sections.some((section) => section.name === formatKeyPath(parent)))
    yield withPair(now, parent, path.slice(-1), value);
  yield appended(cleared, `[${formatKeyPath(parent)}]\n${formatKeyPath(path.slice(-1))} = ${valueText(value)}\n`);
  for (let length = parent.length - 1; length >= 0; length--) {
    const above = parent.slice(0, length);
    if (length === 0 || now.sections.some((section) => section.name === formatKeyPath(above)))
      yield withPair(now, above, path.slice(length), value);
  }
}

interface Section {
  /** Dotted; empty for what stands above the first header. */
  readonly name: string;
  readonly start: number;
  end: number;
}

interface Layout {
  readonly text: string;
  readonly places: ReadonlyMap<string, Place>;
  readonly sections: readonly Section[];
}

function layoutOf(text: string): Layout {
  const places = locateKeys(text);
  const starts = new Map<number, string>();
  for (const [name, { key, value }] of places) {
    const start = lineStart(text, key.offset);
    if (value === null && /^[ \t]*\[/.test(text.slice(start, key.offset)))
      starts.set(start, longer(starts.get(start), name));
  }
  const sections: Section[] = [{ name: "", start: 0, end: text.length }];
  for (const [start, name] of [...starts].sort(([one], [other]) => one - other)) {
    sections.at(-1)!.end = start;
    sections.push({ name, start, end: text.length });
  }
  return { text, places, sections };
}

/** Of the segments in one header the last is its name. */
const longer = (one: string | undefined, other: string): string =>
  one !== undefined && one.length > other.length ? one : other;

const lineStart = (text: string, offset: number): number => text.lastIndexOf("\n", offset - 1) + 1;

function lineEnd(text: string, offset: number): number {
  const end = text.indexOf("\n", offset);
  return end === -1 ? text.length : end + 1;
}

const splice = (text: string, offset: number, length: number, put: string): string =>
  text.slice(0, offset) + put + text.slice(offset + length);

function withPair(
  { text, sections }: Layout,
  table: readonly string[],
  key: readonly string[],
  value: TomlValue,
): string {
  const section = sections.find(({ name }) => name === formatKeyPath(table))!;
  const line = `${formatKeyPath(key)} = ${valueText(value)}\n`;
  const body = text.slice(section.start, section.end);
  // Behind the last line that says something: comments and blank lines at the end lead over to the next section.
  const said = /^(?:[^]*\n)?[ \t]*[^\s#][^\n]*(?:\n|$)/.exec(body)?.[0] ?? "";
  const head = text.slice(0, section.start) + said;
  const rest = text.slice(head.length);
  const gap = said === "" && rest !== "" && section.name === "" && !/^\s*#/.test(rest) ? "\n" : "";
  return `${head}${head === "" || head.endsWith("\n") ? "" : "\n"}${line}${gap}${rest}`;
}

function appended(text: string, section: string): string {
  const gap = text.trim() === "" ? "" : text.endsWith("\n\n") ? "" : text.endsWith("\n") ? "\n" : "\n\n";
  return `${text}${gap}${section}`;
}

/** Without the key, the sections of its table and of those within, and the dotted keys below it. */
function without({ text, places, sections }: Layout, path: readonly string[]): string {
  const name = formatKeyPath(path);
  const isIn = (other: string): boolean => other === name || other.startsWith(`${name}.`);
  const cuts: [number, number][] = sections
    .filter((section) => section.name !== "" && isIn(section.name))
    .map(({ start, end }) => [start, end - leadOver(text.slice(start, end), end < text.length)]);
  for (const [other, { key, value }] of places) {
    if (value === null || !isIn(other)) continue;
    const start = lineStart(text, key.offset);
    if (!cuts.some(([from, to]) => start >= from && start < to))
      cuts.push([start, lineEnd(text, value.offset + value.length)]);
  }
  let left = text;
  for (const [from, to] of cuts.sort(([one], [other]) => other - one)) left = splice(left, from, to - from, "");
  return left.trim() === "" ? "" : left.replace(/\n{2,}$/, "\n");
}

/** How many characters at the end of a section are comments on the next one. */
function leadOver(body: string, followed: boolean): number {
  return followed ? (/(?:^|\n)((?:[ \t]*#[^\n]*\n)+)$/.exec(body)?.[1]?.length ?? 0) : 0;
}

function withValue(table: TomlTable, path: readonly string[], value: TomlValue | undefined): TomlTable {
  const [first, ...rest] = path;
  const copy = Object.assign(emptyTable(), table);
  if (first === undefined) return copy;
  if (rest.length === 0) {
    if (value === undefined) delete copy[first];
    else copy[first] = value;
    return copy;
  }
  const inner = copy[first];
  const next = withValue(isTable(inner) ? inner : emptyTable(), rest, value);
  // A table that nothing is left in is as good as none.
  if (Object.keys(next).length === 0 && value === undefined) delete copy[first];
  else copy[first] = next;
  return copy;
}

/** Comparable: without prototypes, and without tables that hold nothing. */
function plain(value: TomlValue): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (!isTable(value)) return value;
  const entries = Object.entries(value).map(([key, inner]) => [key, plain(inner)] as const);
  return Object.fromEntries(entries.filter(([, inner]) => !isTable(inner) || Object.keys(inner).length > 0));
}
