import { isShown, type PrintOptions } from "./json-schema.ts";
import type { AnyShape } from "./shape.ts";

/** A shape as a type of TypeScript, on one line. Shapes that have names are called by them. */
export function typescriptOf(shape: AnyShape, options: PrintOptions): string {
  return options.nameOf(shape) ?? typescriptBody(shape, options);
}

/** The same, of which the shape itself is written out though it has a name. */
export function typescriptBody(shape: AnyShape, options: PrintOptions): string {
  const inner = (of: AnyShape): string => typescriptOf(of, options);
  switch (shape.kind) {
    case "anything":
      return "unknown";
    case "string":
    case "boolean":
    case "number":
      return shape.kind;
    case "integer":
    case "unsigned":
      return "number";
    case "nothing":
      return "null";
    case "choice":
      return shape.values.map((value) => JSON.stringify(value)).join(" | ");
    case "nullable":
      return `${inner(shape.of)} | null`;
    case "list":
      return `Array<${inner(shape.of)}>`;
    case "map":
      return `{ [key: string]: ${inner(shape.of)} }`;
    case "union":
      return shape.of.map(inner).join(" | ");
    case "field":
      return inner(shape.of);
    case "object": {
      const fields = Object.entries(shape.fields).filter(([, field]) => isShown(field, options));
      const members = fields.map(([name, field]) => {
        const mark = field.kind === "field" && field.missing === true ? "?" : "";
        return `${/^[\w$]+$/.test(name) ? name : JSON.stringify(name)}${mark}: ${inner(field)}`;
      });
      const all = shape.open === true ? [...members, "[key: string]: unknown"] : members;
      return all.length === 0 ? "{ [key: string]: unknown }" : `{ ${all.join("; ")} }`;
    }
  }
}

/** The named shapes that a shape's own text names, itself left out. */
export function namesWithin(shape: AnyShape, options: PrintOptions): Map<string, AnyShape> {
  const found = new Map<string, AnyShape>();
  const look = (each: AnyShape): void => {
    const name = options.nameOf(each);
    if (name === null) within(each).forEach(look);
    else found.set(name, each);
  };
  const within = (each: AnyShape): readonly AnyShape[] => {
    if (each.kind === "object") return Object.values(each.fields).filter((field) => isShown(field, options));
    if (each.kind === "union") return each.of;
    return "of" in each ? [each.of] : [];
  };
  within(shape).forEach(look);
  return found;
}
