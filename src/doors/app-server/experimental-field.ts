import type { AnyShape } from "../../protocol/shapes/shape.ts";

/** The first field given that is only for clients that asked for what may still change; null when there is none. */
export function experimentalField(value: unknown, shape: AnyShape): string | null {
  if (shape.kind !== "object") return null;
  const given = value as Record<string, unknown>;
  const named = Object.entries(shape.fields).find(
    ([key, field]) => field.kind === "field" && field.experimental === true && given[key] != null,
  );
  return named?.[0] ?? null;
}
