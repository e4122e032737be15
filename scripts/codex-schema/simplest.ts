import { mayBeMissing } from "../../src/protocol/shapes/check.ts";
import type { AnyShape } from "../../src/protocol/shapes/shape.ts";

/** The same shape as it is most simply said, so that shapes can be compared: what may be left out is a field that may be missing, what may be null is nullable. */
export function simplest(shape: AnyShape): AnyShape {
  switch (shape.kind) {
    case "field":
      return simplest(shape.of);
    case "nullable":
      return orNull(simplest(shape.of));
    case "list":
    case "map":
      return { kind: shape.kind, of: simplest(shape.of) };
    case "union":
      return simplestUnion(shape.of.map(simplest));
    case "object":
      return {
        kind: "object",
        fields: Object.fromEntries(
          Object.entries(shape.fields).map(([name, field]) => {
            const of = simplest(field);
            return [name, mayBeMissing(field) ? { kind: "field", of, missing: true } : of];
          }),
        ),
      };
    case "choice":
      return { kind: "choice", values: shape.values.toSorted() };
    default:
      return shape;
  }
}

const orNull = (shape: AnyShape): AnyShape =>
  shape.kind === "nullable" || shape.kind === "anything" || shape.kind === "nothing"
    ? shape
    : { kind: "nullable", of: shape };

/** Unions within unions, and texts in several places, are one. */
function simplestUnion(options: readonly AnyShape[]): AnyShape {
  const flat = options.flatMap((option): readonly AnyShape[] => {
    const [bare, none] =
      option.kind === "nullable" ? [option.of, [{ kind: "nothing" } as const]] : [option, [] as const];
    return [...(bare.kind === "union" ? bare.of : [bare]), ...none];
  });
  if (flat.some(({ kind }) => kind === "anything")) return { kind: "anything" };
  const values = new Set(flat.flatMap((option) => (option.kind === "choice" ? option.values : [])));
  const isText = flat.some(({ kind }) => kind === "string");
  const rest = flat.filter(({ kind }) => kind !== "choice" && kind !== "nothing");
  const choice: AnyShape[] = values.size > 0 && !isText ? [{ kind: "choice", values: [...values].toSorted() }] : [];
  const all = [...choice, ...unique(rest)];
  const whole: AnyShape = all.length === 1 ? all[0]! : { kind: "union", of: all };
  return flat.some(({ kind }) => kind === "nothing") ? (all.length === 0 ? { kind: "nothing" } : orNull(whole)) : whole;
}

const unique = (shapes: readonly AnyShape[]): AnyShape[] => [
  ...new Map(shapes.map((shape) => [JSON.stringify(shape), shape])).values(),
];
