interface Change {
  /** Line ranges, ends excluded. */
  oldStart: number;
  oldEnd: number;
  newStart: number;
  newEnd: number;
}

/** Lines with their ends. */
function splitKeepingEnds(text: string): string[] {
  const lines = text.split("\n");
  const last = lines.pop()!;
  const ended = lines.map((line) => `${line}\n`);
  if (last !== "") ended.push(last);
  return ended;
}

/** Equal lines get equal numbers, so that comparing is cheap. */
function intern(oldLines: readonly string[], newLines: readonly string[]): [Int32Array, Int32Array] {
  const numbers = new Map<string, number>();
  const numberOf = (line: string): number => {
    const known = numbers.get(line);
    if (known !== undefined) return known;
    numbers.set(line, numbers.size);
    return numbers.size - 1;
  };
  return [Int32Array.from(oldLines, numberOf), Int32Array.from(newLines, numberOf)];
}

/** Cells of work after which two texts count as wholly different: a diff is for reading, not worth seconds. */
const workLimit = 30_000_000;

/** The furthest position in `a` that `edits` edits reach on a diagonal, from the positions that one edit less reaches. */
function step(previous: Int32Array, index: number): { x: number; isInsertion: boolean } {
  const down = index < previous.length ? previous[index]! : -1;
  const right = index > 0 ? previous[index - 1]! + 1 : -1;
  return down >= right ? { x: down, isInsertion: true } : { x: right, isInsertion: false };
}

/**
 * Myers' greedy algorithm: for every number of edits the furthest positions, entry `i` on diagonal `2i - edits`.
 * Null when the limit is reached.
 */
function furthestPositions(a: Int32Array, b: Int32Array): Int32Array[] | null {
  const most = Math.min(4000, Math.ceil(workLimit / (a.length + b.length)));
  const trace: Int32Array[] = [];
  for (let edits = 0; edits <= most; edits++) {
    const current = new Int32Array(edits + 1);
    trace.push(current);
    for (let index = 0; index <= edits; index++) {
      const diagonal = 2 * index - edits;
      let x = edits === 0 ? 0 : step(trace[edits - 1]!, index).x;
      while (x < a.length && x - diagonal < b.length && a[x] === b[x - diagonal]) x++;
      current[index] = x;
      if (diagonal === a.length - b.length && x >= a.length) return trace;
    }
  }
  return null;
}

/** Changed ranges of `a` and `b`, walking the trace backwards. */
function changesOf(a: Int32Array, b: Int32Array): Change[] {
  if (a.length === 0 && b.length === 0) return [];
  const whole: Change = { oldStart: 0, oldEnd: a.length, newStart: 0, newEnd: b.length };
  if (a.length === 0 || b.length === 0) return [whole];
  const trace = furthestPositions(a, b);
  if (trace === null) return [whole];
  const changes: Change[] = [];
  let diagonal = a.length - b.length;
  for (let edits = trace.length - 1; edits > 0; edits--) {
    const { x, isInsertion } = step(trace[edits - 1]!, (diagonal + edits) / 2);
    const oldStart = isInsertion ? x : x - 1;
    const newStart = isInsertion ? x - diagonal - 1 : x - diagonal;
    const later = changes.at(-1);
    if (later !== undefined && later.oldStart === x && later.newStart === x - diagonal) {
      later.oldStart = oldStart;
      later.newStart = newStart;
    } else changes.push({ oldStart, oldEnd: x, newStart, newEnd: x - diagonal });
    diagonal += isInsertion ? 1 : -1;
  }
  return changes.reverse();
}

const range = (start: number, count: number): string => {
  if (count === 1) return String(start + 1);
  return `${count === 0 ? start : start + 1},${count}`;
};

const shown = (sign: string, line: string): string =>
  line.endsWith("\n") ? sign + line : `${sign}${line}\n\\ No newline at end of file\n`;

