import { CallError } from "../tool.ts";

export interface CellSource {
  code: string;
  /** Milliseconds until the call returns while the script goes on. */
  yieldMs: number;
  /** Null: as many as an output may have. */
  outputTokens: number | null;
}

const defaultYieldMs = 30_000;
/** A call that waits longer than that waits by `wait`. */
const longestYieldMs = 300_000;

const fields = "`yield_time_ms` and `max_output_tokens`";
const example = '`// @exec: {"yield_time_ms": 10000, "max_output_tokens": 1000}`';

function integer(value: unknown): number | null {
  if (value === undefined || value === null) return null;
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
  throw new CallError(`exec pragma fields ${fields} must be non-negative safe integers: invalid number`);
}

function options(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (text === "") throw new CallError(`exec pragma must be a JSON object with supported fields ${fields}`);
    throw new CallError(`exec pragma must be valid JSON with supported fields ${fields}: ${(error as Error).message}`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new CallError(`exec pragma must be a JSON object with supported fields ${fields}`);
  }
  const unknown = Object.keys(value).find((name) => name !== "yield_time_ms" && name !== "max_output_tokens");
  if (unknown !== undefined) throw new CallError(`exec pragma only supports ${fields}; got \`${unknown}\``);
  return value as Record<string, unknown>;
}

/** A call's input: the script, and what its first line may say. @throws {CallError} in Codex's words. */
export function readSource(input: string): CellSource {
  if (input.trim() === "") {
    throw new CallError(
      `exec expects raw JavaScript source text (non-empty). Provide JS only, optionally with first-line ${example}.`,
    );
  }
  const first = /^[ \t]*\/\/ @exec:([^\r\n]*)(?:\r?\n|$)/.exec(input);
  if (first === null) return { code: input, yieldMs: defaultYieldMs, outputTokens: null };
  const code = input.slice(first[0].length);
  if (code.trim() === "") throw new CallError("exec pragma must be followed by JavaScript source on subsequent lines");
  const asked = options(first[1]!.trim());
  const yieldMs = integer(asked["yield_time_ms"]) ?? defaultYieldMs;
  return { code, yieldMs: Math.min(yieldMs, longestYieldMs), outputTokens: integer(asked["max_output_tokens"]) };
}
