import { configError } from "../config-error.ts";
import { isTable, valueAt, type TomlTable } from "../toml/toml-values.ts";
import { parseTomlFile } from "../toml/toml.ts";
import { editToml } from "./edit-toml.ts";
import { formatTable } from "./format-value.ts";
import { readStatements, type Section } from "./statements.ts";

/**
 * Takes those of a list of tables away that fit, puts one behind the others, and leaves every other byte as it is.
 * @throws AgentError `config` when the text cannot be changed so
 */
export async function editTableList(
  file: string,
  text: string,
  path: readonly string[],
  change: { without: (table: TomlTable) => boolean; add: TomlTable | null },
): Promise<string> {
  const before = tablesAt(await parseTomlFile(file, text), path);
  const kept = before.filter((table) => !change.without(table));
  const wanted = change.add === null ? kept : [...kept, change.add];
  const sections = readStatements(text).filter((section) => section.isList && isAt(section, path));
  // Written in brackets on one line, or not at all.
  if (sections.length !== before.length)
    return editToml(file, text, { path, value: wanted.length === 0 ? undefined : wanted });
  let changed = "";
  let at = 0;
  for (const [index, { start, end }] of sections.entries()) {
    if (!change.without(before[index]!)) continue;
    changed += text.slice(at, start);
    at = end;
  }
  changed += text.slice(at);
  if (at === text.length) changed = changed.replace(/\n{2,}$/, "\n");
  if (change.add !== null) changed = added(changed, path, change.add);
  const after = tablesAt(await parseTomlFile(file, changed), path);
  if (JSON.stringify(after) === JSON.stringify(wanted)) return changed;
  throw configError(`${file} cannot be changed as it is written; change \`${path.join(".")}\` there by hand`);
}

const isAt = ({ path }: Section, other: readonly string[]): boolean =>
  path.length === other.length && other.every((part, index) => path[index] === part);

function tablesAt(table: TomlTable, path: readonly string[]): TomlTable[] {
  const value = valueAt(table, path);
  return Array.isArray(value) ? value.filter(isTable) : [];
}

function added(text: string, path: readonly string[], table: TomlTable): string {
  const written = formatTable(path, table).replace(/^\[(.*)\]/, "[[$1]]");
  const last = readStatements(text).findLast((section) => section.isList && isAt(section, path));
  const place = last?.end ?? text.length;
  const before = text.slice(0, place);
  const gap = before === "" || before.endsWith("\n\n") ? "" : before.endsWith("\n") ? "\n" : "\n\n";
  const behind = text.slice(place);
  return `${before}${gap}${written}${behind === "" ? "" : "\n"}${behind}`;
}
