import type { Conversation } from "../../../src/model/dialect/conversation.ts";
import { Assembler, type AssembledEnd } from "../../../src/model/dialect/assembler.ts";
import type { ItemSink } from "../../../src/model/dialect/items.ts";
import { plainProfile, type Profile } from "../../../src/model/dialect/profile.ts";
import { ToolTable } from "../../../src/model/dialect/tool-table.ts";
import { chatDialect } from "../../../src/model/chat/dialect.ts";
import { SseParser } from "../../../src/model/sse.ts";
import type { ResponseItem } from "../../../src/protocol/response-items.ts";
import type { TokenUsage } from "../../../src/protocol/usage.ts";
import type { SentMessage } from "../../support/fake-chat.ts";
import { askedOf, functionCall } from "../../support/asked.ts";
import { threadTools } from "../../support/any-thread.ts";

export { assistant, output, user } from "../../support/asked.ts";

export const conversation = (input: readonly ResponseItem[], fields: Partial<Conversation> = {}): Conversation => ({
  ...askedOf("m", input),
  tools: threadTools,
  ...fields,
});
export const call = (id: string, name = "exec_command", args: unknown = { cmd: "ls" }): ResponseItem =>
  functionCall(id, name, args);

export interface SentRequest {
  messages: SentMessage[];
  tools?: { type: string; function: Record<string, unknown> }[];
  [field: string]: unknown;
}

/** The request that is sent for a conversation. */
export function sent(asked: Conversation, profile: Partial<Profile> = {}): SentRequest {
  const table = new ToolTable(asked.tools, asked.input);
  return JSON.parse(chatDialect.body(asked, table, { ...plainProfile, ...profile })) as SentRequest;
}

export const messagesFor = (input: readonly ResponseItem[], profile: Partial<Profile> = {}): SentMessage[] =>
  sent(conversation(input), profile).messages;

export interface Heard {
  items: ResponseItem[];
  end: AssembledEnd;
  usage: TokenUsage | null;
  /** Pieces of text and of reasoning, in order. */
  texts: string[];
  thoughts: string[];
}

/** What a stream of these bytes comes to, cut into pieces of these sizes; of one event a piece where none are given. */
export function hear(bytes: Uint8Array | string, cuts: readonly number[] = [], tools = threadTools): Heard {
  const texts: string[] = [];
  const thoughts: string[] = [];
  const sink: ItemSink = {
    started() {},
    textDelta: (_id, _index, delta) => texts.push(delta),
    reasoningDelta: (_id, _index, delta) => thoughts.push(delta),
    done() {},
    repaired() {},
  };
  let count = 0;
  const assembler = new Assembler(new ToolTable(tools, []), sink, (prefix) => `${prefix}${count++}`);
  const reader = chatDialect.reader(assembler);
  let end: ReturnType<typeof reader.read> = null;
  const parser = new SseParser((event) => {
    end ??= reader.read(event);
  });
  const all = typeof bytes === "string" ? Buffer.from(bytes) : bytes;
  let at = 0;
  for (const cut of cuts) {
    parser.push(all.subarray(at, at + cut));
    at += cut;
  }
  parser.push(all.subarray(at));
  parser.end();
  return { end: assembler.end(end ?? reader.close()), items: assembler.items, usage: assembler.used, texts, thoughts };
}
