import { afterAll, expect, test } from "vitest";
import fc from "fast-check";
import type { PlainCommand } from "../../../src/policy/effects/assessment.ts";
import { builtins } from "../../../src/policy/effects/builtins.ts";
import { knownPrograms } from "../../../src/policy/effects/knowledge/known-programs.ts";
import { looking as lookingPrograms } from "../../../src/policy/effects/knowledge/looking.ts";
import { joinTables } from "../../../src/policy/effects/program.ts";
import { specialPrograms } from "../../../src/policy/effects/programs/special-programs.ts";
import { looking } from "./decisions/looking.ts";
import { makeScene } from "./scene.ts";

const scene = makeScene();
afterAll(scene.remove);

/** One letter in one of the ways in which a shell can be given it. */
const quotings: readonly ((letter: string) => string)[] = [
  (letter) => letter,
  (letter) => `'${letter}'`,
  (letter) => `"${letter}"`,
  (letter) => `\\${letter}`,
  (letter) => `$'${letter}'`,
  (letter) => `$'\\x${letter.charCodeAt(0).toString(16).padStart(2, "0")}'`,
  (letter) => `${letter}''`,
];

const word = fc.constantFrom("ls", "cat", "grep", "a.txt", "src", "-l", "-rn", "foo", "wc", "head", "b.txt");
const quoted = (text: string): fc.Arbitrary<string> =>
  fc
    .array(fc.nat(quotings.length - 1), { minLength: text.length, maxLength: text.length })
    .map((ways) => [...text].map((letter, index) => quotings[ways[index]!]!(letter)).join(""));

test("a line is judged as its words are, however they are quoted", () => {
  const lines = fc
    .tuple(fc.constantFrom("ls", "cat", "wc", "rm", "touch", "evil"), fc.array(word, { maxLength: 4 }))
    .map(([first, more]) => [first, ...more])
    .chain((words) => fc.tuple(fc.constant(words), fc.tuple(...words.map(quoted))));
  fc.assert(
    fc.property(lines, ([words, written]) => {
      const plain = scene.assess(words.join(" "));
      const dressed = scene.assess(written.join(" "));
      // A quote in another quote may be more than the reader is sure of; it must then say so.
      if (dressed.commands === null) return dressed.danger === "unknown";
      expect(dressed.danger).toBe(plain.danger);
      expect(dressed.commands.map((command) => command.words)).toEqual([words]);
      expect({ ...dressed.effects, unknown: [] }).toEqual({ ...plain.effects, unknown: [] });
      return true;
    }),
    { numRuns: 500 },
  );
});

test("what is quoted as usual is read, not refused", () => {
  for (const written of ["'ls' \"src\"", "l's' s\\rc", "\"ls\" $'src'", "ls 'a b' \"c d\""]) {
    expect(scene.assess(written), written).toMatchObject({ danger: "none" });
  }
});

test("nothing stays harmless to which a deletion is added, by whatever sign", () => {
  const separators = [";", "&&", "||", "|", "&", "\n", " ; ", "\n\n", "|&", ";\n", "& ", "\\\n;"];
  const lines = looking.map(([, line]) => line).filter((line) => line.trim() !== "" && !line.includes("#"));
  fc.assert(
    fc.property(fc.constantFrom(...lines), fc.constantFrom(...separators), fc.boolean(), (line, separator, before) => {
      const joined = before
        ? `rm -rf x${separator}${line}`
        : `${line}${line.includes("<<E") || line.includes("<<'E") ? "\n" : separator}rm -rf x`;
      expect(["destructive", "unknown"], joined).toContain(scene.assess(joined).danger);
    }),
    { numRuns: 600 },
  );
});

test("a deletion is seen inside of whatever is put around it", () => {
  const wraps: readonly ((line: string) => string)[] = [
    (line) => `(${line})`,
    (line) => `{ ${line}; }`,
    (line) => `if true; then ${line}; fi`,
    (line) => `for i in 1 2; do ${line}; done`,
    (line) => `while ls; do ${line}; done`,
    (line) => `case a in a) ${line};; esac`,
    (line) => `echo $(${line})`,
    (line) => `cat <(${line})`,
    (line) => `ls | { ${line}; }`,
    (line) => `! (${line})`,
    (line) => `${line} > out`,
    (line) => `bash -c '${line.replaceAll("'", "'\\''")}'`,
    (line) => `bash <<'MARK${line.length}'\n${line}\nMARK${line.length}`,
    (line) => `eval '${line.replaceAll("'", "'\\''")}'`,
  ];
  fc.assert(
    fc.property(fc.array(fc.nat(wraps.length - 1), { maxLength: 4 }), (ways) => {
      const line = ways.reduce((inner, way) => wraps[way]!(inner), "rm -rf x");
      const { danger, commands } = scene.assess(line);
      expect(commands === null ? ["unknown"] : ["destructive", "unknown"], line).toContain(danger);
    }),
    { numRuns: 400 },
  );
});

const bytes = fc.oneof(
  fc.string({ unit: "binary", maxLength: 200 }),
  fc.string({ unit: fc.constantFrom(..."'\"\\$`(){}[]<>|&;#~*?!=\n\t\r az"), maxLength: 60 }),
  fc.uint8Array({ maxLength: 300 }).map((array) => new TextDecoder("latin1").decode(array)),
);

const looks = joinTables(lookingPrograms);
const isKnown = (name: string): boolean => knownPrograms.has(name) || specialPrograms.has(name);

/** A builtin, a program that looks, or one that is known and was given nothing to work on: `cp` alone tells how it is used. */
const mayBeHarmless = ({ program, words }: PlainCommand): boolean =>
  program === null ||
  builtins.has(program) ||
  looks.has(program) ||
  (isKnown(program) && words !== null && words.slice(1).every((given) => given.startsWith("-")));

test("any text is judged without an error, and none of it is harmless but what at most looks", () => {
  fc.assert(
    fc.property(bytes, (text) => {
      const { danger, commands, reasons } = scene.assess(text);
      if (danger !== "none") return reasons.length > 0;
      return commands !== null && commands.every(mayBeHarmless);
    }),
    { numRuns: 2_000 },
  );
});

test("any argument list is judged without an error", () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(word, bytes), { maxLength: 6 }), (argv) => {
      expect(() => scene.assessArguments(argv)).not.toThrow();
    }),
    { numRuns: 500 },
  );
});
