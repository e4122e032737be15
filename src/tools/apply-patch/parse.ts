import { PatchFault } from "./problem.ts";
import { trim, trimEnd } from "./whitespace.ts";

/** One line of a chunk: context, removed or added. */
export interface ChunkLine {
  kind: " " | "-" | "+";
  text: string;
}
export interface Chunk {
  /** A line behind which the chunk is looked for. */
  anchor: string | null;
  lines: ChunkLine[];
  /** The old lines must be the last ones of the file. */
  endOfFile: boolean;
}
/** One file operation. Paths are as written. */
export type Hunk =
  | { type: "add"; path: string; content: string }
  | { type: "delete"; path: string }
  | { type: "update"; path: string; moveTo: string | null; chunks: Chunk[] };

export interface Patch {
  hunks: Hunk[];
  environmentId: string | null;
}

const beginMarker = "*** Begin Patch";
const endMarker = "*** End Patch";
const addHeader = "*** Add File: ";
const deleteHeader = "*** Delete File: ";
const updateHeader = "*** Update File: ";
const moveHeader = "*** Move to: ";
const endOfFileMarker = "*** End of File";
const environmentHeader = "*** Environment ID:";
const heredocStarts = ["<<EOF", "<<'EOF'", '<<"EOF"'];

function splitLines(text: string): string[] {
  return text.split("\n").map((line) => (line.endsWith("\r") ? line.slice(0, -1) : line));
}

function checkEnvelope(lines: readonly string[]): void {
  if (trim(lines[0] ?? "") !== beginMarker) {
    throw new PatchFault({ type: "envelope", reason: `The first line of the patch must be '${beginMarker}'` });
  }
  if (trim(lines.at(-1)!) !== endMarker) throw missingEnd();
}

const missingEnd = (): PatchFault =>
  new PatchFault({ type: "envelope", reason: `The last line of the patch must be '${endMarker}'` });

/** The lines from begin to end marker; models wrap patches in a here-document even where there is no shell. */
function unwrap(text: string): string[] {
  const body = trim(text);
  if (body === "") throw missingEnd();
  const lines = splitLines(body);
  if (lines.length >= 4 && heredocStarts.includes(lines[0]!) && lines.at(-1)!.endsWith("EOF")) {
    const inner = lines.slice(1, -1);
    checkEnvelope(inner);
    return inner;
  }
  checkEnvelope(lines);
  return lines;
}

const hunkFault = (line: number, reason: string): PatchFault => new PatchFault({ type: "hunk", line, reason });

const headerFault = (line: number, text: string): PatchFault =>
  hunkFault(
    line,
    `'${text}' is not a valid hunk header. Valid hunk headers: '${addHeader}{path}', '${deleteHeader}{path}', '${updateHeader}{path}'`,
  );

function hunkOf(header: string): Hunk | null {
  if (header.startsWith(addHeader)) return { type: "add", path: header.slice(addHeader.length), content: "" };
  if (header.startsWith(deleteHeader)) return { type: "delete", path: header.slice(deleteHeader.length) };
  if (header.startsWith(updateHeader)) {
    return { type: "update", path: header.slice(updateHeader.length), moveTo: null, chunks: [] };
  }
  return null;
}

interface UpdateState {
  hunk: Extract<Hunk, { type: "update" }>;
  headerLine: number;
  chunk: Chunk | null;
}

/** Nothing but the header so far, or an `@@` without lines. */
function checkUpdateComplete(update: UpdateState, line: number): void {
  if (update.chunk === null) {
    throw hunkFault(update.headerLine, `Update file hunk for path '${update.hunk.path}' is empty`);
  }
  if (update.chunk.lines.length === 0) throw hunkFault(line, "Update hunk does not contain any lines");
}

function openChunk(update: UpdateState, anchor: string | null): Chunk {
  const chunk: Chunk = { anchor, lines: [], endOfFile: false };
  update.chunk = chunk;
  update.hunk.chunks.push(chunk);
  return chunk;
}

