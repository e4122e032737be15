import type { TokenUsage } from "../../protocol/usage.ts";
import type { ModelFailure } from "../model-client.ts";
import type { ServerSentEvent } from "../sse.ts";
import type { Conversation } from "./conversation.ts";
import type { Profile } from "./profile.ts";
import type { ToolTable } from "./tool-table.ts";

/** Hears what one answer of a model is made of, piece by piece and in order. Pieces may be empty. */
export interface StepSink {
  reasoning(delta: string): void;
  /** What its provider wants to have back with the reasoning before it, or in its place, unchanged. */
  seal(seal: string): void;
  text(delta: string): void;
  refusal(delta: string): void;
  /** The reasoning or text so far is a block of its own: what comes next is another. */
  blockEnded(): void;
  /** A piece of the call `key`; `id` and `name` are whole, and the last that are not empty count; `arguments` are appended. */
  call(key: number, piece: { id?: string; name?: string; arguments?: string }): void;
  /** Nothing more comes for this call. A server that does not say so leaves all calls open until the end. */
  callEnded(key: number): void;
  /** Of the whole answer so far: the latest counts. */
  usage(usage: TokenUsage): void;
}

/** How an answer ended: by itself, because it grew too long or was filtered, or not as one should. */
export type StepEnd =
  | { type: "finished"; reason: "stop" | "length" | "content_filter" }
  | { type: "failed"; failure: ModelFailure };

/** Reads the events of one answer's stream and tells a sink. */
export interface StepReader {
  /** Gives the end when this event was it. Never throws over what the event holds. */
  read(event: ServerSentEvent): StepEnd | null;
  /** The body is at its end, whether the answer was or not. */
  close(): StepEnd;
}

/** What an answer comes to whose connection broke: it is whole if its server had said before that it is. */
export function brokenOff(reader: StepReader, failure: ModelFailure): StepEnd {
  const end = reader.close();
  return end.type === "finished" ? end : { type: "failed", failure };
}

/** An API that is spoken in place of the Responses API. */
export interface Dialect {
  /** Below the base URL, with its slash. */
  readonly path: string;
  /** What carries the key, and what every request of the dialect has. Names in lower case. */
  headers(key: string | null): Record<string, string>;
  /** The JSON of a request. Equal conversations give equal text; a conversation that goes on begins with the same messages. */
  body(conversation: Conversation, tools: ToolTable, profile: Profile): string;
  reader(sink: StepSink): StepReader;
}
