import type { Conversation, OutputFormat } from "../../model/dialect/conversation.ts";
import { UntranslatableError } from "../../model/dialect/untranslatable.ts";
import type { ResponseItem } from "../../protocol/response-items.ts";
import { Refusal } from "../http/refusal.ts";
import { readInput } from "./input.ts";

/** What a client asked for. */
export interface Asked {
  readonly conversation: Conversation;
  /** Null: it did not say. */
  readonly stream: boolean | null;
  readonly store: boolean;
  readonly previousResponseId: string | null;
  /** The fields of a response that say again what was asked for, as JSON between braces. */
  readonly echo: string;
}

type Fields = Readonly<Record<string, unknown>>;

/** @throws Refusal where a body is no JSON object */
export function parseBody(bytes: Buffer): Fields {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString("utf8"));
  } catch (error) {
    throw new Refusal(400, `invalid JSON body: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new Refusal(400, "the JSON body has to be an object");
  return value as Fields;
}

/** @throws UntranslatableError for what the models behind the bridge cannot be asked */
export function readRequest(body: Fields): Asked {
  const { model } = body;
  if (typeof model !== "string" || model === "") throw new UntranslatableError("`model` is missing");
  const stream = flag(body, "stream");
  for (const name of ["background", "conversation", "prompt"]) {
    const value = body[name];
    if (value !== undefined && value !== null && value !== false)
      throw new UntranslatableError(
        `\`${name}\` needs what the provider of the Responses API keeps; this bridge has none`,
      );
  }
  const input = readInput(body["input"]);
  const text = object(body["text"]);
  const conversation: Conversation = {
    model,
    instructions: textOf(body, "instructions"),
    input,
    tools: list(body, "tools"),
    toolChoice: body["tool_choice"] ?? null,
    parallelToolCalls: flag(body, "parallel_tool_calls"),
    maxOutputTokens: positive(body["max_output_tokens"]) ?? positive(body["max_tokens"]),
    reasoningEffort: textOf(object(body["reasoning"]), "effort"),
    verbosity: textOf(text, "verbosity"),
    format: formatOf(text["format"]),
    temperature: number(body["temperature"]),
    topP: number(body["top_p"]),
    stop: stopOf(body["stop"]),
    seed: number(body["seed"]),
    user: textOf(body, "user") ?? textOf(body, "safety_identifier"),
    cacheKey: textOf(body, "prompt_cache_key"),
  };
  return {
    conversation,
    stream,
    store: body["store"] !== false,
    previousResponseId: textOf(body, "previous_response_id"),
    echo: echoOf(body),
  };
}

/** With what came before it. */
export const continued = (asked: Asked, before: readonly ResponseItem[]): Conversation =>
  before.length === 0 ? asked.conversation : { ...asked.conversation, input: [...before, ...asked.conversation.input] };

/** The fields of a response that a client finds again as it sent them, and what they are where it did not. */
const echoed: Readonly<Record<string, unknown>> = {
  instructions: null,
  max_output_tokens: null,
  metadata: {},
  parallel_tool_calls: true,
  previous_response_id: null,
  reasoning: { effort: null, summary: null },
  temperature: null,
  text: { format: { type: "text" } },
  tool_choice: "auto",
  tools: [],
  top_p: null,
  truncation: "disabled",
  user: null,
};

const usualTexts = Object.entries(echoed).map(([name, usual]) => [name, `"${name}":${JSON.stringify(usual)}`] as const);

function echoOf(body: Fields): string {
  let text = `"background":false,"store":${body["store"] !== false}`;
  for (const [name, usual] of usualTexts) {
    const value = body[name];
    text += value === undefined || value === null ? `,${usual}` : `,"${name}":${JSON.stringify(value)}`;
  }
  return text;
}

const object = (value: unknown): Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : {};
const number = (value: unknown): number | null => (typeof value === "number" && Number.isFinite(value) ? value : null);
const positive = (value: unknown): number | null =>
  typeof value === "number" && Number.isInteger(value) && value > 0 ? value : null;

function flag(body: Fields, name: string): boolean | null {
  const value = body[name];
  if (value === undefined || value === null) return null;
  if (typeof value !== "boolean") throw new UntranslatableError(`\`${name}\` is neither true nor false`);
  return value;
}

function textOf(body: Fields, name: string): string | null {
  const value = body[name];
  return typeof value === "string" && value !== "" ? value : null;
}

function list(body: Fields, name: string): readonly unknown[] {
  const value = body[name];
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new UntranslatableError(`\`${name}\` is no list`);
  return value;
}

function stopOf(value: unknown): string | readonly string[] | null {
  if (typeof value === "string") return value;
  return Array.isArray(value) && value.every((each) => typeof each === "string") ? value : null;
}

function formatOf(value: unknown): OutputFormat | null {
  const format = object(value);
  switch (format["type"]) {
    case undefined:
    case "text":
      return null;
    case "json_object":
      return { type: "json_object" };
    case "json_schema": {
      const { name, schema, strict, description } = format;
      return {
        type: "json_schema",
        name: typeof name === "string" ? name : "answer",
        schema,
        ...(typeof strict === "boolean" && { strict }),
        ...(typeof description === "string" && { description }),
      };
    }
    default:
      throw new UntranslatableError(`\`text.format\` of the type \`${String(format["type"])}\` is not known`);
  }
}
