/** What a caller wants the final response to be: as JSON Schema for the model, and as a check of what came. */
import { ValidationError } from "../errors.ts";
import { isPlainObject } from "../launch/toml.ts";
import { problemIn } from "./json-schema.ts";

export type Verdict = { ok: true; value: unknown } | { ok: false; problem: string };

export interface OutputSchema {
  /** The JSON Schema, as text. */
  json: string;
  /** Judges the final response. */
  read(text: string): Promise<Verdict>;
}

/** What the parsed response is, as far as the schema's type says. */
export type Parsed<Schema> = Schema extends {
  readonly "~standard": { readonly types?: { readonly output: infer Output } | undefined };
}
  ? Output
  : unknown;

/** The interface that schema libraries agreed upon. */
interface Standard {
  validate(value: unknown): StandardResult | Promise<StandardResult>;
  jsonSchema?: Record<"input" | "output", (options: { target: string }) => unknown>;
}

type StandardResult =
  | { value: unknown; issues?: undefined }
  | { issues: readonly { message: string; path?: readonly unknown[] | undefined }[] };

const path = "outputSchema";

/** Throws {@link ValidationError} for what is neither a JSON Schema nor an object of a schema library that exports one. */
export function readOutputSchema(given: unknown): OutputSchema {
  if ((typeof given !== "object" && typeof given !== "function") || given === null || Array.isArray(given))
    throw new ValidationError(path, "must be a JSON Schema object");
  const standard = standardOf(given);
  const exported = exportOf(given, standard);
  if (exported === null && !isPlainObject(given))
    throw new ValidationError(
      path,
      "is an instance of a class without a JSON Schema export; turn it into a JSON Schema with its library first",
    );
  const schema = exported ?? given;
  const json = asJson(schema);
  const check = standard ?? ownCheck(JSON.parse(json));
  return { json, read: (text) => judged(text, check) };
}

async function judged(text: string, check: Standard): Promise<Verdict> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { ok: false, problem: `The final response is not JSON: ${(error as Error).message}` };
  }
  const result = await check.validate(value);
  if (result.issues === undefined) return { ok: true, value: result.value };
  const [first] = result.issues;
  const place = (first?.path ?? []).map((key) => String(isKeyed(key) ? key.key : key)).join(".");
  const problem = `${place === "" ? "" : `${place}: `}${first?.message ?? "is not as the schema says"}`;
  return { ok: false, problem: `The final response does not satisfy outputSchema: ${problem}` };
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

/** Null when there is none. What comes out is asked for first: there everything that has a default is required, as strict output needs it. */
function exportOf(given: object, standard: Standard | null): unknown {
  const { toJSONSchema, toJsonSchema } = given as Record<string, unknown>;
  const ways: (() => unknown)[] = [];
  for (const side of ["output", "input"] as const) {
    const export_ = standard?.jsonSchema?.[side];
    if (typeof export_ === "function") ways.push(() => export_.call(standard?.jsonSchema, { target: "draft-2020-12" }));
    if (typeof toJSONSchema === "function") ways.push(() => toJSONSchema.call(given, { io: side }));
  }
  if (typeof toJsonSchema === "function") ways.push(() => toJsonSchema.call(given));
  let failure: unknown;
  for (const way of ways) {
    try {
      return strict(way());
    } catch (error) {
      failure = error;
    }
  }
  if (ways.length === 0) return null;
  throw new ValidationError(path, `has no JSON Schema: ${(failure as Error).message}`, { cause: failure });
}

/** Libraries leave open what strict output wants closed. */
function strict(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(strict);
  if (typeof schema !== "object" || schema === null) return schema;
  const inner = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, strict(value)]));
  const isOpen = inner["type"] === "object" && "properties" in inner && !("additionalProperties" in inner);
  return isOpen ? { ...inner, additionalProperties: false } : inner;
}

function asJson(schema: unknown): string {
  try {
    const json = JSON.stringify(schema) as string | undefined;
    if (json?.startsWith("{") === true) return json;
  } catch (error) {
    throw new ValidationError(path, `cannot be written as JSON: ${(error as Error).message.split("\n")[0]}`, {
      cause: error,
    });
  }
  throw new ValidationError(path, "must be a JSON Schema object");
}
