import type { AnyShape, Fields } from "./shape.ts";

/** What is wrong with a value, and where: `input[0].type`, or empty for the value itself. */
export interface Misfit {
  readonly path: string;
  /** A phrase without a final stop. */
  readonly message: string;
}

/** The first thing that does not fit; null when all does. */
export function misfitOf(value: unknown, shape: AnyShape, path = ""): Misfit | null {
  switch (shape.kind) {
    case "anything":
      return null;
    case "string":
    case "boolean":
    case "number":
      return typeof value === shape.kind ? null : wrong(value, path, expected(shape));
    case "integer":
      return Number.isInteger(value) ? null : wrong(value, path, expected(shape));
    case "unsigned":
      return Number.isInteger(value) && (value as number) >= 0 ? null : wrong(value, path, expected(shape));
    case "nothing":
      return value === null ? null : wrong(value, path, expected(shape));
    case "choice":
      if (typeof value !== "string") return wrong(value, path, expected(shape));
      return shape.values.includes(value) ? null : { path, message: unknownVariant(value, shape.values) };
    case "field":
      return value === undefined && shape.missing !== undefined ? null : misfitOf(value, shape.of, path);
    case "nullable":
      return value === null || value === undefined ? null : misfitOf(value, shape.of, path);
    case "list":
      return Array.isArray(value)
        ? firstOf(value.entries(), ([index, each]) => misfitOf(each, shape.of, `${path}[${index}]`))
        : wrong(value, path, expected(shape));
    case "map":
      return isRecord(value)
        ? firstOf(Object.entries(value), ([key, each]) => misfitOf(each, shape.of, inner(path, key)))
        : wrong(value, path, expected(shape));
    case "object":
      return isRecord(value) ? misfitOfFields(value, shape.fields, path) : wrong(value, path, expected(shape));
    case "union":
      return misfitOfUnion(value, shape.of, path);
  }
}

function misfitOfFields(value: Record<string, unknown>, fields: Fields, path: string): Misfit | null {
  return firstOf(Object.entries(fields), ([key, shape]) => {
    const each = Object.hasOwn(value, key) ? value[key] : undefined;
    if (each === undefined && !mayBeMissing(shape)) return { path, message: `missing field \`${key}\`` };
    return misfitOf(each, shape, inner(path, key));
  });
}

/** Whether an object fits without this field. */
export function mayBeMissing(shape: AnyShape): boolean {
  if (shape.kind === "field") return shape.missing !== undefined || mayBeMissing(shape.of);
  return shape.kind === "nullable";
}

function misfitOfUnion(value: unknown, options: readonly AnyShape[], path: string): Misfit | null {
  const tag = tagOf(options);
  if (tag !== null && isRecord(value)) {
    const said = value[tag];
    if (said === undefined) return { path, message: `missing field \`${tag}\`` };
    const chosen = options.filter((option) => tagsOf(option, tag)?.includes(said as string));
    if (chosen.length === 1) return misfitOf(value, chosen[0]!, path);
    if (chosen.length === 0) {
      const known = options.flatMap((option) => tagsOf(option, tag) ?? []);
      return { path: inner(path, tag), message: unknownVariant(said, known) };
    }
  }
  const misfits = options.map((option) => misfitOf(value, option, path));
  if (misfits.includes(null)) return null;
  // What fails deepest was meant.
  const [deepest] = (misfits as Misfit[]).toSorted((a, b) => b.path.length - a.path.length);
  if (deepest !== undefined && deepest.path.length > path.length) return deepest;
  return wrong(value, path, options.map(expected).join(" or "));
}

/** The field whose text tells the objects of a union apart; null where there is none. */
export function tagOf(options: readonly AnyShape[]): string | null {
  const names = namesOf(options[0]).filter((name) => options.every((option) => tagsOf(option, name) !== null));
  return names.find((name) => name === "type") ?? names[0] ?? null;
}

function namesOf(option: AnyShape | undefined): string[] {
  if (option?.kind === "union") return namesOf(option.of[0]);
  return option?.kind === "object" ? Object.keys(option.fields) : [];
}

function tagsOf(option: AnyShape, tag: string): readonly string[] | null {
  if (option.kind === "union") {
    const tags = option.of.map((each) => tagsOf(each, tag));
    return tags.includes(null) ? null : [...new Set(tags.flatMap((each) => each ?? []))];
  }
  const field = option.kind === "object" ? option.fields[tag] : undefined;
  return field?.kind === "choice" ? field.values : null;
}

function firstOf<T>(values: Iterable<T>, look: (value: T) => Misfit | null): Misfit | null {
  for (const value of values) {
    const misfit = look(value);
    if (misfit !== null) return misfit;
  }
  return null;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const inner = (path: string, key: string): string => (path === "" ? key : `${path}.${key}`);

const wrong = (value: unknown, path: string, wanted: string): Misfit => ({
  path,
  message: `expected ${wanted}, found ${described(value)}`,
});

const unknownVariant = (value: unknown, known: readonly string[]): string =>
  `unknown variant ${typeof value === "string" ? `\`${short(value)}\`` : described(value)}, expected ${
    known.length === 1 ? "" : "one of "
  }${known.map((name) => `\`${name}\``).join(", ")}`;

const short = (text: string): string => (text.length > 80 ? `${text.slice(0, 79)}…` : text);

function expected(shape: AnyShape): string {
  switch (shape.kind) {
    case "string":
    case "boolean":
    case "number":
    case "anything":
      return { string: "a string", boolean: "true or false", number: "a number", anything: "anything" }[shape.kind];
    case "integer":
      return "an integer";
    case "unsigned":
      return "an integer from 0 on";
    case "nothing":
      return "null";
    case "choice":
      return shape.values.map((value) => JSON.stringify(value)).join(" or ");
    case "list":
      return "a list";
    case "map":
    case "object":
      return "an object";
    case "nullable":
    case "field":
      return expected(shape.of);
    case "union":
      return [...new Set(shape.of.map(expected))].join(" or ");
  }
}

function described(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "an object";
  if (typeof value === "string") return `the string ${JSON.stringify(short(value))}`;
  return `\`${String(value)}\``;
}
