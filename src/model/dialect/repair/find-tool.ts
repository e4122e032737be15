import type { TableTool, ToolTable } from "../tool-table.ts";

/** Words that models put before a name, from the formats that they were trained on. */
const prefix = /^(?:functions?|tools?|default_api|api)[.:/]+/i;
/** A token of its format that a server left at the name, or the number of the call. */
const tail = /<\|.*$|\(\)$|(?<=^functions\..*):\d+$/s;
/** Characters; longer is no name. */
const longestName = 200;

const spelling = (name: string): string => name.toLowerCase().replaceAll(/[-_.:/\s]+/g, "");

const spelledTools = new WeakMap<ToolTable, ReadonlyMap<string, ReadonlySet<TableTool>>>();

/** Tools by what their names come to without case and separators. */
function bySpelling(table: ToolTable): ReadonlyMap<string, ReadonlySet<TableTool>> {
  const known = spelledTools.get(table);
  if (known !== undefined) return known;
  const found = new Map<string, Set<TableTool>>();
  for (const tool of table.tools)
    for (const name of [tool.wireName, tool.name, `${tool.namespace ?? ""}${tool.name}`]) {
      const spelled = spelling(name);
      found.set(spelled, (found.get(spelled) ?? new Set()).add(tool));
    }
  spelledTools.set(table, found);
  return found;
}

/**
 * The tool that a name means: the one that has it, else the only one whose name differs from it in nothing but case, separators, a
 * usual prefix or its namespace. Likeness is no reason.
 */
export function findTool(heard: string, table: ToolTable): TableTool | null {
  const exact = table.find(heard);
  if (exact !== undefined) return exact;
  if (heard.length > longestName) return null;
  const bare = heard
    .trim()
    .replace(/^(["'`])(.*)\1$/s, "$2")
    .replace(tail, "");
  const known = bySpelling(table);
  const fitting = new Set(
    [bare, bare.replace(prefix, "")].flatMap((name) => {
      const spelled = spelling(name);
      return spelled === "" ? [] : [...(known.get(spelled) ?? [])];
    }),
  );
  return fitting.size === 1 ? [...fitting][0]! : null;
}
