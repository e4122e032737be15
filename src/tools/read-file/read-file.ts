import { isAbsolute, resolve } from "node:path";
import type { JsonSchema } from "../../protocol/tool-spec.ts";
import { parseArguments } from "../arguments.ts";
import { isOpened, openFile } from "../open-file.ts";
import { judged, placeOf, type Place } from "../place.ts";
import { fileProblem, mistakenCall, notPositive, refusal, softError } from "../results.ts";
import type { Tool, ToolResult } from "../tool.ts";
import { readBlock } from "./block.ts";
import { BinaryFileError, readLines } from "./lines.ts";
import { readSlice, type Page } from "./slice.ts";

interface ReadArguments {
  file_path: string;
  offset?: number;
  limit?: number;
  mode?: "slice" | "indentation";
  indentation?: {
    anchor_line?: number;
    max_levels?: number;
    include_siblings?: boolean;
    include_header?: boolean;
    max_lines?: number;
  };
}

const parameters: JsonSchema = {
  type: "object",
  properties: {
    file_path: { type: "string", description: "Absolute path of the file." },
    indentation: {
      type: "object",
      properties: {
        anchor_line: { type: "number", description: "Line whose block is wanted; `offset` when absent." },
        include_header: { type: "boolean", description: "Include the comment above the block; true when absent." },
        include_siblings: {
          type: "boolean",
          description: "Include neighbouring blocks of the same level; false when absent.",
        },
        max_levels: {
          type: "number",
          description: "How many levels of indentation above the line to include; 0, as when absent, is all.",
        },
        max_lines: { type: "number", description: "Lines at most; `limit` when absent." },
      },
      additionalProperties: false,
    },
    limit: { type: "number", description: "How many lines to read; 2000 when absent." },
    mode: {
      type: "string",
      description: "`slice`: lines from `offset` on (as when absent). `indentation`: the block of code around a line.",
      enum: ["slice", "indentation"],
    },
    offset: { type: "number", description: "Number of the first line, from 1." },
  },
  required: ["file_path"],
  additionalProperties: false,
};

/** Shows numbered lines of a text file. */
export const readFileTool: Tool = {
  name: "read_file",
  spec: {
    type: "function",
    name: "read_file",
    description:
      "Read lines of a text file, numbered from 1; or the block of code around one line, by its indentation.",
    strict: false,
    parameters,
  },
  parallel: true,
  prepare(input, context) {
    const given = parseArguments<ReadArguments>(input, parameters);
    if (!isAbsolute(given.file_path) || given.file_path.includes("\0"))
      return mistakenCall("`file_path` must be an absolute path.");
    const place = placeOf(resolve(given.file_path));
    const { offset = 1, limit = 2000, mode = "slice", indentation: block = {} } = given;
    const anchor = block.anchor_line ?? offset;
    const maxLines = block.max_lines ?? limit;
    const maxLevels = block.max_levels ?? 0;
    const mistake =
      notPositive({ offset, limit, "indentation.anchor_line": anchor, "indentation.max_lines": maxLines }) ??
      (Number.isSafeInteger(maxLevels) && maxLevels >= 0
        ? null
        : "`indentation.max_levels` must be a whole number, 0 or more.");
    if (mistake !== null) return mistakenCall(mistake);

    const read = (lines: ReturnType<typeof readLines>): Promise<Page> =>
      mode === "slice"
        ? readSlice(lines, offset, limit)
        : readBlock(lines, {
            anchor,
            limit: Math.min(limit, maxLines),
            maxLevels,
            includeSiblings: block.include_siblings ?? false,
            includeHeader: block.include_header ?? true,
          });
    const start =
      mode === "slice" ? { field: "offset", line: offset } : { field: "indentation.anchor_line", line: anchor };
    return {
      effect: "none",
      action: { kind: "read", paths: [judged(place)] },
      refusal: refusal(place.path, "read"),
      run: () => readPage(place, read, start, context.signal),
    };
  },
};

async function readPage(
  place: Place,
  read: (lines: ReturnType<typeof readLines>) => Promise<Page>,
  start: { field: string; line: number },
  signal: AbortSignal,
): Promise<ToolResult> {
  const { path } = place;
  const file = await openFile(place);
  if (!isOpened(file)) return file;
  await using opened = file;
  let page: Page;
  try {
    page = await read(readLines(opened.handle, signal));
  } catch (error) {
    if (signal.aborted) return softError(`reading \`${path}\` was interrupted.`);
    if (error instanceof BinaryFileError)
      return softError(`\`${path}\` is a binary file of ${opened.size} bytes, not text.`);
    return softError(`cannot read \`${path}\`: ${fileProblem(error)}.`);
  }
  if (page.total === 0) return { output: "(empty file)", ok: true };
  if (start.line > page.total)
    return softError(`\`${start.field}\` is ${start.line}, but \`${path}\` has only ${page.total} lines.`);
  const shown = page.lines.map(({ number, text }) => `L${number}: ${text}`);
  // A block ends where it ends; only of a slice is it worth knowing that the file goes on.
  const more = start.field === "offset" ? page.total - page.lines.at(-1)!.number : 0;
  if (more > 0) shown.push(`… ${more} more lines`);
  return { output: shown.join("\n"), ok: true };
}
