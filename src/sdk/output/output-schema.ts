/** What a caller wants the final response to be: as JSON Schema for the model, and as a check of what came. */
import { readUserSchema, SchemaError, type UserSchema } from "../../protocol/schemas/user-schema.ts";
import { ValidationError } from "../errors.ts";

export type { Parsed } from "../../protocol/schemas/user-schema.ts";
export type Verdict = { ok: true; value: unknown } | { ok: false; problem: string };

export interface OutputSchema {
  /** The JSON Schema, as text. */
  json: string;
  /** Judges the final response. */
  read(text: string): Promise<Verdict>;
}

/** Throws {@link ValidationError} for what is neither a JSON Schema nor an object of a schema library that exports one. */
export function readOutputSchema(given: unknown): OutputSchema {
  const schema = readSchema(given);
  return { json: schema.json, read: (text) => judged(text, schema) };
}

function readSchema(given: unknown): UserSchema {
  try {
    return readUserSchema(given, "output");
  } catch (error) {
    if (error instanceof SchemaError) throw new ValidationError("outputSchema", error.message, { cause: error.cause });
    throw error;
  }
}

async function judged(text: string, schema: UserSchema): Promise<Verdict> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { ok: false, problem: `The final response is not JSON: ${(error as Error).message}` };
  }
  const checked = await schema.check(value);
  if (checked.ok) return checked;
  return { ok: false, problem: `The final response does not satisfy outputSchema: ${checked.problem}` };
}
