import type { Part, RecordedRequest, Reply } from "./fake-model.ts";

/**
 * What a chat-completions server streams, for scripts of `startFakeModel`: `chat([text("Hi"), finish(), usage(9, 2)])` is a reply.
 */

/** The `delta` of a chunk's only choice. */
export type ChatDelta = Record<string, unknown>;

const head = { id: "chatcmpl-1", object: "chat.completion.chunk", created: 1_795_000_000, model: "fake" };

/** A chunk as it stands in the stream. */
export const chunk = (fields: Record<string, unknown>): Part => ({
  raw: `data: ${JSON.stringify({ ...head, ...fields })}\n\n`,
});

export const delta = (fields: ChatDelta, finishReason: string | null = null): Part =>
  chunk({ choices: [{ index: 0, delta: fields, finish_reason: finishReason }] });

export const role = (): Part => delta({ role: "assistant", content: "" });
export const text = (content: string): Part => delta({ content });
/** What the model thinks, under the name that its server has for it. */
export const thought = (content: string, field: "reasoning" | "reasoning_content" = "reasoning_content"): Part =>
  delta({ [field]: content });
export const refusal = (content: string): Part => delta({ refusal: content });

/** The first piece of a call. `args` as an object is written as JSON; as a string it is sent as it is. */
export function toolCall(index: number, id: string, name: string, args: unknown = ""): Part {
  const written = typeof args === "string" ? args : JSON.stringify(args);
  return delta({ tool_calls: [{ index, id, type: "function", function: { name, arguments: written } }] });
}
export const moreArguments = (index: number, piece: string): Part =>
  delta({ tool_calls: [{ index, function: { arguments: piece } }] });

export const finish = (reason = "stop"): Part => delta({}, reason);
/** The chunk without choices that ends a stream whose usage was asked for. */
export const usage = (prompt: number, completion: number, details: Record<string, unknown> = {}): Part =>
  chunk({
    choices: [],
    usage: { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion, ...details },
  });
export const chatError = (error: unknown): Part => chunk({ error });
export const chatDone: Part = { raw: "data: [DONE]\n\n" };

/** A whole answer: the role, these pieces, `[DONE]`. */
export const chat = (parts: readonly Part[], options: Omit<Reply, "parts"> = {}): Reply => ({
  ...options,
  parts: [role(), ...parts, chatDone],
});

/** The answer of one text. */
export const chatText = (answer: string): Reply => chat([text(answer), finish(), usage(100, 10)]);

/** The answer that calls these tools, side by side. */
export const chatCalls = (...calls: readonly { id: string; name: string; args: unknown }[]): Reply =>
  chat([
    ...calls.flatMap(({ id, name, args }, index) => {
      const written = typeof args === "string" ? args : JSON.stringify(args);
      const half = written.length >> 1;
      return [toolCall(index, id, name, written.slice(0, half)), moreArguments(index, written.slice(half))];
    }),
    finish("tool_calls"),
    usage(100, 10),
  ]);

/** A message of a request, as servers read it. */
export interface SentMessage {
  role: string;
  content?: unknown;
  tool_calls?: { id: string; type: string; function: { name: string; arguments: string } }[];
  tool_call_id?: string;
  [field: string]: unknown;
}

/** The messages of a request that a fake server was sent. */
export const messagesOf = (request: RecordedRequest): SentMessage[] =>
  (request.body as { messages: SentMessage[] }).messages;
