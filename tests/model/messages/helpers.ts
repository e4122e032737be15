import type { MessagesRequest } from "../../../src/protocol/messages/messages-api.ts";
import type { ResponseItem } from "../../../src/protocol/response-items.ts";
import type { Conversation } from "../../../src/model/dialect/conversation.ts";
import { plainProfile, type Profile } from "../../../src/model/dialect/profile.ts";
import { ToolTable } from "../../../src/model/dialect/tool-table.ts";
import { askedOf, functionCall } from "../../support/asked.ts";
import { messagesDialect } from "../../../src/model/messages/dialect.ts";

export { assistant, developer, output, user } from "../../support/asked.ts";

export const conversation = (input: readonly ResponseItem[], more: Partial<Conversation> = {}): Conversation => ({
  ...askedOf("claude-opus-4-6", input),
  toolChoice: "auto",
  ...more,
});
export const call = (id: string, name: string, args: unknown = {}): ResponseItem => functionCall(id, name, args);

/** The request that a conversation becomes. */
export function requestOf(asked: Conversation, profile: Partial<Profile> = {}): MessagesRequest {
  const table = new ToolTable(asked.tools, asked.input);
  return JSON.parse(messagesDialect.body(asked, table, { ...plainProfile, ...profile }));
}

/** The messages of a request, without the marks of the cache. */
export const messagesOf = (input: readonly ResponseItem[], profile: Partial<Profile> = {}): unknown =>
  requestOf(conversation(input), { ...profile, cacheBreakpoints: false }).messages;
