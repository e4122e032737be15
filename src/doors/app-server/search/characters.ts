/** What a character is, as far as it begins words. In the order of Codex's matcher: words begin behind `delimiter`. */
export const whitespace = 0;
export const nonWord = 1;
export const delimiter = 2;
export const lower = 3;
export const upper = 4;
export const letter = 5;
export const digit = 6;

const asciiClasses = Uint8Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code);
  if (/[a-z]/.test(character)) return lower;
  if (/[A-Z]/.test(character)) return upper;
  if (/[0-9]/.test(character)) return digit;
  if (/[\t\n\f\r ]/.test(character)) return whitespace;
  return character === "/" ? delimiter : nonWord;
});

function otherClass(character: string): number {
  if (/\p{Ll}/u.test(character)) return lower;
  if (/\p{Lu}/u.test(character)) return upper;
  if (/\p{N}/u.test(character)) return digit;
  if (/\p{L}/u.test(character)) return letter;
  return /\s/u.test(character) ? whitespace : nonWord;
}

/** By code point. */
export const classOf = (code: number): number =>
  code < 128 ? asciiClasses[code]! : otherClass(String.fromCodePoint(code));

/** Latin letters without their marks. */
const bare = (character: string): string => {
  const [first = character] = character.normalize("NFD");
  return /[a-z]/i.test(first) ? first : character;
};

/** The code point that is compared: small letters, and with `plain` without marks. */
export function folded(character: string, plain: boolean): number {
  const base = plain ? bare(character) : character;
  const small = base.toLowerCase();
  // Letters whose small form is several are left as they are.
  return ([...small].length === 1 ? small : base).codePointAt(0)!;
}

/** Whether a needle that holds this character is compared with its marks. */
export const isMarked = (character: string): boolean => bare(character) !== character;

const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" });

/** What counts as one character: of those that are written in one place, the first. */
export function charactersOf(text: string): string[] {
  // Below, no character joins the one before it.
  if (!/[\u0300-\u{10ffff}]/u.test(text)) return [...text];
  return [...segmenter.segment(text)].map(({ segment }) => String.fromCodePoint(segment.codePointAt(0)!));
}
