/** BM25 over short texts: which of them are about the words of a query, best first. */

const k1 = 1.2;
const b = 0.75;

/** Words that say nothing about what a tool does. */
const common = new Set(
  "a an and are as at be but by for if in into is it no not of on or such that the their then there these they this to was will with".split(
    " ",
  ),
);

/** Words in small letters, also those inside of names like `readTextFile` and `read_text_file`; plural endings go. */
export function words(text: string): string[] {
  return text
    .replaceAll(/([\p{Ll}\d])(\p{Lu})/gu, "$1 $2")
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== "" && !common.has(word))
    .map((word) => (word.length > 3 ? word.replace(/(?<=[^s])s$/, "") : word));
}

interface Document {
  readonly counts: ReadonlyMap<string, number>;
  readonly length: number;
}

function documentOf(text: string): Document {
  const all = words(text);
  const counts = new Map<string, number>();
  for (const word of all) counts.set(word, (counts.get(word) ?? 0) + 1);
  return { counts, length: all.length };
}

/** Indexes of the texts that have any word of the query, the most fitting first; equal ones in their order. */
export function rank(texts: readonly string[], query: string): number[] {
  const documents = texts.map(documentOf);
  const average = documents.reduce((sum, { length }) => sum + length, 0) / Math.max(1, documents.length);
  const asked = [...new Set(words(query))];
  const rarity = new Map(
    asked.map((word) => {
      const holders = documents.filter(({ counts }) => counts.has(word)).length;
      return [word, Math.log(1 + (documents.length - holders + 0.5) / (holders + 0.5))];
    }),
  );
  const score = ({ counts, length }: Document): number => {
    let sum = 0;
    for (const word of asked) {
      const count = counts.get(word) ?? 0;
      const norm = k1 * (1 - b + (b * length) / average);
      if (count > 0) sum += (rarity.get(word)! * count * (k1 + 1)) / (count + norm);
    }
    return sum;
  };
  return documents
    .map((document, index) => ({ index, score: score(document) }))
    .filter((entry) => entry.score > 0)
    .toSorted((one, other) => other.score - one.score)
    .map(({ index }) => index);
}
