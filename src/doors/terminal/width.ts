/** How text falls into the rows of a terminal. */

/** Ranges of characters that take two columns: East Asian wide ones and pictures. */
const wide: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x231a, 0x231b],
  [0x2329, 0x232a],
  [0x23e9, 0x23ec],
  [0x2614, 0x2615],
  [0x26a1, 0x26a1],
  [0x26bd, 0x26be],
  [0x26c4, 0x26c5],
  [0x2705, 0x2705],
  [0x270a, 0x270b],
  [0x2728, 0x2728],
  [0x274c, 0x274c],
  [0x2753, 0x2755],
  [0x2757, 0x2757],
  [0x2795, 0x2797],
  [0x2b1b, 0x2b1c],
  [0x2b50, 0x2b50],
  [0x2e80, 0x303e],
  [0x3041, 0x33ff],
  [0x3400, 0x4dbf],
  [0x4e00, 0x9fff],
  [0xa000, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x1f300, 0x1f64f],
  [0x1f680, 0x1f6ff],
  [0x1f900, 0x1f9ff],
  [0x1fa70, 0x1faff],
  [0x20000, 0x3fffd],
];
const combining = /^(?:\p{Mn}|\p{Me}|\u200d)$/u;

/** Columns of one character: 0, 1 or 2. */
export function widthOf(character: string): number {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x300) return 1;
  if (combining.test(character)) return 0;
  return wide.some(([from, to]) => code >= from && code <= to) ? 2 : 1;
}

/** A colour, which takes no room. */
// oxlint-disable-next-line no-control-regex
const colour = /\u001b\[[0-9;]*m/y;

/** A character with its width, or a colour. */
export function* cells(text: string): Generator<{ text: string; width: number }> {
  let at = 0;
  while (at < text.length) {
    colour.lastIndex = at;
    const sequence = text[at] === "\u001b" ? colour.exec(text)?.[0] : undefined;
    if (sequence !== undefined) {
      yield { text: sequence, width: 0 };
      at += sequence.length;
      continue;
    }
    const character = String.fromCodePoint(text.codePointAt(at)!);
    yield { text: character, width: widthOf(character) };
    at += character.length;
  }
}

export interface Layout {
  rows: string[];
  /** Where the character at the asked offset stands. */
  row: number;
  column: number;
}

/** Breaks a text into rows as a terminal does, new lines included, and finds the place of the character at `offset`. */
export function layOut(text: string, columns: number, offset: number): Layout {
  const rows = [""];
  let [column, at] = [0, 0];
  let place: { row: number; column: number } | null = null;
  for (const { text: piece, width } of cells(text)) {
    if (column + width > columns && piece !== "\n") {
      rows.push("");
      column = 0;
    }
    if (at >= offset) place ??= { row: rows.length - 1, column };
    if (piece === "\n") {
      rows.push("");
      column = 0;
    } else {
      rows[rows.length - 1] += piece;
      column += width;
    }
    at += piece.length;
  }
  if (place === null && column >= columns) {
    rows.push("");
    column = 0;
  }
  return { rows, ...(place ?? { row: rows.length - 1, column }) };
}
