import { createRequire } from "node:module";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { differences } from "../../../scripts/codex-schema/differences.ts";
import { shapeOfSchema, type Definitions } from "../../../scripts/codex-schema/shape-of-schema.ts";
import { nameOfShape, shapesByName } from "../../../src/protocol/codex-0.169/app-server/shape-names.ts";
import { mayBeMissing, misfitOf } from "../../../src/protocol/shapes/check.ts";
import { jsonSchemaBody } from "../../../src/protocol/shapes/json-schema.ts";
import {
  anything,
  defaulted,
  experimental,
  integer,
  list,
  literal,
  map,
  nullable,
  object,
  oneOf,
  open,
  optional,
  string,
  union,
  unsigned,
  type AnyShape,
} from "../../../src/protocol/shapes/shape.ts";
import { typescriptBody } from "../../../src/protocol/shapes/typescript.ts";

const root = join(import.meta.dirname, "../../..");
const { default: Ajv } = createRequire(join(root, "tests/oracle/package.json"))("ajv") as {
  default: new (options: object) => {
    addSchema(schema: object): void;
    getSchema(reference: string): ((value: unknown) => boolean) | undefined;
  };
};

const all = { nameOf: nameOfShape, experimental: true };
const definitions = Object.fromEntries(
  [...shapesByName].map(([name, shape]) => [name, jsonSchemaBody(shape, all)]),
) as Definitions;

/** Values that fit a shape. */
function fitting(shape: AnyShape): fc.Arbitrary<unknown> {
  switch (shape.kind) {
    case "anything":
      return fc.jsonValue({ maxDepth: 1 });
    case "string":
      return fc.string({ maxLength: 5 });
    case "boolean":
      return fc.boolean();
    case "number":
      return fc.double({ noNaN: true, noDefaultInfinity: true });
    case "integer":
      return fc.integer();
    case "unsigned":
      return fc.nat();
    case "nothing":
      return fc.constant(null);
    case "choice":
      return fc.constantFrom(...shape.values);
    case "nullable":
      return fc.option(fitting(shape.of));
    case "field":
      return fitting(shape.of);
    case "list":
      return fc.array(fitting(shape.of), { maxLength: 2 });
    case "map":
      return fc.dictionary(fc.string({ maxLength: 3 }), fitting(shape.of), { maxKeys: 2, noNullPrototype: true });
    case "union":
      return fc.oneof(...shape.of.map(fitting));
    case "object": {
      const fields = Object.entries(shape.fields);
      return fc.record(Object.fromEntries(fields.map(([name, field]) => [name, fitting(field)])), {
        requiredKeys: fields.filter(([, field]) => !mayBeMissing(field)).map(([name]) => name),
        noNullPrototype: true,
      });
    }
  }
}

const spoilers = [null, "text", -1, 0.5, true, [], {}];

/** The value with one part of it, found by the digits, taken away or replaced. */
function spoilt(value: unknown, digits: readonly number[], spoiler: unknown): unknown {
  const [digit, ...rest] = digits;
  if (digit === undefined || typeof value !== "object" || value === null) return spoiler;
  if (Array.isArray(value)) {
    if (value.length === 0) return spoiler;
    return value.map((each, index) => (index === digit % value.length ? spoilt(each, rest, spoiler) : each));
  }
  const keys = Object.keys(value);
  const key = keys[digit % keys.length];
  if (key === undefined) return spoiler;
  const { [key]: part, ...others } = value as Record<string, unknown>;
  return rest.length === 0 && digit % 2 === 0 ? others : { ...others, [key]: spoilt(part, rest, spoiler) };
}

test("the JSON Schemas accept and refuse what the checks do", () => {
  const ajv = new Ajv({ strict: false });
  ajv.addSchema({ $id: "all", definitions });
  const names = [...shapesByName.keys()];
  let refused = 0;
  fc.assert(
    fc.property(
      fc.constantFrom(...names).chain((name) => fc.tuple(fc.constant(name), fitting(shapesByName.get(name)!))),
      fc.array(fc.nat({ max: 1_000 }), { maxLength: 4 }),
      fc.constantFrom(...spoilers),
      ([name, value], digits, spoiler) => {
        const shape = shapesByName.get(name)!;
        const validate = ajv.getSchema(`all#/definitions/${name}`)!;
        expect([misfitOf(value, shape), validate(value)]).toEqual([null, true]);
        const other = spoilt(value, digits, spoiler);
        const fits = misfitOf(other, shape) === null;
        if (!fits) refused++;
        expect({ name, other, fits: validate(other) }).toEqual({ name, other, fits });
      },
    ),
    { numRuns: 600 },
  );
  expect(refused).toBeGreaterThan(100);
});

test("a shape that is printed as JSON Schema and read again is the same shape", () => {
  const changed = [...shapesByName].flatMap(([name, shape]) =>
    differences(shape, shapeOfSchema(definitions[name]!, definitions)).map((line) => `${name}: ${line}`),
  );
  expect(changed).toEqual([]);
});

const Part = object({ a: string });
const Whole = object({
  part: Part,
  parts: optional(list(nullable(Part))),
  "odd-name": oneOf("x", "y"),
  count: defaulted(unsigned, 3),
  later: experimental(optional(map(integer))),
  any: anything,
  kinds: union(literal("none"), open(object({ path: string }))),
});
const options = { nameOf: (shape: AnyShape) => (shape === Part ? "Part" : null), experimental: false };

test("TypeScript: names where there are some, quotes where they must be, experimental fields where asked for", () => {
  const text = `{ part: Part; parts?: Array<Part | null>; "odd-name": "x" | "y"; count: number; any: unknown; kinds: "none" | { path: string; [key: string]: unknown } }`;
  expect(typescriptBody(Whole, options)).toBe(text);
  expect(typescriptBody(Whole, { ...options, experimental: true })).toContain("later?: { [key: string]: number }; ");
});

test("JSON Schema: what must be there, what its absence means, and what is not to be seen yet", () => {
  expect(jsonSchemaBody(Whole, options)).toEqual({
    type: "object",
    properties: {
      part: { $ref: "#/definitions/Part" },
      parts: { type: "array", items: { anyOf: [{ $ref: "#/definitions/Part" }, { type: "null" }] } },
      "odd-name": { type: "string", enum: ["x", "y"] },
      count: { type: "integer", minimum: 0, default: 3 },
      any: true,
      kinds: {
        anyOf: [
          { type: "string", enum: ["none"] },
          { type: "object", properties: { path: { type: "string" } }, required: ["path"], additionalProperties: true },
        ],
      },
    },
    required: ["part", "odd-name", "any", "kinds"],
  });
});
