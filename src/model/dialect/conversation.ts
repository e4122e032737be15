import type { ResponseItem } from "../../protocol/response-items.ts";
import type { ModelRequest } from "../model-client.ts";

/** A `text.format` of the Responses API that is not plain text. */
export type OutputFormat =
  | { type: "json_object" }
  | { type: "json_schema"; name: string; schema: unknown; strict?: boolean | null; description?: string };

/**
 * What is asked of a model, in the Responses API's words and without its transport: what every dialect is translated from. Null
 * everywhere means: not said, the provider's own default.
 */
export interface Conversation {
  readonly model: string;
  /** Stands before the input, as its first developer message would. */
  readonly instructions: string | null;
  readonly input: readonly ResponseItem[];
  /** As the Responses API has them; kinds that no dialect has words for are refused when they are read. */
  readonly tools: readonly unknown[];
  /** `auto`, `none`, `required`, or an object that names a tool. */
  readonly toolChoice: unknown;
  readonly parallelToolCalls: boolean | null;
  readonly maxOutputTokens: number | null;
  readonly reasoningEffort: string | null;
  readonly verbosity: string | null;
  readonly format: OutputFormat | null;
  readonly temperature: number | null;
  readonly topP: number | null;
  readonly stop: string | readonly string[] | null;
  readonly seed: number | null;
  readonly user: string | null;
  /** Requests of one conversation share it. */
  readonly cacheKey: string | null;
}

/** What the kernel asks for. */
export function conversationOf(request: ModelRequest): Conversation {
  const { outputSchema } = request;
  return {
    model: request.model,
    instructions: null,
    input: request.input,
    tools: request.tools,
    toolChoice: "auto",
    parallelToolCalls: request.parallelToolCalls,
    maxOutputTokens: null,
    reasoningEffort: request.reasoning?.effort ?? null,
    verbosity: request.verbosity,
    format:
      outputSchema === undefined || outputSchema === null
        ? null
        : { type: "json_schema", name: "codex_output_schema", schema: outputSchema, strict: true },
    temperature: null,
    topP: null,
    stop: null,
    seed: null,
    user: null,
    cacheKey: request.cacheKey,
  };
}
