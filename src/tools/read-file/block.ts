import type { Line } from "./lines.ts";
import { collectedCharacters, type Page } from "./slice.ts";

export interface BlockOptions {
  anchor: number;
  /** Lines at most. */
  limit: number;
  /** Levels of indentation above the anchor to include; 0 takes all. */
  maxLevels: number;
  includeSiblings: boolean;
  includeHeader: boolean;
}

interface IndentedLine extends Line {
  /** Columns; a blank line has the indent of the line before it. */
  indent: number;
}

const tabColumns = 4;

function columns(text: string): number {
  let count = 0;
  for (const character of text) {
    if (character === "\t") count += tabColumns;
    else if (character === " ") count++;
    else break;
  }
  return count;
}

const isBlank = (line: Line): boolean => line.text.trim() === "";
const isComment = (line: Line): boolean => /^(#|\/\/|--)/.test(line.text.trimStart());

/**
 * The block of code around the anchor line, found by indentation. Only `limit` lines on either side of the
 * anchor are held.
 */
export async function readBlock(source: AsyncIterable<Line>, options: BlockOptions): Promise<Page> {
  const { lines, total } = await around(source, options);
  const anchor = lines.findIndex((line) => line.number === options.anchor);
  if (anchor < 0) return { lines: [], total };
  return { lines: trimBlank(grow(lines, anchor, options)), total };
}

async function around(
  source: AsyncIterable<Line>,
  { anchor, limit }: BlockOptions,
): Promise<{ lines: IndentedLine[]; total: number }> {
  const before: IndentedLine[] = [];
  const after: IndentedLine[] = [];
  let beforeLength = 0;
  let afterLength = 0;
  let indent = 0;
  let total = 0;
  for await (const line of source) {
    total = line.number;
    if (!isBlank(line)) indent = columns(line.text);
    if (line.number < anchor) {
      before.push({ ...line, indent });
      beforeLength += line.text.length;
      while (before.length > limit || beforeLength > collectedCharacters) beforeLength -= before.shift()!.text.length;
    } else if (after.length <= limit && afterLength <= collectedCharacters) {
      after.push({ ...line, indent });
      afterLength += line.text.length;
    }
  }
  return { lines: [...before, ...after], total };
}

/** Takes lines by turns above and below, as long as they belong to the block. */
function grow(lines: IndentedLine[], anchor: number, options: BlockOptions): IndentedLine[] {
  const { maxLevels, limit, includeSiblings, includeHeader } = options;
  const minimum = maxLevels === 0 ? 0 : Math.max(0, lines[anchor]!.indent - maxLevels * tabColumns);
  let top = anchor;
  let bottom = anchor;
  const taken = () => bottom - top + 1;
  /** Lines at the minimum that were met in each direction: without siblings one is the header or the end. */
  let edgesAbove = 0;
  let edgesBelow = 0;
  let openAbove = true;
  let openBelow = true;

  const takeAbove = (): void => {
    const line = lines[top - 1];
    openAbove = line !== undefined && line.indent >= minimum;
    if (!openAbove) return;
    if (line!.indent === minimum && !includeSiblings) {
      const header = includeHeader && isComment(line!);
      if (!header && edgesAbove > 0) {
        openAbove = false;
        return;
      }
      edgesAbove++;
    }
    top--;
  };
  const takeBelow = (): void => {
    const line = lines[bottom + 1];
    openBelow = line !== undefined && line.indent >= minimum;
    if (!openBelow) return;
    if (line!.indent === minimum && !includeSiblings && edgesBelow++ > 0) {
      openBelow = false;
      return;
    }
    bottom++;
  };

  while (taken() < limit && (openAbove || openBelow)) {
    if (openAbove) takeAbove();
    if (openBelow && taken() < limit) takeBelow();
  }
  return lines.slice(top, bottom + 1);
}

function trimBlank(lines: IndentedLine[]): IndentedLine[] {
  const first = lines.findIndex((line) => !isBlank(line));
  return first < 0 ? [] : lines.slice(first, lines.findLastIndex((line) => !isBlank(line)) + 1);
}
