import type { JsonSchema } from "../../protocol/tool-spec.ts";
import { parseArguments } from "../arguments.ts";
import { mistakenCall, notPositive, softError } from "../results.ts";
import type { Tool, ToolResult } from "../tool.ts";
import { historyEntries, type HistoryEntry, type PastEntry } from "./entries.ts";

interface HistoryArguments {
  id?: number;
  offset?: number;
  query?: string;
  before?: number;
  limit?: number;
}

const parameters: JsonSchema = {
  type: "object",
  properties: {
    id: { type: "integer", description: "The entry to read in full; without it, entries are listed." },
    offset: { type: "integer", description: "Of an entry, the character to read on from; 0 when absent." },
    query: { type: "string", description: "List only entries that contain this text, in whatever case." },
    before: { type: "integer", description: "List only entries with a smaller number: the next page." },
    limit: { type: "integer", description: "How many entries to list, the latest ones; 20 when absent, 100 at most." },
  },
  required: [],
  additionalProperties: false,
};

const maxListed = 100;
const previewLength = 160;
/** Of a token's four bytes, so that the head and letters of more than one byte fit in as well. */
const charactersPerToken = 3;

/** Gives the model what a summary has taken the place of, by number. `past` is everything that the thread ever held. */
export function readHistoryTool(past: () => Promise<readonly PastEntry[]>): Tool {
  return {
    name: "read_history",
    spec: {
      type: "function",
      name: "read_history",
      description:
        "Read what was said and done earlier in this thread and is now only summed up: messages, calls and their outputs, each with a number. Lists the latest entries, those with `query` in them, or one in full by its `id`.",
      strict: false,
      parameters,
    },
    parallel: true,
    prepare(input, { outputTokens }) {
      const { id, offset = 0, query, before, limit = 20 } = parseArguments<HistoryArguments>(input, parameters);
      const mistake = notPositive({ limit, ...(id !== undefined && { id }), ...(before !== undefined && { before }) });
      if (mistake !== null) return mistakenCall(mistake);
      if (offset < 0) return mistakenCall("`offset` must not be negative.");
      const length = outputTokens * charactersPerToken;
      return {
        effect: "none",
        action: { kind: "none" },
        refusal: ({ message }) => `Error: ${message}`,
        run: async () => {
          const entries = historyEntries(await past());
          if (id !== undefined) return one(entries, id, offset, length);
          return { output: list(entries, { query, before, limit: Math.min(limit, maxListed) }, length), ok: true };
        },
      };
    },
  };
}

function one(entries: readonly HistoryEntry[], id: number, offset: number, length: number): ToolResult {
  const entry = entries.find((each) => each.id === id);
  if (entry === undefined)
    return softError(`There is no entry #${id} that can be read; list entries to see which are.`);
  const { title, text } = entry;
  if (offset > text.length) return softError(`Entry #${id} has ${text.length} characters; \`offset\` is ${offset}.`);
  const part = text.slice(offset, offset + length);
  const end = offset + part.length;
  const rest = end < text.length ? `\n[${text.length - end} characters more: offset ${end}]` : "";
  return { output: `#${id} ${title} (${text.length} characters)\n${part}${rest}`, ok: true };
}

function list(
  entries: readonly HistoryEntry[],
  { query, before, limit }: { query: string | undefined; before: number | undefined; limit: number },
  length: number,
): string {
  const wanted = query?.toLowerCase() ?? "";
  const found = entries.filter(
    ({ id, title, text }) =>
      (before === undefined || id < before) &&
      (wanted === "" || text.toLowerCase().includes(wanted) || title.toLowerCase().includes(wanted)),
  );
  if (found.length === 0) return wanted === "" ? "No entries." : `No entry contains \`${query}\`.`;
  const lines: string[] = [];
  let room = length;
  for (const entry of found.slice(-limit).toReversed()) {
    const line = `#${entry.id} ${entry.title} (${entry.text.length}): ${preview(entry.text, wanted)}`;
    room -= line.length + 1;
    if (room < 0 && lines.length > 0) break;
    lines.unshift(line);
  }
  const left = found.length - lines.length;
  const first = found[left]!.id;
  const more = left > 0 ? `[${left} earlier ${left === 1 ? "entry" : "entries"}: before ${first}]\n` : "";
  return `${more}${lines.join("\n")}`;
}

/** One line of the text, around what was looked for. */
function preview(text: string, wanted: string): string {
  const at = wanted === "" ? 0 : Math.max(0, text.toLowerCase().indexOf(wanted) - previewLength / 4);
  const part = text
    .slice(at, at + previewLength)
    .replace(/\s+/g, " ")
    .trim();
  return `${at > 0 ? "…" : ""}${part}${at + previewLength < text.length ? "…" : ""}`;
}
