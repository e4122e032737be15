import type { Line } from "./lines.ts";

export interface Page {
  lines: Line[];
  /** Lines of the file. */
  total: number;
}

/** Text that one call collects at most, so that a huge `limit` cannot fill the memory. */
export const collectedCharacters = 1024 * 1024;

/** `limit` lines from line `offset` on; the rest is only counted. */
export async function readSlice(source: AsyncIterable<Line>, offset: number, limit: number): Promise<Page> {
  const lines: Line[] = [];
  let room = collectedCharacters;
  let total = 0;
  for await (const line of source) {
    total = line.number;
    if (line.number < offset || lines.length >= limit || room <= 0) continue;
    lines.push(line);
    room -= line.text.length;
  }
  return { lines, total };
}
