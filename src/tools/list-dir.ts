import * as fs from "node:fs";
import { isAbsolute, join, resolve } from "node:path";
import type { JsonSchema } from "../protocol/tool-spec.ts";
import { parseArguments } from "./arguments.ts";
import { fileProblem, mistakenCall, notPositive, refusal, softError } from "./results.ts";
import type { Tool, ToolResult } from "./tool.ts";

interface ListArguments {
  dir_path: string;
  offset?: number;
  limit?: number;
  depth?: number;
}

const parameters: JsonSchema = {
  type: "object",
  properties: {
    depth: { type: "number", description: "How many levels to go down; 2 when absent." },
    dir_path: { type: "string", description: "Absolute path of the directory." },
    limit: { type: "number", description: "How many entries to show; 25 when absent." },
    offset: { type: "number", description: "Number of the first entry to show, from 1." },
  },
  required: ["dir_path"],
  additionalProperties: false,
};

/** Lists a directory as an indented tree, each directory directly followed by what is in it. */
export const listDirTool: Tool = {
  name: "list_dir",
  spec: {
    type: "function",
    name: "list_dir",
    description:
      "List what is in a directory of this machine. Suffixes: `/` directory, `@` link, `?` anything else that is not a file.",
    strict: false,
    parameters,
  },
  parallel: true,
  prepare(input, context) {
    const { dir_path, offset = 1, limit = 25, depth = 2 } = parseArguments<ListArguments>(input, parameters);
    if (!isAbsolute(dir_path) || dir_path.includes("\0")) return mistakenCall("`dir_path` must be an absolute path.");
    const mistake = notPositive({ offset, limit, depth });
    if (mistake !== null) return mistakenCall(mistake);
    const directory = resolve(dir_path);
    return {
      effect: "none",
      action: { kind: "read", paths: [directory] },
      refusal: refusal(directory, "listed"),
      run: () => list(directory, { offset, limit, depth }, context.signal),
    };
  },
};

async function list(
  directory: string,
  page: Required<Omit<ListArguments, "dir_path">>,
  signal: AbortSignal,
): Promise<ToolResult> {
  const last = page.offset - 1 + page.limit;
  const shown: string[] = [];
  let count = 0;
  let more = false;
  try {
    for await (const line of walk(directory, 1, page.depth, signal)) {
      if (count === last) {
        more = true;
        break;
      }
      if (++count >= page.offset) shown.push(line);
    }
  } catch (error) {
    if (signal.aborted) return softError("the listing was interrupted.");
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOTDIR") return softError(`\`${directory}\` is not a directory.`);
    return softError(`cannot list \`${directory}\`: ${fileProblem(error)}.`);
  }
  const lines = [`Absolute path: ${escapeName(directory)}`];
  if (count === 0) lines.push("(empty directory)");
  else if (shown.length === 0) return softError(`\`offset\` is ${page.offset}, but there are only ${count} entries.`);
  lines.push(...shown);
  if (more) lines.push(`More than ${shown.length} entries found`);
  return { output: lines.join("\n"), ok: true };
}

/** Entries before their children; a directory that cannot be read is only marked, unless it is the first. */
async function* walk(directory: string, level: number, depth: number, signal: AbortSignal): AsyncGenerator<string> {
  signal.throwIfAborted();
  const entries = await fs.promises.readdir(directory, { withFileTypes: true });
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  const indent = "  ".repeat(level - 1);
  for (const entry of entries) {
    const line = indent + escapeName(entry.name) + suffix(entry);
    if (!entry.isDirectory() || level === depth) {
      yield line;
      continue;
    }
    const children = walk(join(directory, entry.name), level + 1, depth, signal);
    let first: IteratorResult<string>;
    try {
      first = await children.next();
    } catch (error) {
      if (signal.aborted) throw error;
      yield `${line} (cannot be listed: ${fileProblem(error)})`;
      continue;
    }
    yield line;
    if (!first.done) {
      yield first.value;
      yield* children;
    }
  }
}

function suffix(entry: fs.Dirent): string {
  if (entry.isDirectory()) return "/";
  if (entry.isSymbolicLink()) return "@";
  return entry.isFile() ? "" : "?";
}

/** One entry stays one line, whatever its name holds. */
const escapeName = (name: string): string =>
  // oxlint-disable-next-line no-control-regex
  name.replace(/[\0-\x1f]/g, (character) => JSON.stringify(character).slice(1, -1));