function hunkText(
  oldLines: readonly string[],
  newLines: readonly string[],
  changes: readonly Change[],
  skipped: number,
  contextLines: number,
): string {
  const first = changes[0]!;
  const last = changes.at(-1)!;
  const before = Math.min(contextLines, first.oldStart);
  const after = Math.min(contextLines, oldLines.length - last.oldEnd);
  const oldStart = first.oldStart - before;
  const newStart = first.newStart - before;
  const oldCount = last.oldEnd + after - oldStart;
  const newCount = last.newEnd + after - newStart;
  let text = `@@ -${range(skipped + oldStart, oldCount)} +${range(skipped + newStart, newCount)} @@\n`;
  let position = oldStart;
  for (const change of changes) {
    for (; position < change.oldStart; position++) text += shown(" ", oldLines[position]!);
    for (; position < change.oldEnd; position++) text += shown("-", oldLines[position]!);
    for (let index = change.newStart; index < change.newEnd; index++) text += shown("+", newLines[index]!);
  }
  for (; position < last.oldEnd + after; position++) text += shown(" ", oldLines[position]!);
  return text;
}

const stride = 1 << 16;

/** Length of the common start, cut back to a line's beginning. Whole strides are compared at once: that is a memcmp. */
function commonPrefix(a: string, b: string): number {
  let length = 0;
  while (
    length + stride <= Math.min(a.length, b.length) &&
    a.slice(length, length + stride) === b.slice(length, length + stride)
  ) {
    length += stride;
  }
  while (length < Math.min(a.length, b.length) && a.charCodeAt(length) === b.charCodeAt(length)) length++;
  return length === 0 ? 0 : a.lastIndexOf("\n", length - 1) + 1;
}

/** Length of the common end behind the first `prefix` characters of both; it begins at a line's beginning in both. */
function commonSuffix(a: string, b: string, prefix: number): number {
  const most = Math.min(a.length, b.length) - prefix;
  let length = 0;
  while (
    length + stride <= most &&
    a.slice(a.length - length - stride, a.length - length) === b.slice(b.length - length - stride, b.length - length)
  ) {
    length += stride;
  }
  while (length < most && a.charCodeAt(a.length - length - 1) === b.charCodeAt(b.length - length - 1)) length++;
  const newline = a.indexOf("\n", a.length - length);
  return newline < 0 ? 0 : a.length - newline - 1;
}

function countLines(text: string, end: number): number {
  let count = 0;
  for (let at = text.indexOf("\n"); at >= 0 && at < end; at = text.indexOf("\n", at + 1)) count++;
  return count;
}

/** Hunks of a unified diff with so many lines of context and no file header; empty when the texts are equal. */
export function unifiedDiff(oldText: string, newText: string, contextLines = 1): string {
  if (oldText === newText) return "";
  // Large equal parts at both ends are left out, but for the lines that are shown as context.
  let prefix = commonPrefix(oldText, newText);
  const suffix = commonSuffix(oldText, newText, prefix);
  for (let lines = 0; lines < contextLines; lines++) {
    prefix = prefix < 2 ? 0 : oldText.lastIndexOf("\n", prefix - 2) + 1;
  }
  const trailing = (text: string): number => {
    let end = text.length - suffix;
    for (let lines = 0; lines < contextLines && end < text.length; lines++) {
      end = text.indexOf("\n", end) + 1 || text.length;
    }
    return end;
  };
  const oldLines = splitKeepingEnds(oldText.slice(prefix, trailing(oldText)));
  const newLines = splitKeepingEnds(newText.slice(prefix, trailing(newText)));
  const skipped = countLines(oldText, prefix);

  const groups: Change[][] = [];
  for (const change of changesOf(...intern(oldLines, newLines))) {
    const group = groups.at(-1);
    const near = group !== undefined && change.oldStart - group.at(-1)!.oldEnd <= 2 * contextLines;
    if (near) group.push(change);
    else groups.push([change]);
  }
  return groups.map((group) => hunkText(oldLines, newLines, group, skipped, contextLines)).join("");
}
