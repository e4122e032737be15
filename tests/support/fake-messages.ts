import { httpError, type Part, type Reply } from "./fake-model.ts";

/** What a server of Anthropic's Messages API says: makers of blocks, events and replies for the scripts of `startFakeModel`. */

export type AnswerBlock =
  | { type: "text"; text: string; citations?: unknown[] }
  | { type: "thinking"; thinking: string; signature: string }
  | { type: "redacted_thinking"; data: string }
  | { type: "tool_use"; id: string; name: string; input: unknown }
  | { type: "server_tool_use" | "web_search_tool_result"; [field: string]: unknown };

export type StopReason =
  | "end_turn"
  | "max_tokens"
  | "stop_sequence"
  | "tool_use"
  | "pause_turn"
  | "refusal"
  | "model_context_window_exceeded";

export interface AnswerOptions {
  id?: string;
  model?: string;
  /** Where it is not given: `tool_use` when a block is one, else `end_turn`. */
  stopReason?: StopReason;
  stopSequence?: string;
  usage?: AnswerUsage;
}

/** Tokens: those of the input that no cache had or got, those read from a cache, those written to it, and the output. */
export interface AnswerUsage {
  input?: number;
  cacheRead?: number;
  cacheWrite?: number;
  output?: number;
  thinking?: number;
}

// Blocks

export const textBlock = (text: string): AnswerBlock => ({ type: "text", text });
export const thinkingBlock = (thinking: string, signature = `signature of ${thinking}`): AnswerBlock => ({
  type: "thinking",
  thinking,
  signature,
});
export const redactedBlock = (data: string): AnswerBlock => ({ type: "redacted_thinking", data });
export const toolUse = (id: string, name: string, input: unknown): AnswerBlock => ({
  type: "tool_use",
  id: `toolu_${id}`,
  name,
  input,
});

// Events

export function messageStart(options: AnswerOptions = {}): Part {
  const usage = { ...usageOf(options.usage), output_tokens: 1 };
  return { event: { type: "message_start", message: { ...emptyMessage(options), usage } } };
}

export const ping: Part = { event: { type: "ping" } };

export function blockStart(index: number, block: AnswerBlock): Part {
  return { event: { type: "content_block_start", index, content_block: opened(block) } };
}

export function blockDelta(index: number, delta: { type: string; [field: string]: unknown }): Part {
  return { event: { type: "content_block_delta", index, delta } };
}

export const blockStop = (index: number): Part => ({ event: { type: "content_block_stop", index } });

/** Events of one block: its start, its content in two deltas, its stop. */
export function blockParts(block: AnswerBlock, index: number): Part[] {
  return [blockStart(index, block), ...deltasOf(block).map((delta) => blockDelta(index, delta)), blockStop(index)];
}

export function messageDelta(options: AnswerOptions = {}): Part {
  const { output_tokens, ...rest } = usageOf(options.usage);
  return {
    event: {
      type: "message_delta",
      delta: {
        stop_reason: options.stopReason ?? "end_turn",
        stop_sequence: options.stopSequence ?? null,
        stop_details: null,
        container: null,
      },
      usage: { ...rest, output_tokens },
    },
  };
}

export const messageStop: Part = { event: { type: "message_stop" } };

/** An error in the middle of a stream. */
export const errorEvent = (type: string, message: string): Part => ({
  event: { type: "error", error: { type, message }, request_id: "req_1" },
});

// Replies

/** A whole answer as a stream. */
export function answer(blocks: readonly AnswerBlock[], options: AnswerOptions = {}): Reply {
  const stopReason = options.stopReason ?? stopOf(blocks);
  return {
    headers: { "request-id": "req_1" },
    parts: [
      messageStart(options),
      ping,
      ...blocks.flatMap(blockParts),
      messageDelta({ ...options, stopReason }),
      messageStop,
    ],
  };
}

/** A whole answer to a request without `stream`. */
export function wholeAnswer(blocks: readonly AnswerBlock[], options: AnswerOptions = {}): Reply {
  return {
    headers: { "content-type": "application/json", "request-id": "req_1" },
    parts: [{ raw: JSON.stringify(wholeMessage(blocks, options)) }],
  };
}

export function wholeMessage(blocks: readonly AnswerBlock[], options: AnswerOptions = {}): Record<string, unknown> {
  return {
    ...emptyMessage(options),
    content: blocks,
    stop_reason: options.stopReason ?? stopOf(blocks),
    stop_sequence: options.stopSequence ?? null,
    usage: usageOf(options.usage),
  };
}

/** A refused request: `messagesError(529, "overloaded_error", "Overloaded")`. */
export function messagesError(
  status: number,
  type: string,
  message: string,
  headers: Record<string, string> = {},
): Reply {
  return httpError(
    status,
    { type: "error", error: { type, message }, request_id: "req_1" },
    { "request-id": "req_1", ...headers },
  );
}

function emptyMessage({ id = "msg_1", model = "claude-test" }: AnswerOptions): Record<string, unknown> {
  return {
    id,
    type: "message",
    role: "assistant",
    model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    stop_details: null,
    container: null,
  };
}

function usageOf({ input = 100, cacheRead = 0, cacheWrite = 0, output = 10, thinking }: AnswerUsage = {}): {
  output_tokens: number;
  [field: string]: unknown;
} {
  return {
    input_tokens: input,
    cache_creation_input_tokens: cacheWrite,
    cache_read_input_tokens: cacheRead,
    output_tokens: output,
    ...(thinking !== undefined && { output_tokens_details: { thinking_tokens: thinking } }),
  };
}

const stopOf = (blocks: readonly AnswerBlock[]): StopReason =>
  blocks.some(({ type }) => type === "tool_use") ? "tool_use" : "end_turn";

function opened(block: AnswerBlock): unknown {
  if (block.type === "text") return { type: "text", text: "" };
  if (block.type === "thinking") return { type: "thinking", thinking: "", signature: "" };
  if (block.type === "tool_use") return { ...block, input: {} };
  return block;
}

function deltasOf(block: AnswerBlock): { type: string; [field: string]: unknown }[] {
  switch (block.type) {
    case "text":
      return [
        ...halves(block.text).map((text) => ({ type: "text_delta", text })),
        ...(block.citations ?? []).map((citation) => ({ type: "citations_delta", citation })),
      ];
    case "thinking":
      return [
        ...halves(block.thinking).map((thinking) => ({ type: "thinking_delta", thinking })),
        { type: "signature_delta", signature: block.signature },
      ];
    case "tool_use": {
      const text = typeof block.input === "string" ? block.input : JSON.stringify(block.input);
      return ["", ...halves(text)].map((partial_json) => ({ type: "input_json_delta", partial_json }));
    }
    default:
      return [];
  }
}

function halves(text: string): string[] {
  const letters = [...text];
  const middle = letters.length >> 1;
  return [letters.slice(0, middle).join(""), letters.slice(middle).join("")].filter((half) => half !== "");
}
