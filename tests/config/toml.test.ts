import fc from "fast-check";
import { parse, stringify } from "smol-toml";
import { describe, expect, it } from "vitest";
import { locateKeys } from "../../src/config/toml/locate.ts";
import { parseKeyPath } from "../../src/config/toml/toml.ts";
import { formatKeyPath, isTable, type TomlTable, type TomlValue } from "../../src/config/toml/toml-values.ts";

const key = fc
  .oneof(fc.stringMatching(/^[A-Za-z0-9_-]{1,8}$/), fc.string({ minLength: 1, maxLength: 6 }))
  .filter((name) => name !== "__proto__");
const scalar = fc.oneof(
  fc.string(),
  fc.boolean(),
  fc.integer(),
  fc.constantFrom("a # b", "x = [1]", "]]", 'say "hi"', "''", "two\nlines"),
);
const document = fc.letrec<{ value: unknown; table: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 2 },
    scalar,
    fc.array(scalar, { maxLength: 3 }),
    fc.array(tie("table"), { minLength: 1, maxLength: 2 }),
    tie("table"),
  ),
  table: fc.dictionary(key, tie("value"), { maxKeys: 3 }),
})).table;

/** Every key of the document and what it holds, tables in lists included. */
function leaves(value: TomlValue, path: string[] = []): { path: string[]; value: TomlValue }[] {
  if (isTable(value)) return Object.entries(value).flatMap(([name, inner]) => leaves(inner, [...path, name]));
  if (Array.isArray(value) && value.some(isTable))
    return value.flatMap((inner, index) => leaves(inner, [...path, String(index)]));
  return [{ path, value }];
}

describe("places in a TOML text", () => {
  it("are found for every value that a parser reads there", () => {
    fc.assert(
      fc.property(document, (written) => {
        const text = stringify(written as Record<string, unknown>);
        const places = locateKeys(text);
        for (const { path, value } of leaves(parse(text) as TomlTable)) {
          const span = places.get(formatKeyPath(path))?.value;
          const found = span ? text.slice(span.offset, span.offset + span.length) : "nothing";
          const read = (parse(`v = ${found}`) as TomlTable)["v"];
          if (JSON.stringify(read) !== JSON.stringify(value))
            throw new Error(`${formatKeyPath(path)} was found as ${found} in\n${text}`);
        }
      }),
      { numRuns: 100, seed: 7 },
    );
  });

  it("are found in the forms that people write", () => {
    const text = [
      "a.b = 1 # a.b = 2",
      "c = { d = [1, # one",
      '  "two"], "e f" = 3 }',
      "[[list]]",
      "x = '''",
      "[no] = 1'''",
      "[list.inner]",
      "when = 2020-01-01 10:00:00",
      "[[list]]",
      'x = """quoted "" \\""" end"""',
      "[ s . 't.u' ]",
      "last = true",
    ].join("\n");
    const places = locateKeys(text);
    const value = (name: string): string | undefined => {
      const span = places.get(name)?.value;
      return span ? text.slice(span.offset, span.offset + span.length) : undefined;
    };
    expect(value("a.b")).toBe("1");
    expect(value("c.d.1")).toBe('"two"');
    expect(value('c."e f"')).toBe("3");
    expect(value("list.0.x")).toBe("'''\n[no] = 1'''");
    expect(value("list.0.inner.when")).toBe("2020-01-01 10:00:00");
    expect(value("list.1.x")).toBe('"""quoted "" \\""" end"""');
    expect(value('s."t.u".last')).toBe("true");
    expect(text.slice(places.get('s."t.u"')!.key.offset)).toMatch(/^'t.u' \]/);
  });

  it("end for any text at all", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom("[", "]", "{", "}", "=", '"', "'", "\\", "\n", "#", ".", ",", " ", "a") }),
        (text) => void locateKeys(text),
      ),
      { numRuns: 1000, seed: 7 },
    );
  });
});

describe("key paths", () => {
  it("are read back as they are written", () => {
    fc.assert(
      fc.property(
        fc.array(fc.string(), { minLength: 1, maxLength: 5 }),
        (path) => void expect(parseKeyPath(formatKeyPath(path))).toEqual(path),
      ),
      { seed: 7 },
    );
  });

  it.each([
    ["a.b", ["a", "b"]],
    ['a."b.c".d', ["a", "b.c", "d"]],
    ["a.'b.c'", ["a", "b.c"]],
    ['a."b.c', ["a", '"b', "c"]],
    ["a", ["a"]],
  ])("split %j", (text, path) => expect(parseKeyPath(text)).toEqual(path));
});
