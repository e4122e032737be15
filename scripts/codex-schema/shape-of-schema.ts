import type { AnyShape } from "../../src/protocol/shapes/shape.ts";
import { simplest } from "./simplest.ts";

type Schema = boolean | { readonly [key: string]: unknown };
export type Definitions = Readonly<Record<string, Schema>>;

/**
 * Reads the JSON Schemas that Codex generates, back into shapes. What they say besides fields, types and values (titles,
 * descriptions, limits of numbers) is passed over.
 */
export function shapeOfSchema(schema: Schema, definitions: Definitions): AnyShape {
  return simplest(read(schema, { definitions, open: new Set() }));
}

interface Within {
  readonly definitions: Definitions;
  /** The names that are being read. */
  readonly open: ReadonlySet<string>;
}

function read(schema: Schema, within: Within): AnyShape {
  if (typeof schema === "boolean") return { kind: "anything" };
  const { $ref, allOf, anyOf, oneOf, type } = schema;
  if (typeof $ref === "string") return readReference($ref, within);
  if (Array.isArray(allOf) && allOf.length === 1) return read(allOf[0] as Schema, within);
  const options = (oneOf ?? anyOf) as Schema[] | undefined;
  if (options !== undefined) {
    const own = schema["properties"] === undefined ? null : readObject(schema, within);
    return { kind: "union", of: options.map((option) => joined(own, read(option, within))) };
  }
  if (Array.isArray(type)) return { kind: "union", of: type.map((each) => read({ ...schema, type: each }, within)) };
  return readType(schema, within);
}

/** What stands beside the variants of an object belongs to each of them. */
function joined(own: AnyShape | null, variant: AnyShape): AnyShape {
  if (own !== null && variant.kind === "union")
    return { kind: "union", of: variant.of.map((each) => joined(own, each)) };
  if (own?.kind !== "object" || variant.kind !== "object") return variant;
  return { kind: "object", fields: { ...own.fields, ...variant.fields } };
}

function readReference(reference: string, within: Within): AnyShape {
  const name = reference.split("/").at(-1)!;
  const schema = within.definitions[name];
  if (schema === undefined) throw new Error(`${reference} is not defined`);
  // What holds itself is known as deep as this.
  if (within.open.has(name)) return { kind: "anything" };
  return read(schema, { ...within, open: new Set([...within.open, name]) });
}

function readType(schema: Readonly<Record<string, unknown>>, within: Within): AnyShape {
  const values = (schema["enum"] ?? (schema["const"] === undefined ? undefined : [schema["const"]])) as
    | unknown[]
    | undefined;
  switch (schema["type"]) {
    case "null":
      return { kind: "nothing" };
    case "boolean":
    case "number":
      return { kind: schema["type"] };
    case "integer":
      return { kind: isUnsigned(schema) ? "unsigned" : "integer" };
    case "string":
      return values === undefined
        ? { kind: "string" }
        : { kind: "choice", values: values.filter((value): value is string => typeof value === "string") };
    case "array":
      return { kind: "list", of: read((schema["items"] ?? true) as Schema, within) };
    case "object":
      return readObject(schema, within);
    case undefined:
      if (values === undefined && schema["properties"] === undefined) return { kind: "anything" };
      return values === undefined ? readObject(schema, within) : readType({ ...schema, type: "string" }, within);
    default:
      throw new Error(`the type ${JSON.stringify(schema["type"])} is not known`);
  }
}

const isUnsigned = ({ format, minimum }: Readonly<Record<string, unknown>>): boolean =>
  (typeof format === "string" && format.startsWith("uint")) || (typeof minimum === "number" && minimum >= 0);

function readObject(schema: Readonly<Record<string, unknown>>, within: Within): AnyShape {
  const {
    properties = {},
    required = [],
    additionalProperties,
  } = schema as {
    properties?: Record<string, Schema>;
    required?: string[];
    additionalProperties?: Schema;
  };
  const fields = Object.entries(properties).map(([name, property]): [string, AnyShape] => {
    const of = read(property, within);
    return [name, required.includes(name) ? of : { kind: "field", of, missing: true }];
  });
  if (fields.length === 0 && additionalProperties !== undefined && additionalProperties !== false) {
    return { kind: "map", of: read(additionalProperties, within) };
  }
  return { kind: "object", fields: Object.fromEntries(fields) };
}
