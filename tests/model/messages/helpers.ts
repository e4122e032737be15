import type { MessagesRequest } from "../../../src/protocol/messages/messages-api.ts";
import type { ResponseItem } from "../../../src/protocol/response-items.ts";
import type { Conversation } from "../../../src/model/dialect/conversation.ts";
import { plainProfile, type Profile } from "../../../src/model/dialect/profile.ts";
import { ToolTable } from "../../../src/model/dialect/tool-table.ts";
import { messagesDialect } from "../../../src/model/messages/dialect.ts";

export const user = (text: string): ResponseItem => ({
  type: "message",
  role: "user",
  content: [{ type: "input_text", text }],
});
export const developer = (text: string): ResponseItem => ({
  type: "message",
  role: "developer",
  content: [{ type: "input_text", text }],
});
export const assistant = (text: string): ResponseItem => ({
  type: "message",
  role: "assistant",
  content: [{ type: "output_text", text }],
});
export const call = (call_id: string, name: string, args: unknown = {}): ResponseItem => ({
  type: "function_call",
  name,
  call_id,
  arguments: typeof args === "string" ? args : JSON.stringify(args),
});
export const output = (call_id: string, text: string): ResponseItem => ({
  type: "function_call_output",
  call_id,
  output: text,
});

export const conversation = (input: readonly ResponseItem[], more: Partial<Conversation> = {}): Conversation => ({
  model: "claude-opus-4-6",
  instructions: null,
  input,
  tools: [],
  toolChoice: "auto",
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
  ...more,
});

/** The request that a conversation becomes. */
export function requestOf(asked: Conversation, profile: Partial<Profile> = {}): MessagesRequest {
  const table = new ToolTable(asked.tools, asked.input);
  return JSON.parse(messagesDialect.body(asked, table, { ...plainProfile, ...profile }));
}

/** The messages of a request, without the marks of the cache. */
export const messagesOf = (input: readonly ResponseItem[], profile: Partial<Profile> = {}): unknown =>
  requestOf(conversation(input), { ...profile, cacheBreakpoints: false }).messages;
