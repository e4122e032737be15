import { tagOf } from "../../src/protocol/shapes/check.ts";
import type { AnyShape } from "../../src/protocol/shapes/shape.ts";
import { simplest } from "./simplest.ts";

/** What of one shape is otherwise in another, a line for each place: `input[].type: no variant "skill" any more`. */
export function differences(before: AnyShape, after: AnyShape): string[] {
  return compare(simplest(before), simplest(after), "");
}

function compare(before: AnyShape, after: AnyShape, path: string): string[] {
  if (before.kind === "choice" && after.kind === "choice") return compareValues(before.values, after.values, path);
  if (before.kind === "object" && after.kind === "object") return compareFields(before.fields, after.fields, path);
  if (before.kind === "nullable" || after.kind === "nullable") {
    if (before.kind === "nullable" && after.kind === "nullable") return compare(before.of, after.of, path);
    const [bare, other] = before.kind === "nullable" ? [before.of, after] : [before, (after as { of: AnyShape }).of];
    const what = before.kind === "nullable" ? "is never null any more" : "may be null now";
    return [said(path, what), ...compare(bare, other, path)];
  }
  if (before.kind === "union" || after.kind === "union") {
    return compareVariants(optionsOf(before), optionsOf(after), path);
  }
  if (before.kind !== after.kind) return [said(path, `was ${nameOf(before)}, is ${nameOf(after)}`)];
  if (before.kind === "list") return compare(before.of, (after as typeof before).of, `${path}[]`);
  if (before.kind === "map") return compare(before.of, (after as typeof before).of, `${path}.*`);
  return [];
}

const said = (path: string, what: string): string => (path === "" ? what : `${path}: ${what}`);

const optionsOf = (shape: AnyShape): readonly AnyShape[] => (shape.kind === "union" ? shape.of : [shape]);

function compareValues(before: readonly string[], after: readonly string[], path: string): string[] {
  return [
    ...after.filter((value) => !before.includes(value)).map((value) => said(path, `new value "${value}"`)),
    ...before.filter((value) => !after.includes(value)).map((value) => said(path, `no value "${value}" any more`)),
  ];
}

function compareFields(
  before: Readonly<Record<string, AnyShape>>,
  after: Readonly<Record<string, AnyShape>>,
  path: string,
): string[] {
  const at = (name: string): string => (path === "" ? name : `${path}.${name}`);
  const added = Object.keys(after).filter((name) => !Object.hasOwn(before, name));
  const removed = Object.keys(before).filter((name) => !Object.hasOwn(after, name));
  const kept = Object.entries(before).filter(([name]) => Object.hasOwn(after, name));
  return [
    ...added.map((name) => `${at(name)}: new field`),
    ...removed.map((name) => `${at(name)}: no such field any more`),
    ...kept.flatMap(([name, field]) => {
      const other = after[name]!;
      const [was, is] = [field.kind === "field", other.kind === "field"];
      const need = was === is ? [] : [`${at(name)}: ${is ? "may be left out now" : "must be there now"}`];
      return [...need, ...compare(bare(field), bare(other), at(name))];
    }),
  ];
}

const bare = (field: AnyShape): AnyShape => (field.kind === "field" ? field.of : field);

/** Variants are the same ones when their tags, or their only fields, or their kinds are. */
function compareVariants(before: readonly AnyShape[], after: readonly AnyShape[], path: string): string[] {
  const [was, is] = [variantsOf(before), variantsOf(after)];
  return [
    ...[...is.keys()].filter((name) => !was.has(name)).map((name) => said(path, `new variant ${name}`)),
    ...[...was.keys()].filter((name) => !is.has(name)).map((name) => said(path, `no variant ${name} any more`)),
    ...[...was].flatMap(([name, option]) => {
      const other = is.get(name);
      return other === undefined ? [] : compare(option, other, `${path}<${name}>`);
    }),
  ];
}

function variantsOf(options: readonly AnyShape[]): Map<string, AnyShape> {
  const objects = options.filter(({ kind }) => kind === "object");
  const tag = tagOf(objects);
  const named = new Map<string, AnyShape>();
  for (const option of options) {
    const name = variantName(option, tag);
    // Two that cannot be told apart are counted, in the order of their fields.
    let counted = name;
    for (let count = 2; named.has(counted); count++) counted = `${name} ${count}`;
    named.set(counted, option);
  }
  return named;
}

function variantName(option: AnyShape, tag: string | null): string {
  if (option.kind !== "object") return nameOf(option);
  const field = tag === null ? undefined : option.fields[tag];
  if (field?.kind === "choice") return field.values.map((value) => `"${value}"`).join("|");
  const needed = Object.entries(option.fields).filter(([, each]) => each.kind !== "field");
  return `{${needed
    .map(([name]) => name)
    .toSorted()
    .join(",")}}`;
}

function nameOf(shape: AnyShape): string {
  if (shape.kind === "choice") return "one of some texts";
  return shape.kind === "nothing" ? "null" : shape.kind;
}
