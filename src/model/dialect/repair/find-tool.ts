import type { TableTool, ToolTable } from "../tool-table.ts";

/** Words that models put before a name, from the formats that they were trained on. */
const prefix = /^(?:functions?|tools?|default_api|api)[.:/]+/i;
/** A token of its format that a server left at the name, or the number of the call. */
const tail = /<\|.*$|\(\)$|(?<=^functions\..*):\d+$/s;

/** Characters; longer is no name. */
const longestName = 200;

const spelling = (name: string): string => name.toLowerCase().replaceAll(/[-_.:/\s]+/g, "");

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
  const spellings = new Set([spelling(bare), spelling(bare.replace(prefix, ""))]);
  spellings.delete("");
  const fitting = table.tools.filter(({ wireName, name, namespace }) =>
    [wireName, name, `${namespace ?? ""}${name}`].some((own) => spellings.has(spelling(own))),
  );
  return fitting.length === 1 ? fitting[0]! : null;
}
