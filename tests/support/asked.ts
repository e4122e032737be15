/** What models of other APIs are asked in tests. */
import type { Conversation } from "../../src/model/dialect/conversation.ts";
import type { ResponseItem } from "../../src/protocol/response-items.ts";

/** A conversation that says nothing but its model and its input. */
export const askedOf = (model: string, input: readonly ResponseItem[]): Conversation => ({
  model,
  instructions: null,
  input,
  tools: [],
  toolChoice: null,
  parallelToolCalls: null,
  maxOutputTokens: null,
  reasoningEffort: null,
  verbosity: null,
  format: null,
  temperature: null,
  topP: null,
  stop: null,
  seed: null,
  user: null,
  cacheKey: null,
});

const message = (role: string, type: string, text: string): ResponseItem => ({
  type: "message",
  role,
  content: [{ type, text }],
});
export const user = (text: string): ResponseItem => message("user", "input_text", text);
export const developer = (text: string): ResponseItem => message("developer", "input_text", text);
export const assistant = (text: string): ResponseItem => message("assistant", "output_text", text);
/** `args`: the JSON text, or what it says. */
export const functionCall = (callId: string, name: string, args: unknown): ResponseItem => ({
  type: "function_call",
  name,
  call_id: callId,
  arguments: typeof args === "string" ? args : JSON.stringify(args),
});
export const output = (callId: string, text: string): ResponseItem => ({
  type: "function_call_output",
  call_id: callId,
  output: text,
});
