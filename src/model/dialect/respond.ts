import type { ModelFailure } from "../model-client.ts";
import { addUsage, type TokenUsage } from "../../protocol/usage.ts";
import { Assembler, type SearchCall } from "./assembler.ts";
import type { Conversation } from "./conversation.ts";
import type { ItemSink } from "./items.ts";
import type { Profile } from "./profile.ts";
import type { Dialect, StepEnd, StepReader } from "./step.ts";
import { onceCalled } from "./tool-choice.ts";
import { ToolTable } from "./tool-table.ts";
import { isToolCall, type ResponseItem } from "../../protocol/response-items.ts";

export type ResponseEnd = {
  /** Of all answers that went into the response; null when no server said. */
  usage: TokenUsage | null;
  /** How often the server was asked. */
  requests: number;
} & (
  | { type: "completed" }
  | { type: "incomplete"; reason: "max_output_tokens" | "content_filter" }
  | { type: "failed"; failure: ModelFailure }
);

/** Searches the web where the server that answers cannot. */
export interface WebSearch {
  /** The items that say what was searched for, and what the model is told of each call, in their order. */
  search(calls: readonly SearchCall[]): Promise<{ items: ResponseItem[]; outputs: string[] }>;
}

export interface RespondOptions {
  dialect: Dialect;
  profile: Profile;
  sink: ItemSink;
  /** Gives an id with that prefix. */
  newId(prefix: string): string;
  /** Sends the JSON of a request and lets the reader read what comes. */
  ask(json: string, reader: StepReader): Promise<StepEnd>;
  /** Null: no search of the web is offered. */
  webSearch: WebSearch | null;
}

/** More rounds of searching than this are no search any more. */
const maxSearchRounds = 5;

/**
 * One response of the Responses API, of as many answers as it takes: a server that says nothing is asked a second time, and a model
 * that searched is asked to go on with what was found. @throws UntranslatableError before anything is sent
 */
export async function respond(conversation: Conversation, options: RespondOptions): Promise<ResponseEnd> {
  const { dialect, profile, sink, newId, ask, webSearch } = options;
  let asked = conversation;
  let table = new ToolTable(asked.tools, asked.input, { webSearch: webSearch !== null });
  const assembler = new Assembler(table, sink, newId, {
    taken: callIdsOf(asked.input),
    // Who is not to call anything does not do so in the text either.
    textCalls: asked.toolChoice !== "none",
  });
  let usage: TokenUsage | null = null;
  let requests = 0;
  let rounds = 0;
  let empty = 0;
  for (;;) {
    const json = dialect.body(asked, table, profile);
    requests++;
    const end = assembler.end(await ask(json, dialect.reader(assembler)));
    const { used } = assembler;
    if (used !== null) usage = usage === null ? used : addUsage(usage, used);
    if (end.type === "empty") {
      if (++empty > 1)
        return {
          type: "failed",
          usage,
          requests,
          failure: {
            code: "stream_disconnected",
            message: "the model answered twice with neither text nor a tool call",
            retryable: true,
            providerCode: "model_output_invalid",
          },
        };
      continue;
    }
    empty = 0;
    if (end.type !== "completed") return { ...end, usage, requests };
    if (webSearch === null || end.searches.length === 0) return { type: "completed", usage, requests };
    const { items, outputs } = await webSearch.search(end.searches);
    for (const item of items) assembler.add(item);
    // Other calls go to the client first: what was searched for is in the history that comes back with their outputs.
    if (end.calls > 0) return { type: "completed", usage, requests };
    asked = withSearches(asked, end.said, end.searches, outputs, ++rounds < maxSearchRounds);
    table = new ToolTable(asked.tools, asked.input, { webSearch: rounds < maxSearchRounds });
    assembler.continue(table);
  }
}

/** The conversation as the model left it, with its calls and what they brought. */
function withSearches(
  conversation: Conversation,
  said: readonly ResponseItem[],
  searches: readonly SearchCall[],
  outputs: readonly string[],
  offered: boolean,
): Conversation {
  const calls = searches.map(({ callId, arguments: text }): ResponseItem => ({
    type: "function_call",
    name: "web_search",
    arguments: text,
    call_id: callId,
  }));
  const results = searches.map(({ callId }, index): ResponseItem => ({
    type: "function_call_output",
    call_id: callId,
    output: outputs[index] ?? "",
  }));
  return {
    ...conversation,
    input: [...conversation.input, ...said, ...calls, ...results],
    // That something be called has been done.
    toolChoice: onceCalled(conversation.toolChoice),
    ...(!offered && { tools: conversation.tools.filter((tool) => !isWebSearch(tool)) }),
  };
}

const callIdsOf = (input: readonly ResponseItem[]): string[] =>
  input.flatMap((item) => (isToolCall(item) ? [item.call_id] : []));

const isWebSearch = (tool: unknown): boolean => {
  const type = (tool as { type?: unknown } | null)?.type;
  return type === "web_search" || type === "web_search_preview";
};
