/** A whole client on a chat-completions server: what may go wrong between the two. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { chatDialect } from "../../../src/model/chat/dialect.ts";
import { DialectClient } from "../../../src/model/dialect/dialect-client.ts";
import { plainProfile } from "../../../src/model/dialect/profile.ts";
import type { ModelEvent, ModelRequest, ModelResult } from "../../../src/model/model-client.ts";
import { requestBody } from "../../../src/model/responses/request-body.ts";
import type { ResponseItem } from "../../../src/protocol/response-items.ts";
import type { ToolSpec } from "../../../src/protocol/tool-spec.ts";
import { nodeSystem } from "../../../src/system/node.ts";
import { threadTools } from "../../support/any-thread.ts";
import {
  chat,
  chatText,
  chatDone,
  finish,
  messagesOf,
  role,
  text,
  thought,
  toolCall,
  usage,
} from "../../support/fake-chat.ts";
import { htmlPage, httpError, startFakeModel, type FakeModel, type Script } from "../../support/fake-model.ts";
import { user } from "./kit.ts";

const key = "sk-very-secret-0123456789";
let fake: FakeModel | null = null;
afterEach(async () => {
  await fake?.close();
  fake = null;
});

interface Asked {
  result: ModelResult;
  events: ModelEvent[];
  fake: FakeModel;
}

async function ask(script: Script, { signal = new AbortController().signal, idleMs = 10_000 } = {}): Promise<Asked> {
  fake = await startFakeModel(script);
  const real = nodeSystem();
  const system = { ...real, clock: { ...real.clock, sleep: async () => {} } };
  const endpoint = {
    baseUrl: fake.baseUrl,
    queryParams: {},
    headers: {},
    credential: () => ({ reveal: () => key, source: "MY_KEY" }),
    requestMaxRetries: 2,
    streamMaxRetries: 2,
    streamIdleTimeoutMs: idleMs,
  };
  let count = 0;
  const client = new DialectClient(chatDialect, plainProfile, endpoint, system, (prefix) => `${prefix}${count++}`);
  const events: ModelEvent[] = [];
  const result = await client.stream(requestOf([user("Hi")]), { signal, onEvent: (event) => events.push(event) });
  return { result, events, fake };
}

const identity = { installationId: "i", sessionId: "s", threadId: "t", turnId: "u", rootTurnId: "u", windowId: "w" };
const requestOf = (input: readonly ResponseItem[]): ModelRequest => ({
  model: "fake",
  input,
  tools: threadTools as readonly ToolSpec[],
  parallelToolCalls: true,
  reasoning: null,
  verbosity: null,
  outputSchema: null,
  cacheKey: "t",
  identity: { ...identity, metadata: {} },
});

const itemsOf = ({ events }: Asked): unknown[] =>
  events.flatMap((event) => (event.type === "item.done" ? [event.item] : []));
const saidOf = ({ events }: Asked): string =>
  events.map((event) => (event.type === "text.delta" ? event.delta : "")).join("");

test("a request says the key, the conversation and the tools", async () => {
  const { fake: server, result } = await ask([chatText("Hello")]);
  expect(result).toMatchObject({ type: "completed", usage: { inputTokens: 100, outputTokens: 10 } });
  const [request] = server.requests;
  expect(request).toMatchObject({ method: "POST", url: "/v1/chat/completions" });
  expect(request!.headers).toMatchObject({ authorization: `Bearer ${key}`, accept: "text/event-stream" });
  expect(messagesOf(request!)).toEqual([{ role: "user", content: "Hi" }]);
});

test("what was thought in the open goes to no Responses API later, which would look for it among its own", async () => {
  const asked = await ask([chat([thought("hm"), text("Hello"), finish()])]);
  const input = itemsOf(asked) as ResponseItem[];
  expect(input.map(({ type }) => type)).toEqual(["reasoning", "message"]);
  const later = JSON.parse(requestBody({ ...requestOf([]), input })) as { input: ResponseItem[] };
  expect(later.input.map(({ type }) => type)).toEqual(["message"]);
});

test("a stream that comes byte by byte says the same", async () => {
  const bytes = readFileSync(join(import.meta.dirname, "../../fixtures/streams/chat/llama-cpp.sse"));
  const whole = await ask([{ parts: [{ raw: bytes }] }]);
  await fake!.close();
  const cut = await ask([{ parts: [{ raw: bytes }], chunkSize: 1 }]);
  expect(itemsOf(cut)).toEqual(itemsOf(whole));
  expect(cut.result).toEqual(whole.result);
  expect(itemsOf(cut)).toHaveLength(4);
});

describe("an answer that is no stream", () => {
  const answer = {
    object: "chat.completion",
    choices: [{ index: 0, finish_reason: "stop", message: { role: "assistant", content: "Hello" } }],
    usage: { prompt_tokens: 5, completion_tokens: 2 },
  };

  test("is heard, whatever it says that it is", async () => {
    for (const type of ["application/json", "text/event-stream"]) {
      const asked = await ask([
        { headers: { "content-type": type }, parts: [{ raw: JSON.stringify(answer, null, 2) }] },
      ]);
      expect(asked.result).toMatchObject({ type: "completed", usage: { totalTokens: 7 } });
      expect(saidOf(asked)).toBe("Hello");
      await fake!.close();
    }
  });

  test("and tells of an error is one", async () => {
    const body = JSON.stringify({ error: { message: "no such model", code: 404 } });
    const { result } = await ask([{ headers: { "content-type": "application/json" }, parts: [{ raw: body }] }]);
    expect(result).toMatchObject({ type: "failed", failure: { code: "model_not_found", retryable: false } });
  });

  test("and is a page says to look at the address", async () => {
    const { result } = await ask([htmlPage()]);
    expect(result).toMatchObject({ type: "failed", failure: { message: expect.stringContaining("base_url") } });
  });
});

describe("a connection that breaks", () => {
  const said = [role(), text("Hello"), usage(5, 2)];

  test("before the answer has ended is told, and may be tried again", async () => {
    const asked = await ask([{ parts: [...said, toolCall(0, "a", "exec_command", '{"cmd":"rm'), { cut: true }] }]);
    expect(asked.result).toMatchObject({ type: "failed", failure: { code: "stream_disconnected", retryable: true } });
    expect(itemsOf(asked).filter((item) => (item as { type: string }).type === "function_call")).toEqual([]);
  });

  test("after its end breaks nothing", async () => {
    const asked = await ask([{ parts: [...said, finish(), { cut: true }] }]);
    expect(asked.result).toMatchObject({ type: "completed", usage: { totalTokens: 7 } });
    expect(saidOf(asked)).toBe("Hello");
  });

  test("because nothing comes any more is given up", async () => {
    // On a busy machine nothing may have come before it is given up, and it is asked again.
    const { result } = await ask(() => ({ parts: [...said, { hang: true }] }), { idleMs: 300 });
    expect(result).toMatchObject({
      type: "failed",
      failure: { retryable: true, message: expect.stringContaining("idle") },
    });
  });
});

describe("a server that errs", () => {
  test("is asked again where it may be, and never with the key in what is told", async () => {
    const { result, fake: server } = await ask([
      httpError(502, { error: { message: `upstream refused ${key}` } }),
      httpError(500, "oops"),
      chatText("Hello"),
    ]);
    expect(result.type).toBe("completed");
    expect(server.requests).toHaveLength(3);
    await server.close();
    const refused = await ask([httpError(401, { error: { message: `bad key ${key}` } })]);
    expect(refused.result).toMatchObject({ type: "failed", failure: { code: "unauthorized", retryable: false } });
    expect(JSON.stringify(refused.result)).not.toContain(key);
    await fake!.close();
    const inStream = await ask([chat([{ raw: `data: {"error":{"message":"bad key ${key}","code":401}}\n\n` }])]);
    expect(inStream.result).toMatchObject({ type: "failed", failure: { code: "unauthorized" } });
    expect(JSON.stringify(inStream.result)).not.toContain(key);
  });

  test("over the length of a prompt says so by the same code, before the answer and in it", async () => {
    const error = {
      error: {
        code: 400,
        message: "request (9000 tokens) exceeds the available context size (4096 tokens)",
        type: "exceed_context_size_error",
      },
    };
    const before = await ask([httpError(400, error)]);
    await fake!.close();
    const within = await ask([{ parts: [{ raw: `data: ${JSON.stringify(error)}\n\n` }] }]);
    for (const { result } of [before, within])
      expect(result).toMatchObject({ type: "failed", failure: { code: "context_window_exceeded", retryable: false } });
  });

  test("with nothing to say is asked a second time, and what it said then counts once", async () => {
    const asked = await ask([chat([thought("Hm."), finish(), usage(5, 2)]), chatText("Hello")]);
    expect(asked.result).toMatchObject({ type: "completed", usage: { inputTokens: 105 } });
    expect(saidOf(asked)).toBe("Hello");
    await fake!.close();
    const twice = await ask([chat([finish()]), chat([{ raw: "" }, finish()])]);
    expect(twice.result).toMatchObject({ type: "failed", failure: { providerCode: "model_output_invalid" } });
    expect(twice.fake.requests).toHaveLength(2);
  });
});

test("giving up ends an answer that would go on", async () => {
  const stop = new AbortController();
  const enough = async (): Promise<void> => stop.abort(new Error("enough"));
  const parts = [role(), text("Hel"), { gate: enough }, { hang: true } as const];
  await expect(ask([{ parts }], { signal: stop.signal })).rejects.toThrow("enough");
});

test("an answer that was cut at its length ends as incomplete, with what it took", async () => {
  const asked = await ask([{ parts: [role(), text("Hel"), finish("length"), usage(5, 2), chatDone] }]);
  expect(asked.result).toMatchObject({
    type: "failed",
    failure: {
      code: "response_incomplete",
      incompleteReason: "max_output_tokens",
      retryable: false,
      charged: { totalTokens: 7 },
    },
  });
  expect(saidOf(asked)).toBe("Hel");
});
