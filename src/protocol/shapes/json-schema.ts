import { mayBeMissing } from "./check.ts";
import type { AnyShape } from "./shape.ts";

export type JsonSchema = boolean | { readonly [key: string]: unknown };

export interface PrintOptions {
  /** What a shape is called where it stands for itself; null: it is written out in place. */
  readonly nameOf: (shape: AnyShape) => string | null;
  /** With the fields that may still change. */
  readonly experimental: boolean;
}

/** A shape as JSON Schema (draft 7). Shapes that have names are referred to, below `#/definitions/`. */
export function jsonSchemaOf(shape: AnyShape, options: PrintOptions): JsonSchema {
  const name = options.nameOf(shape);
  return name === null ? jsonSchemaBody(shape, options) : { $ref: `#/definitions/${name}` };
}

/** The same, of which the shape itself is written out though it has a name. */
export function jsonSchemaBody(shape: AnyShape, options: PrintOptions): JsonSchema {
  const inner = (of: AnyShape): JsonSchema => jsonSchemaOf(of, options);
  switch (shape.kind) {
    case "anything":
      return true;
    case "string":
    case "boolean":
    case "number":
    case "integer":
      return { type: shape.kind };
    case "unsigned":
      return { type: "integer", minimum: 0 };
    case "nothing":
      return { type: "null" };
    case "choice":
      return { type: "string", enum: shape.values };
    case "nullable":
      return orNull(inner(shape.of));
    case "list":
      return { type: "array", items: inner(shape.of) };
    case "map":
      return { type: "object", additionalProperties: inner(shape.of) };
    case "union":
      return { anyOf: shape.of.map(inner) };
    case "field":
      return typeof shape.missing === "object"
        ? { ...asObject(inner(shape.of)), default: shape.missing.value }
        : inner(shape.of);
    case "object":
      return objectSchema(Object.entries(shape.fields), options, shape.open === true);
  }
}

function objectSchema(fields: readonly [string, AnyShape][], options: PrintOptions, isOpen: boolean): JsonSchema {
  const shown = fields.filter(([, field]) => isShown(field, options));
  const required = shown.filter(([, field]) => !mayBeMissing(field)).map(([name]) => name);
  return {
    type: "object",
    properties: Object.fromEntries(shown.map(([name, field]) => [name, jsonSchemaOf(field, options)])),
    ...(required.length > 0 && { required }),
    ...(isOpen && { additionalProperties: true }),
  };
}

export const isShown = (field: AnyShape, { experimental }: PrintOptions): boolean =>
  experimental || field.kind !== "field" || field.experimental !== true;

const asObject = (schema: JsonSchema): Record<string, unknown> => {
  if (typeof schema === "boolean") return {};
  // Beside a reference nothing else counts.
  return "$ref" in schema ? { allOf: [schema] } : schema;
};

function orNull(schema: JsonSchema): JsonSchema {
  if (typeof schema === "boolean") return schema;
  return typeof schema["type"] === "string" && !("enum" in schema)
    ? { ...schema, type: [schema["type"], "null"] }
    : { anyOf: [schema, { type: "null" }] };
}
