import { file, type Entry, type Tree } from "./workspace.ts";

/** Small seeded generator (mulberry32). */
export class Dice {
  #state: number;
  constructor(seed: number) {
    this.#state = seed >>> 0;
  }
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  }
  below(count: number): number {
    return Math.floor(this.next() * count);
  }
  chance(probability: number): boolean {
    return this.next() < probability;
  }
  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)]!;
  }
}

export interface RandomCase {
  tree: Tree;
  patch: string;
}

const words = [
  "x",
  "x",
  "y",
  "alpha",
  "beta",
  "  beta",
  "beta  ",
  "\tbeta",
  "",
  "",
  "  ",
  "a – b",
  "a - b",
  "say “hi”",
  'say "hi"',
  "it’s",
  "it's",
  "a\u00a0b",
  "a b",
  "wait…",
  "wait...",
  "}",
  "  }",
  "@@",
  "@@ x",
  "*** End Patch",
  "*** Add File: q",
  "*** End of File",
  "-x",
  "+x",
  "ünï ✓ 🎉",
  "e\u0301",
  "\ufeffx",
  "nul\0nul",
  "\u200bx",
  "x\u0085",
  "l\u2028m",
];
const names = ["a.txt", "b.txt", "d/x", "d/e/y", "sp ace.txt", "ü.txt", "empty", "image"];
const hostileNames = [
  "../up.txt",
  "../../up2.txt",
  "./a.txt",
  "d//x",
  "d",
  "d/",
  "a.txt/",
  "a.txt/x",
  "no/../a.txt",
  "new/deep/er/file",
  ".",
  "..",
  "/workspace/a.txt",
  "/workspace/abs.txt",
  "~",
  "~/n",
  " lead",
  "trail ",
  "%41",
  "q?z#",
  "a\\b",
  "it's",
  "link",
  "folder/x",
  "folder/new",
  "folder",
  "dangling",
  "deepdangling",
  "loop",
  "x\ty",
  "\u00a0nb",
  "-",
  "é",
  "link/x",
  "n".repeat(260),
  "new",
  "d/e",
  "dangling/x",
];

const lineEndings = ["\n", "\n", "\n", "\r\n", "\r\n", "\r"];

function randomText(dice: Dice): string {
  const ending = dice.pick(lineEndings);
  const count = dice.below(12);
  let text = dice.chance(0.05) ? "\ufeff" : "";
  for (let index = 0; index < count; index++) {
    const last = index === count - 1;
    const own = dice.chance(0.05) ? dice.pick(lineEndings) : ending;
    text += dice.pick(words) + (last && dice.chance(0.25) ? "" : own);
  }
  return text;
}

function randomTree(dice: Dice): Tree {
  const tree: Tree = {};
  for (const name of names) {
    if (!dice.chance(0.6)) continue;
    let entry: Entry = file(randomText(dice), dice.pick([0o644, 0o644, 0o755, 0o600]));
    if (name === "image" || dice.chance(0.02)) entry = file(Buffer.from([0x61, 0x0a, 0xff, 0xfe, 0x0a]));
    if (name === "empty") entry = file("");
    tree[name] = entry;
  }
  if (dice.chance(0.3)) tree["link"] = { link: dice.pick(["a.txt", "d/x", "./b.txt"]) };
  if (dice.chance(0.3)) tree["folder"] = { link: "d" };
  if (dice.chance(0.2)) tree["dangling"] = { link: "nowhere" };
  if (dice.chance(0.1)) tree["deepdangling"] = { link: "nowhere/at/all" };
  if (dice.chance(0.1)) tree["loop"] = { link: "loop" };
  return tree;
}

const linesOf = (entry: Entry | undefined): string[] => {
  if (entry === undefined || "link" in entry) return ["x", "alpha"];
  const lines = entry.content.toString().split(/\r\n|\r|\n/);
  if (lines.at(-1) === "") lines.pop();
  return lines;
};

/** The line as a careless writer would spell it. */
function fuzzed(dice: Dice, line: string): string {
  if (!dice.chance(0.08)) return line;
  return dice.pick([
    line.trim(),
    `${line} `,
    `  ${line}`,
    `\t${line}`,
    line.replaceAll(/[–]/g, "-").replaceAll(/[“”]/g, '"').replaceAll("’", "'"),
    `${line}!`,
    dice.pick(words),
  ]);
}

