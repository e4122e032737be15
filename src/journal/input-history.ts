import { isObject } from "../protocol/codex-0.169/rollout.ts";
import type { System } from "../system/ports.ts";
import { appendLine } from "./append-line.ts";
import { storageError } from "./storage-error.ts";

/** `history.jsonl`: what users typed at prompts, as Codex's own screen keeps it (`{session_id, ts, text}`, seconds). */
const historyPath = (home: string): string => `${home}/history.jsonl`;

/** Nobody looks for more; a file may hold years. */
const readBytes = 4 * 1024 * 1024;
/** A file over its limit is cut to this part of it, so that not every line cuts it again. */
const keptPart = 0.8;

/** The newest texts, oldest of them first. */
export function readInputHistory({ files }: System, home: string, limit: number): string[] {
  const path = historyPath(home);
  const stat = files.stat(path);
  if (stat?.kind !== "file" || limit < 1) return [];
  const start = Math.max(0, stat.size - readBytes);
  const lines = Buffer.from(files.readRange(path, start, stat.size))
    .toString("utf8")
    .split("\n");
  // The first one may be half a line.
  if (start > 0) lines.shift();
  return lines.flatMap(textOf).slice(-limit);
}

export function appendInputHistory(
  { files, clock }: System,
  home: string,
  entry: { threadId: string; text: string },
  maxBytes: number | null,
): void {
  const path = historyPath(home);
  const line = { session_id: entry.threadId, ts: Math.floor(clock.now() / 1000), text: entry.text };
  try {
    const size = appendLine(files, path, line);
    if (maxBytes === null || size <= maxBytes) return;
    files.writeReplacing(path, newestLines(files.readText(path), maxBytes * keptPart), 0o600);
  } catch (error) {
    throw storageError(`The list of inputs ${path} cannot be written`, path, error);
  }
}

/** Whole lines from the end, as many as fit; always the last one. */
function newestLines(text: string, maxBytes: number): string {
  const lines = text.split("\n").filter((line) => line !== "");
  let size = 0;
  let from = lines.length;
  while (from > 0) {
    size += Buffer.byteLength(lines[from - 1]!) + 1;
    if (size > maxBytes && from < lines.length) break;
    from--;
  }
  return `${lines.slice(from).join("\n")}\n`;
}

function textOf(line: string): string[] {
  try {
    const value: unknown = JSON.parse(line);
    return isObject(value) && typeof value["text"] === "string" ? [value["text"]] : [];
  } catch {
    return [];
  }
}
