import * as fc from "fast-check";
import { expect, test } from "vitest";
import * as z from "zod";
import { fitTypes } from "../../../../src/model/dialect/repair/fit-types.ts";

const objectWith = (schema: unknown): Record<string, unknown> => ({ type: "object", properties: { x: schema } });
const fit = (schema: unknown, x: unknown): unknown => fitTypes(objectWith(schema), { x }).value["x"];

test.each([
  [{ anyOf: [{ type: "integer" }, { type: "null" }] }, "5", 5],
  [{ type: ["integer", "null"] }, "null", null],
  [{ type: "integer", nullable: true }, "5", 5],
  [{ enum: [1, 2] }, "2", 2],
  [{ const: true }, "true", true],
  [{ type: "array", items: { type: "object", properties: { n: { type: "number" } } } }, { n: "1.5" }, [{ n: 1.5 }]],
  [{ type: "array", items: { type: "array", items: { type: "integer" } } }, '[["1"]]', [[1]]],
  [{ type: "object", properties: { y: { type: "boolean" } } }, "{'y': 'false'}", { y: false }],
  [{ type: "object", additionalProperties: { type: "string" } }, { k: 1 }, { k: "1" }],
  [{ type: "number" }, " -1.5e3 ", -1500],
])("%j: %j becomes %j", (schema, value, meant) => {
  expect(fit(schema, value)).toEqual(meant);
});

test.each([
  ["two ways", { anyOf: [{ type: "string" }, { type: "array", items: { type: "string" } }] }, 5],
  ["none of what is allowed", { enum: [1, 2] }, "3"],
  ["no object", { type: "array", items: { type: "object" } }, "text"],
  ["no type", {}, "5"],
  ["no schema", true, "5"],
  ["a reference to nowhere", { $ref: "#/$defs/none" }, "5"],
  ["a reference to itself", { $ref: "#/properties/x" }, "5"],
  ["a reference to elsewhere", { $ref: "https://example.com/schema" }, "5"],
  ["an unknown type", { type: "text" }, 5],
  ["more digits than a number has", { type: "integer" }, "12345678901234567890"],
])("%s: left as it is", (_why, schema, value) => {
  expect(fit(schema, value)).toBe(value);
});

test("references are followed, also in circles", () => {
  const tree = {
    type: "object",
    properties: { root: { $ref: "#/$defs/a~1b" } },
    $defs: {
      "a/b": {
        type: "object",
        properties: { n: { type: "integer" }, inner: { type: "array", items: { $ref: "#/$defs/a~1b" } } },
      },
    },
  };
  const { value, changes } = fitTypes(tree, { root: { n: "1", inner: [{ n: "2", inner: '[{"n":"3"}]' }] } });
  expect(value).toEqual({ root: { n: 1, inner: [{ n: 2, inner: [{ n: 3 }] }] } });
  expect(changes.map(({ path }) => path)).toEqual([
    "root.n",
    "root.inner[].n",
    "root.inner[].inner",
    "root.inner[].inner[].n",
  ]);
});

const schema = fc.letrec<{ any: Record<string, unknown> }>((tie) => ({
  any: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom<Record<string, unknown>>(
      { type: "string" },
      { type: "integer" },
      { type: "number" },
      { type: "boolean" },
      { type: ["string", "null"] },
      { type: ["integer", "boolean"] },
      { enum: ["a", "b"] },
      { enum: [1, 2] },
      {},
    ),
    tie("any").map((items) => ({ type: "array", items })),
    fc.tuple(tie("any"), tie("any")).map(([a, b]) => ({ type: "object", properties: { a, b }, required: ["a"] })),
    fc.tuple(tie("any"), tie("any")).map((anyOf) => ({ anyOf })),
  ),
})).any;
const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { depthSize: "small" },
    fc.constantFrom<unknown>("a", "1", "5.5", "true", "null", "", "[1]", '{"a":"1"}', 1, 2.5, true, false, null),
    fc.array(tie("any"), { maxLength: 2 }),
    fc.dictionary(fc.constantFrom("a", "b", "c"), tie("any"), { maxKeys: 3 }),
  ),
})).any;

const valid = (json: Record<string, unknown>, x: unknown): boolean =>
  z.fromJSONSchema(objectWith(json) as Parameters<typeof z.fromJSONSchema>[0]).safeParse({ x }).success;

test("what a validator of others takes is never changed, and what was fitted is not changed again", () => {
  let taken = 0;
  fc.assert(
    fc.property(schema, value, (json, x) => {
      const given = structuredClone(x);
      const { value: fitted, changes } = fitTypes(objectWith(json), { x });
      expect(x).toEqual(given);
      if (valid(json, x)) {
        taken++;
        expect(changes).toEqual([]);
        expect(fitted["x"]).toBe(x);
      }
      if (changes.length === 0) expect(fitted["x"]).toBe(x);
      expect(fitTypes(objectWith(json), fitted)).toEqual({ value: fitted, changes: [] });
    }),
    { numRuns: 3000 },
  );
  expect(taken).toBeGreaterThan(100);
});
