import { findLines, searchable, type SearchableLines } from "./match.ts";
import type { Chunk, ChunkLine } from "./parse.ts";
import { PatchFault } from "./problem.ts";

/** Lines without their ends, and where each begins in the text; one more start marks the end of the text. */
interface TextLines {
  lines: string[];
  starts: number[];
}

/** A line ends at LF, CRLF or a lone CR. */
function splitText(text: string): TextLines {
  const lines: string[] = [];
  const starts = [0];
  let position = 0;
  let newline = text.indexOf("\n");
  let carriageReturn = text.indexOf("\r");
  while (position < text.length) {
    // Each is searched for again only once passed: otherwise a file without the one would be scanned for every line.
    if (newline >= 0 && newline < position) newline = text.indexOf("\n", position);
    if (carriageReturn >= 0 && carriageReturn < position) carriageReturn = text.indexOf("\r", position);
    let end = newline < 0 ? text.length : newline;
    if (carriageReturn >= 0 && carriageReturn < end) end = carriageReturn;
    lines.push(text.slice(position, end));
    position = Math.min(text.length, end + (end === carriageReturn && newline === end + 1 ? 2 : 1));
    starts.push(position);
  }
  return { lines, starts };
}

/** The end that added lines get: that of the file's first line. */
function lineEnding(text: string): string {
  return /\r\n|\n|\r/.exec(text)?.[0] ?? "\n";
}

/** Lines `[at, at + removed)` give way to `added`. */
interface Edit {
  at: number;
  removed: number;
  added: string[];
}

/** The edits of a chunk whose old lines begin at `at`. Context lines are left as the file spells them. */
function chunkEdits(lines: readonly ChunkLine[], at: number): Edit[] {
  const edits: Edit[] = [];
  let open: Edit | null = null;
  let position = at;
  for (const { kind, text } of lines) {
    if (kind === " ") {
      open = null;
      position++;
      continue;
    }
    if (open === null) edits.push((open = { at: position, removed: 0, added: [] }));
    if (kind === "+") open.added.push(text);
    else {
      open.removed++;
      position++;
    }
  }
  return edits;
}

const oldLines = (lines: readonly ChunkLine[]): string[] =>
  lines.filter((line) => line.kind !== "+").map((line) => line.text);

/**
 * The chunk without the empty line that ends its old side, and without one that ends its new side: models like to
 * put a blank line between chunks. A line that leaves one side only stays on the other.
 */
function withoutTrailingBlank(lines: readonly ChunkLine[]): ChunkLine[] {
  const result: (ChunkLine | null)[] = [...lines];
  const dropLast = (side: "-" | "+", other: "-" | "+"): void => {
    const index = result.findLastIndex((line) => line !== null && line.kind !== other);
    const line = result[index];
    if (!line || line.text !== "") return;
    result[index] = line.kind === side ? null : { kind: other, text: "" };
  };
  const newEndsBlank = lines.findLast((line) => line.kind !== "-")?.text === "";
  const sameLine = lines.findLast((line) => line.kind !== "-") === lines.findLast((line) => line.kind !== "+");
  if (newEndsBlank && sameLine) {
    return lines.toSpliced(
      lines.findLastIndex((line) => line.kind === " "),
      1,
    );
  }
  dropLast("-", "+");
  if (newEndsBlank) dropLast("+", "-");
  return result.filter((line) => line !== null);
}

interface Placed {
  edits: Edit[];
  /** The line behind the last one that the chunk speaks of. */
  next: number;
}

function placeChunk(file: SearchableLines, chunk: Chunk, cursor: number, path: string): Placed {
  let from = cursor;
  if (chunk.anchor !== null) {
    const found = findLines(file, [chunk.anchor], from, false);
    if (found < 0) {
      throw new PatchFault({ type: "match", message: `Failed to find context '${chunk.anchor}' in ${path}` });
    }
    from = found + 1;
  }
  const old = oldLines(chunk.lines);
  if (old.length === 0) return { edits: chunkEdits(chunk.lines, file.lines.length), next: from };
  const found = findLines(file, old, from, chunk.endOfFile);
  if (found >= 0) return { edits: chunkEdits(chunk.lines, found), next: found + old.length };
  if (old.at(-1) === "") {
    const retried = findLines(file, old.slice(0, -1), from, chunk.endOfFile);
    if (retried >= 0) {
      return { edits: chunkEdits(withoutTrailingBlank(chunk.lines), retried), next: retried + old.length - 1 };
    }
  }
  throw new PatchFault({ type: "match", message: `Failed to find expected lines in ${path}:\n${old.join("\n")}` });
}

/**
 * The text after all chunks. Untouched lines keep every character; the result ends with a line end unless it is empty.
 * @param path named in the problem.
 * @throws {PatchFault}
 */
export function editText(text: string, chunks: readonly Chunk[], path: string): string {
  const { lines, starts } = splitText(text);
  const file = searchable(lines);
  const edits: Edit[] = [];
  let cursor = 0;
  for (const chunk of chunks) {
    const placed = placeChunk(file, chunk, cursor, path);
    for (const edit of placed.edits) edits.push(edit);
    cursor = placed.next;
  }
  // Insertions at the end of the file may stand before edits of later chunks.
  edits.sort((a, b) => a.at - b.at);

  const ending = lineEnding(text);
  const parts: string[] = [];
  let done = 0;
  const finishLine = (part: string): string =>
    part === "" || part.endsWith("\n") || part.endsWith("\r") ? part : part + ending;
  for (const edit of edits) {
    parts.push(finishLine(text.slice(done, starts[edit.at])));
    for (const line of edit.added) parts.push(line + ending);
    done = starts[edit.at + edit.removed]!;
  }
  parts.push(finishLine(text.slice(done)));
  return parts.join("");
}
