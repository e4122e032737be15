import { describe, expect, test } from "vitest";
import { conversationOf, type Conversation } from "../../../src/model/dialect/conversation.ts";
import { plainProfile } from "../../../src/model/dialect/profile.ts";
import { respond, type ResponseEnd } from "../../../src/model/dialect/respond.ts";
import type { Dialect, StepReader, StepSink } from "../../../src/model/dialect/step.ts";
import type { ModelRequest } from "../../../src/model/model-client.ts";
import type { ResponseItem } from "../../../src/protocol/response-items.ts";
import { noUsage } from "../../../src/protocol/usage.ts";

type Answer = (sink: StepSink) => void;

/** A response to this conversation, of a model that gives these answers in turn; and what it was asked. */
async function responseOf(
  answers: readonly Answer[],
  given: Partial<Conversation> = {},
): Promise<{ end: ResponseEnd; items: ResponseItem[]; asked: Conversation[] }> {
  const asked: Conversation[] = [];
  const items: ResponseItem[] = [];
  let sinkOfNow: StepSink | null = null;
  const reader: StepReader = { read: () => null, close: () => ({ type: "finished", reason: "stop" }) };
  const dialect: Dialect = {
    path: "/",
    headers: () => ({}),
    body: (conversation) => `${asked.push(conversation)}`,
    reader: (sink) => ((sinkOfNow = sink), reader),
  };
  const request = { model: "m", input: [], tools: [{ type: "web_search" }, run], reasoning: null };
  let ids = 0;
  const end = await respond(
    { ...conversationOf(request as unknown as ModelRequest), ...given },
    {
      dialect,
      profile: plainProfile,
      sink: {
        started() {},
        textDelta() {},
        reasoningDelta() {},
        done: (item) => items.push(item),
        repaired() {},
      },
      newId: (prefix) => `${prefix}${ids++}`,
      ask: (json, reader) => {
        answers[Number(json) - 1]?.(sinkOfNow!);
        return Promise.resolve(reader.close());
      },
      webSearch: {
        search: (calls) =>
          Promise.resolve({
            items: calls.map(({ callId }) => ({ type: "web_search_call", id: callId })),
            outputs: calls.map(({ arguments: text }) => `found ${text}`),
          }),
      },
    },
  );
  return { end, items, asked };
}

const run = { type: "function", name: "run", parameters: { type: "object" } };
const search =
  (thought: string, said: string): Answer =>
  (sink) => {
    sink.reasoning(thought);
    sink.text(said);
    sink.call(0, { id: `s ${thought}`, name: "web_search", arguments: '{"query":"x"}' });
    sink.usage({ ...noUsage, inputTokens: 10 });
  };
const say =
  (text: string): Answer =>
  (sink) => {
    sink.text(text);
    sink.usage({ ...noUsage, inputTokens: 1 });
  };
const nothing: Answer = (sink) => sink.usage({ ...noUsage, inputTokens: 100 });

const kinds = (items: readonly ResponseItem[]): string[] => items.map(({ type }) => type);

describe("a model that searches the web", () => {
  test("is asked to go on with all that it thought, said and found so far, each once", async () => {
    const { end, items, asked } = await responseOf([search("one", "A "), search("two", "B "), say("C")]);
    expect(end).toMatchObject({ type: "completed", requests: 3, usage: { inputTokens: 21 } });
    const step = ["reasoning", "message", "function_call", "function_call_output"];
    expect(asked.map(({ input }) => kinds(input))).toEqual([[], step, [...step, ...step]]);
    expect(asked[2]!.input[7]).toMatchObject({ call_id: "s two", output: 'found {"query":"x"}' });
    expect(kinds(items).filter((type) => type === "web_search_call")).toHaveLength(2);
  });

  test("is not made to search again by a choice that demanded it", async () => {
    const { asked } = await responseOf([search("one", ""), say("C")], { toolChoice: { type: "web_search" } });
    expect(asked.map(({ toolChoice }) => toolChoice)).toEqual([{ type: "web_search" }, "auto"]);
  });

  test("is offered no search any more after five rounds", async () => {
    const { asked } = await responseOf([...Array.from({ length: 5 }, (_, round) => search(`${round}`, "")), say("C")]);
    expect(asked.map(({ tools }) => tools.length)).toEqual([2, 2, 2, 2, 2, 1]);
  });

  test("and calls other tools is given to the client, with what it searched for", async () => {
    const both: Answer = (sink) => {
      search("one", "A")(sink);
      sink.call(1, { id: "c", name: "run", arguments: "{}" });
    };
    const { end, items } = await responseOf([both]);
    expect(end).toMatchObject({ type: "completed", requests: 1 });
    expect(kinds(items)).toEqual(["reasoning", "message", "function_call", "web_search_call"]);
  });
});

describe("a model that says nothing", () => {
  test("is asked a second time, and what both answers took is counted", async () => {
    const { end, items, asked } = await responseOf([nothing, say("Yes")]);
    expect(end).toMatchObject({ type: "completed", requests: 2, usage: { inputTokens: 101 } });
    expect(asked[1]).toEqual(asked[0]);
    expect(kinds(items)).toEqual(["message"]);
  });

  test("twice in a row has failed", async () => {
    const { end } = await responseOf([nothing, nothing]);
    expect(end).toMatchObject({ type: "failed", requests: 2, failure: { providerCode: "model_output_invalid" } });
    const later = await responseOf([nothing, search("one", ""), nothing, say("Yes")]);
    expect(later.end).toMatchObject({ type: "completed", requests: 4 });
  });
});

test("a call gets another id than any of the conversation", async () => {
  const call = (sink: StepSink): void => sink.call(0, { id: "call_0", name: "run", arguments: "{}" });
  const input: ResponseItem[] = [{ type: "function_call", name: "run", arguments: "{}", call_id: "call_0" }];
  const { items } = await responseOf([call], { input });
  expect((items[0] as { call_id: string }).call_id).not.toBe("call_0");
});

test("a model that is not to call anything does not do so in its text", async () => {
  const text = '<tool_call>{"name": "run", "arguments": {}}</tool_call>';
  expect(kinds((await responseOf([say(text)])).items)).toEqual(["function_call"]);
  expect(kinds((await responseOf([say(text)], { toolChoice: "none" })).items)).toEqual(["message"]);
});