/** A line within an update, headers and end marker excepted. */
function updateLine(update: UpdateState, text: string, line: number): void {
  const { chunk } = update;
  const ended = trimEnd(text);
  if (ended.startsWith(moveHeader) && chunk === null && update.hunk.moveTo === null) {
    update.hunk.moveTo = ended.slice(moveHeader.length);
  } else if ((ended === "@@" || ended.startsWith("@@ ")) && chunk?.lines.length !== 0) {
    openChunk(update, ended === "@@" ? null : ended.slice(3));
  } else if (ended === endOfFileMarker && chunk?.endOfFile !== true) {
    // Before any chunk the marker says nothing.
    if (chunk === null) return;
    checkUpdateComplete(update, line);
    chunk.endOfFile = true;
  } else if (chunk?.endOfFile === true) {
    if (ended !== "") throw unexpected(chunk, text, line);
  } else if (text === "") {
    (chunk ?? openChunk(update, null)).lines.push({ kind: " ", text: "" });
  } else if (text[0] === " " || text[0] === "-" || text[0] === "+") {
    (chunk ?? openChunk(update, null)).lines.push({ kind: text[0], text: text.slice(1) });
  } else {
    throw unexpected(chunk, text, line);
  }
}

function unexpected(chunk: Chunk | null, text: string, line: number): PatchFault {
  if (chunk !== null && chunk.lines.length > 0) {
    return hunkFault(line, `Expected update hunk to start with a @@ context marker, got: '${text}'`);
  }
  return hunkFault(
    line,
    `Unexpected line found in update hunk: '${text}'. Every line should start with ' ' (context line), '+' (added line), or '-' (removed line)`,
  );
}

function readEnvironmentId(header: string, known: string | null): string {
  const id = trim(header.slice(environmentHeader.length));
  if (known !== null) throw new PatchFault({ type: "envelope", reason: "the environment id is given twice" });
  if (id === "") throw new PatchFault({ type: "envelope", reason: "the environment id is empty" });
  return id;
}

/**
 * Reads a patch. It is as lenient as Codex's parser and not more, so that a patch means the same to both.
 * @throws {PatchFault}
 */
export function parsePatch(text: string): Patch {
  const lines = unwrap(text);
  const hunks: Hunk[] = [];
  let environmentId: string | null = null;
  let update: UpdateState | null = null;
  let adding = false;
  let ended = false;

  for (let index = 1; index < lines.length; index++) {
    const raw = lines[index]!;
    const last = index === lines.length - 1;
    const lineText = raw.endsWith("\r") ? raw.slice(0, -1) : raw;
    // Within an update a leading space makes a context line, even of a header.
    const header = update !== null && !last ? trimEnd(lineText) : trim(lineText);
    if (ended && !last) {
      if (header !== "") throw missingEnd();
      continue;
    }
    const hunk = hunkOf(header);
    const emptyChunk = update?.chunk?.lines.length === 0;
    if (header === endMarker || (hunk !== null && !emptyChunk)) {
      if (update !== null) checkUpdateComplete(update, index + 1);
      update = null;
      adding = false;
      if (hunk === null) {
        ended = true;
        continue;
      }
      hunks.push(hunk);
      if (hunk.type === "update") update = { hunk, headerLine: index + 1, chunk: null };
      adding = hunk.type === "add";
    } else if (update !== null) {
      updateLine(update, lineText, index + 1);
    } else if (adding && lineText.startsWith("+")) {
      (hunks.at(-1) as Extract<Hunk, { type: "add" }>).content += `${lineText.slice(1)}\n`;
    } else if (hunks.length === 0 && header.startsWith(environmentHeader)) {
      environmentId = readEnvironmentId(header, environmentId);
    } else {
      throw headerFault(index + 1, header);
    }
  }
  return { hunks, environmentId };
}
