import { problemIn } from "./json-schema.ts";

/** What a program gives as a schema: a JSON Schema, or an object of a library (zod, valibot, arktype, ...) that exports one. */
export interface UserSchema {
  /** The JSON Schema, as text. */
  readonly json: string;
  check(value: unknown): Promise<Checked>;
}

export type Checked = { ok: true; value: unknown } | { ok: false; problem: string };

/** Why something is no schema; a phrase that follows its name. */
export class SchemaError extends Error {
  override readonly name = "SchemaError";
}

/** What the checked value is, as far as the schema's type says. */
export type Parsed<Schema> = Schema extends {
  readonly "~standard": { readonly types?: { readonly output: infer Output } | undefined };
}
  ? Output
  : unknown;

/** The interface that schema libraries agreed upon. */
interface Standard {
  validate(value: unknown): StandardResult | Promise<StandardResult>;
  jsonSchema?: Record<Side, (options: { target: string }) => unknown>;
}

type StandardResult =
  | { value: unknown; issues?: undefined }
  | { issues: readonly { message: string; path?: readonly unknown[] | undefined }[] };

/** What comes out of a schema, where everything that has a default is there; or what goes in. */
type Side = "output" | "input";

/**
 * `first`: the side that a library's schema is asked for first; the other one where that cannot be said as JSON Schema.
 * @throws SchemaError for what is neither a JSON Schema nor an object of a library that exports one.
 */
export function readUserSchema(given: unknown, first: Side): UserSchema {
  if ((typeof given !== "object" && typeof given !== "function") || given === null || Array.isArray(given))
    throw new SchemaError("must be a JSON Schema object");
  const standard = standardOf(given);
  const sides: readonly Side[] = first === "output" ? ["output", "input"] : ["input", "output"];
  const exported = exportOf(given, standard, sides);
  if (exported === null && !isPlainObject(given))
    throw new SchemaError(
      "is an instance of a class without a JSON Schema export; turn it into a JSON Schema with its library first",
    );
  const json = asJson(exported ?? given);
  const check = standard ?? ownCheck(JSON.parse(json));
  return {
    json,
    async check(value) {
      const result = await check.validate(value);
      if (result.issues === undefined) return { ok: true, value: result.value };
      const [issue] = result.issues;
      const place = (issue?.path ?? []).map((key) => String(isKeyed(key) ? key.key : key)).join(".");
      return {
        ok: false,
        problem: `${place === "" ? "" : `${place}: `}${issue?.message ?? "is not as the schema says"}`,
      };
    },
  };
}

function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

const isKeyed = (value: unknown): value is { key: unknown } =>
  typeof value === "object" && value !== null && "key" in value;

function ownCheck(schema: unknown): Standard {
  return {
    validate(value) {
      const problem = problemIn(value, schema);
      return problem === null ? { value } : { issues: [{ message: problem }] };
    },
  };
}

function standardOf(given: object): Standard | null {
  const standard: unknown = (given as Record<string, unknown>)["~standard"];
  const isOne = typeof standard === "object" && standard !== null && "validate" in standard;
  return isOne && typeof standard.validate === "function" ? (standard as Standard) : null;
}

/** Null when there is none. */
function exportOf(given: object, standard: Standard | null, sides: readonly Side[]): unknown {
  const { toJSONSchema, toJsonSchema } = given as Record<string, unknown>;
  const ways: (() => unknown)[] = [];
  for (const side of sides) {
    const export_ = standard?.jsonSchema?.[side];
    if (typeof export_ === "function") ways.push(() => export_.call(standard?.jsonSchema, { target: "draft-2020-12" }));
    if (typeof toJSONSchema === "function") ways.push(() => toJSONSchema.call(given, { io: side }));
  }
  if (typeof toJsonSchema === "function") ways.push(() => toJsonSchema.call(given));
  let failure: unknown;
  for (const way of ways) {
    try {
      return closed(way());
    } catch (error) {
      failure = error;
    }
  }
  if (ways.length === 0) return null;
  throw new SchemaError(`has no JSON Schema: ${(failure as Error).message}`, { cause: failure });
}

/** Libraries leave open what models are to keep to. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== "object" || schema === null) return schema;
  const inner = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]));
  const isOpen = inner["type"] === "object" && "properties" in inner && !("additionalProperties" in inner);
  return isOpen ? { ...inner, additionalProperties: false } : inner;
}

function asJson(schema: unknown): string {
  try {
    const json = JSON.stringify(schema) as string | undefined;
    if (json?.startsWith("{") === true) return json;
  } catch (error) {
    throw new SchemaError(`cannot be written as JSON: ${(error as Error).message.split("\n")[0]}`, { cause: error });
  }
  throw new SchemaError("must be a JSON Schema object");
}
