import { charactersOf, classOf, delimiter, digit, folded, lower, nonWord, upper, whitespace } from "./characters.ts";

/** A path, or the end of one, made ready to be matched. */
export interface Haystack {
  /** Code points in small letters; and the same without marks, where there are any. */
  readonly marked: Uint32Array | Uint8Array;
  readonly plain: Uint32Array | Uint8Array;
  /** What a match at each place is worth more for where it stands. */
  readonly bonus: Uint8Array;
  readonly ascii: boolean;
}

export const boundaryBonus = 8;
const delimiterBonus = 9;
const camelBonus = 5;

function bonusFor(before: number, here: number): number {
  if (here > delimiter) {
    if (before === whitespace) return boundaryBonus;
    if (before === delimiter) return delimiterBonus;
    if (before === nonWord) return boundaryBonus;
  }
  if ((before === lower && here === upper) || (before !== digit && here === digit)) return camelBonus;
  return here === whitespace || here === nonWord ? boundaryBonus : 0;
}

const isAscii = (text: string): boolean => {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) > 127) return false;
  return true;
};

export function haystackOf(text: string): Haystack {
  if (isAscii(text)) {
    const { length } = text;
    const codes = new Uint8Array(length);
    const bonus = new Uint8Array(length);
    let before = delimiter;
    for (let at = 0; at < length; at++) {
      const code = text.charCodeAt(at);
      const here = classOf(code);
      codes[at] = here === upper ? code + 32 : code;
      bonus[at] = bonusFor(before, here);
      before = here;
    }
    return { marked: codes, plain: codes, bonus, ascii: true };
  }
  const characters = charactersOf(text);
  let before = delimiter;
  const bonus = Uint8Array.from(characters, (character) => {
    const here = classOf(character.codePointAt(0)!);
    const value = bonusFor(before, here);
    before = here;
    return value;
  });
  return {
    marked: Uint32Array.from(characters, (character) => folded(character, false)),
    plain: Uint32Array.from(characters, (character) => folded(character, true)),
    bonus,
    ascii: false,
  };
}
