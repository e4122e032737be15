import fc from "fast-check";
import { parse } from "smol-toml";
import { expect, it } from "vitest";
import { ValidationError } from "../../../src/sdk/index.ts";
import { configPairs, tomlLiteral } from "../../../src/sdk/launch/toml.ts";

it("flattens objects to dotted paths in the order of their entries, and leaves out what is undefined", () => {
  const config = {
    model: "x",
    tools: { update_plan: { enabled: true }, web: undefined },
    files: ["A.md", "B.md"],
    count: 100_000,
    empty: {},
    mixed: [{ a: 1, b: "two" }, { c: [true] }],
  };
  expect(configPairs(config)).toEqual([
    'model="x"',
    "tools.update_plan.enabled=true",
    'files=["A.md", "B.md"]',
    "count=100000",
    "empty={}",
    'mixed=[{a = 1, b = "two"}, {c = [true]}]',
  ]);
});

it("makes the table around a key that is not bare an inline table", () => {
  expect(configPairs({ mcp: { servers: { "my.server": { url: "u" }, b: 1 }, other: 2 } })).toEqual([
    'mcp.servers={"my.server" = {url = "u"}, b = 1}',
    "mcp.other=2",
  ]);
});

it.each([
  [{ a: { b: null } }, "config.a.b"],
  [{ a: [1, null] }, "config.a[1]"],
  [{ a: Number.NaN }, "config.a"],
  [{ a: Infinity }, "config.a"],
  [{ a: () => 1 }, "config.a"],
  [{ a: Symbol("s") }, "config.a"],
  [{ a: { "": 1 } }, "config.a"],
  [{ a: new Date(0) }, "config.a"],
  [{ a: "\ud800" }, "config.a"],
  [{ a: 2n ** 63n }, "config.a"],
  [{ "a.b": 1 }, "config.a.b"],
  [[], "config"],
])("refuses what TOML cannot say and names its place: case %#", (config, path) => {
  expect(() => configPairs(config)).toThrow(ValidationError);
  expect(() => configPairs(config)).toThrow(expect.objectContaining({ path, code: "validation" }));
});

it("refuses an object that contains itself", () => {
  const table: Record<string, unknown> = {};
  table["inner"] = { list: [table] };
  expect(() => configPairs(table)).toThrow("contains itself");
});

it.each([1e20, 1e300, -(2 ** 63), 0.1, 1e-7, 2 ** 52, -5])("writes %d so that a TOML parser reads it", (value) => {
  expect(parse(`x=${tomlLiteral(value, "x")}`)).toEqual({ x: value });
});

it("writes a bigint as an integer", () => {
  expect(configPairs({ a: 12n, b: 2n ** 62n })).toEqual(["a=12", "b=4611686018427387904"]);
});

it("escapes every string so that a TOML parser reads the same", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "grapheme" }), (text, key) => {
      fc.pre(text.isWellFormed() && key.isWellFormed() && key !== "" && key !== "__proto__");
      const [pair = ""] = configPairs({ table: { [key]: text, "not bare": `${text}\u007f` } });
      expect(parse(pair)).toEqual({ table: { [key]: text, "not bare": `${text}\u007f` } });
    }),
    { numRuns: 50 },
  );
});