function randomChunks(dice: Dice, lines: readonly string[]): string[] {
  const out: string[] = [];
  let position = 0;
  const count = 1 + (dice.chance(0.4) ? 1 + dice.below(3) : 0);
  for (let chunk = 0; chunk < count; chunk++) {
    const start = dice.chance(0.08)
      ? dice.below(lines.length + 1)
      : position + dice.below(Math.max(1, lines.length - position));
    const length = dice.chance(0.15) ? 0 : 1 + dice.below(4);
    if (chunk > 0 || !dice.chance(0.2)) {
      const anchor = start > position ? lines[position + dice.below(start - position)] : dice.pick(words);
      out.push(
        dice.chance(0.2) ? `@@ ${fuzzed(dice, anchor ?? "x")}` : dice.pick(["@@", "@@", "@@", "@@", "@@ ", "@@\t"]),
      );
    }
    for (const line of lines.slice(start, start + length)) {
      if (dice.chance(0.15)) out.push(`+${dice.pick(words)}`);
      const spelled = fuzzed(dice, line);
      const kind = dice.next();
      if (kind < 0.4) out.push(spelled === "" && dice.chance(0.5) ? "" : ` ${spelled}`);
      else if (kind < 0.7) out.push(`-${spelled}`);
      else out.push(`-${spelled}`, `+${dice.pick(words)}`);
    }
    if (dice.chance(0.3)) out.push(`+${dice.pick(words)}`);
    if (dice.chance(0.1)) out.push(dice.pick(["", " ", "-", "+"]));
    if (dice.chance(start + length >= lines.length ? 0.3 : 0.03)) out.push("*** End of File");
    position = Math.min(lines.length, start + length);
  }
  return out;
}

function randomName(dice: Dice, tree: Tree): string {
  if (dice.chance(0.1)) return dice.pick(hostileNames);
  const present = Object.keys(tree);
  return present.length > 0 && dice.chance(0.85) ? dice.pick(present) : dice.pick(names);
}

function randomHunk(dice: Dice, tree: Tree): string[] {
  const kind = dice.next();
  const name = randomName(dice, tree);
  if (kind < 0.2) {
    const target = dice.chance(0.5) ? name : `new${dice.below(3)}.txt`;
    return [`*** Add File: ${target}`, ...Array.from({ length: dice.below(4) }, () => `+${dice.pick(words)}`)];
  }
  if (kind < 0.3) return [`*** Delete File: ${name}`];
  const chunks = randomChunks(dice, linesOf(tree[name] ?? tree["a.txt"]));
  const move = dice.chance(0.2)
    ? [`*** Move to: ${dice.chance(0.5) ? `moved/${dice.below(3)}` : randomName(dice, tree)}`]
    : [];
  return [`*** Update File: ${name}`, ...move, ...chunks];
}

const hostileLines = [
  "",
  " ",
  "\t",
  "*** Frob File: x",
  "***",
  "*** End of File",
  "*** End Patch",
  "  *** End Patch",
  "*** Begin Patch",
  "@@",
  "@@x",
  "@@ x",
  " @@",
  "garbage",
  "+",
  "-",
  "*** Move to: z",
  "*** Environment ID: e",
  "*** Add File: w",
  "  *** Add File: w",
  "*** Update File: a.txt",
  "*** Delete File: b.txt",
  "*** Add File:",
  "\r",
  "-x\r",
  "\u00a0",
  "EOF",
];

function mangled(dice: Dice, lines: string[]): string[] {
  const result = [...lines];
  const at = dice.below(result.length);
  switch (dice.below(8)) {
    case 0:
      result.splice(at, 1);
      break;
    case 1:
      result.splice(at, 0, result[at]!);
      break;
    case 2:
    case 3:
      result.splice(at + dice.below(2), 0, dice.pick(hostileLines));
      break;
    case 4:
      result[at] = dice.pick(["  ", "\t", " "]) + result[at]!;
      break;
    case 5:
      result[at] += dice.pick(["  ", "\t", "\r", "\r\r", "x"]);
      break;
    case 6:
      result[at] = result[at]!.slice(1);
      break;
    default:
      result[at] = dice.pick(hostileLines);
  }
  return result;
}

/** Case `index` of a seed: a folder and a patch, most of which fit each other. */
export function randomCase(seed: number, index: number): RandomCase {
  const dice = new Dice(Math.imul(seed, 1_000_003) + Math.imul(index, 2_654_435_761));
  const tree = randomTree(dice);
  const hunks = Array.from({ length: 1 + (dice.chance(0.4) ? dice.below(4) : 0) }, () => randomHunk(dice, tree));
  let lines = ["*** Begin Patch", ...hunks.flat(), "*** End Patch"];
  if (dice.chance(0.05)) lines.splice(1, 0, "*** Environment ID: e");
  if (dice.chance(0.06)) lines = [dice.pick(["<<EOF", "<<'EOF'", '<<"EOF"', "<<X"]), ...lines, "EOF"];
  for (let count = dice.chance(0.25) ? 1 + dice.below(2) : 0; count > 0 && lines.length > 0; count--) {
    lines = mangled(dice, lines);
  }
  let patch = lines.join(dice.chance(0.07) ? "\r\n" : "\n");
  if (dice.chance(0.3)) patch += dice.pick(["\n", "\n\n", "  \n", "\r\n"]);
  if (dice.chance(0.05)) patch = dice.pick(["\n", "  ", "\u00a0"]) + patch;
  // An argument of a process can hold no NUL.
  return { tree, patch: patch.replaceAll("\0", "") };
}
