import { describeValue, isTable, type TomlTable, type TomlValue } from "../toml/toml-values.ts";

/** What a key may hold. */
export type Shape =
  | { readonly kind: "string" | "boolean" }
  | { readonly kind: "integer" | "number"; readonly min?: number }
  | { readonly kind: "enum"; readonly values: readonly string[] }
  | { readonly kind: "list"; readonly of: Shape }
  /** Keys that users name: providers, servers, projects. */
  | { readonly kind: "map"; readonly of: Shape }
  /** `others`: what keys that users name may hold; without it, there are no others. `closed`: another key is a mistake, not news. */
  | {
      readonly kind: "table";
      readonly keys: Readonly<Record<string, Shape>>;
      readonly others?: Shape;
      readonly closed?: true;
    }
  | { readonly kind: "either"; readonly of: readonly Shape[] }
  /** Known to Codex and not honoured here (yet); passed over. */
  | { readonly kind: "ignored" }
  /** Checked by whoever uses it. */
  | { readonly kind: "any" };

export interface Finding {
  readonly kind: "unknown" | "ignored" | "wrong";
  readonly path: readonly string[];
  /** A sentence without a final stop. */
  readonly message: string;
}

/** All keys that are unknown, ignored or of a wrong type, in the order of the table. */
export function checkTable(table: TomlTable, keys: Readonly<Record<string, Shape>>): Finding[] {
  const findings: Finding[] = [];
  checkKeys(table, { keys }, [], findings);
  return findings;
}

function checkKeys(
  table: TomlTable,
  { keys, others, closed }: Omit<Extract<Shape, { kind: "table" }>, "kind">,
  path: readonly string[],
  findings: Finding[],
): void {
  for (const [key, value] of Object.entries(table)) {
    const inner = [...path, key];
    const shape = Object.hasOwn(keys, key) ? keys[key] : others;
    if (shape !== undefined) checkValue(value, shape, inner, findings);
    else if (closed) findings.push({ kind: "wrong", path: inner, message: unknownOf(keys, inner) });
    else findings.push({ kind: "unknown", path: inner, message: `unknown configuration key \`${inner.join(".")}\`` });
  }
}

const unknownOf = (keys: object, path: readonly string[]): string =>
  `\`${path.join(".")}\` is not known; there are: ${Object.keys(keys).join(", ")}`;

function checkValue(value: TomlValue, shape: Shape, path: readonly string[], findings: Finding[]): void {
  if (shape.kind === "any") return;
  if (shape.kind === "ignored") {
    findings.push({ kind: "ignored", path, message: `\`${path.join(".")}\` has no effect in this version` });
    return;
  }
  if (shape.kind === "either") {
    const option = shape.of.find((one) => fits(value, one));
    if (option !== undefined) return checkValue(value, option, path, findings);
  } else if (fits(value, shape)) {
    if (shape.kind === "table") checkKeys(value as TomlTable, shape, path, findings);
    else if (shape.kind === "map") {
      for (const [key, member] of Object.entries(value as TomlTable))
        checkValue(member, shape.of, [...path, key], findings);
    } else if (shape.kind === "list") {
      for (const [index, element] of (value as TomlValue[]).entries())
        checkValue(element, shape.of, [...path, String(index)], findings);
    }
    return;
  }
  findings.push({
    kind: "wrong",
    path,
    message: `\`${path.join(".")}\` must be ${describeShape(shape)}, found ${describeValue(value)}`,
  });
}

/** Whether the value itself is right; members of tables and lists are not looked at. */
function fits(value: TomlValue, shape: Shape): boolean {
  switch (shape.kind) {
    case "string":
    case "boolean":
      return typeof value === shape.kind;
    case "integer":
      return (
        typeof value === "number" && Number.isSafeInteger(value) && value >= (shape.min ?? Number.MIN_SAFE_INTEGER)
      );
    case "number":
      return typeof value === "number" && Number.isFinite(value) && value >= (shape.min ?? -Number.MAX_VALUE);
    case "enum":
      return typeof value === "string" && shape.values.includes(value);
    case "list":
      return Array.isArray(value);
    case "map":
    case "table":
      return isTable(value);
    case "either":
      return shape.of.some((option) => fits(value, option));
    case "any":
    case "ignored":
      return true;
  }
}

function describeShape(shape: Shape): string {
  switch (shape.kind) {
    case "string":
      return "a string";
    case "boolean":
      return "true or false";
    case "integer":
    case "number": {
      const what = shape.kind === "integer" ? "an integer" : "a number";
      return shape.min === undefined ? what : `${what} from ${shape.min} on`;
    }
    case "enum":
      return `one of ${shape.values.map((value) => `"${value}"`).join(", ")}`;
    case "list":
      return `a list, each element ${describeShape(shape.of)}`;
    case "map":
    case "table":
      return "a table";
    case "either":
      return shape.of.map(describeShape).join(" or ");
    case "any":
    case "ignored":
      return "any value";
  }
}
