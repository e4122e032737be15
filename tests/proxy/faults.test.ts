import { once } from "node:events";
import { createServer as createHttp } from "node:http";
import { createServer as createTcp, connect, type AddressInfo, type Socket } from "node:net";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import type { ChatRequest } from "../../src/protocol/chat/chat-completions.ts";
import {
  chat,
  chatError,
  chatText,
  delta,
  finish,
  moreArguments,
  role,
  text,
  toolCall,
  usage,
} from "../support/fake-chat.ts";
import { htmlPage, httpError, startFakeModel, type Part, type Reply } from "../support/fake-model.ts";
import { fastest } from "../support/fastest.ts";
import type { Bridge } from "../../src/proxy/index.ts";
import { ask, bridgeBefore, bridgeTo, post, type SeenEvent } from "./on-stage.ts";
import { until, untilPasses } from "../support/until.ts";

const error = ({ response }: SeenEvent): { code: string; message: string } =>
  (response as { error: { code: string; message: string } }).error;

const faults: Record<string, { reply: Reply; code: string; says: RegExp }> = {
  "an error in the middle": {
    reply: { parts: [role(), text("Half"), chatError({ message: "out of memory", code: 500 })] },
    code: "server_error",
    says: /out of memory/,
  },
  "a reset in the middle": {
    reply: { parts: [role(), text("Half"), { cut: true }] },
    code: "server_error",
    says: /disconnected/,
  },
  "an end without an end": { reply: { parts: [role(), text("Half")] }, code: "server_error", says: /closed before/ },
  "a page in place of a stream": { reply: htmlPage(), code: "invalid_prompt", says: /text\/html/ },
  "a refused key": {
    reply: httpError(401, { error: { message: "wrong key" } }),
    code: "invalid_api_key",
    says: /failed with status 401: wrong key/,
  },
  "a limit": {
    reply: httpError(429, "", { "retry-after": "3" }),
    code: "rate_limit_exceeded",
    says: /try again in 3s/,
  },
  "a request that is too long": {
    reply: httpError(400, { error: { message: "This model's maximum context length is 10 tokens" } }),
    code: "context_length_exceeded",
    says: /status 400/,
  },
  "a fault of the server": {
    reply: httpError(503, "overloaded"),
    code: "server_error",
    says: /failed with status 503/,
  },
  "a very long error": { reply: httpError(500, "x".repeat(5000)), code: "server_error", says: /^.{500,700}$/ },
};

test.each(Object.entries(faults))("%s ends in response.failed", async (_, { reply, code, says }) => {
  const { bridge } = await bridgeTo([reply]);
  const { status, events, last } = await ask(bridge, {});
  expect(status).toBe(200);
  expect(events[0]).toMatchObject({ type: "response.created" });
  expect(last).toMatchObject({ type: "response.failed", response: { status: "failed" } });
  expect(error(last).code).toBe(code);
  expect(error(last).message).toMatch(says);
  expect(error(last).message).not.toMatch(/\n\s+at /);
});

test("a server that falls silent is given up", async () => {
  const { bridge } = await bridgeTo([{ parts: [role(), text("Half"), { hang: true }] }], { timeoutMs: 50 });
  const { last } = await ask(bridge, {});
  expect(error(last)).toMatchObject({ code: "server_error", message: expect.stringMatching(/idle timeout/) });
});

test("nobody listens where the server should be", async () => {
  const { bridge } = await bridgeBefore({ upstreams: [{ url: "http://127.0.0.1:9/v1" }] });
  const { last } = await ask(bridge, {});
  expect(error(last)).toMatchObject({ code: "server_error", message: expect.stringMatching(/ECONNREFUSED/) });
});

test("an answer in pieces of one byte is the same answer", async () => {
  const whole = chat([
    text("Grüße, 世界 🌍"),
    toolCall(0, "c1", "go", { way: "näher" }),
    finish("tool_calls"),
    usage(1, 1),
  ]);
  const plain = async (reply: Reply): Promise<unknown> => {
    const { bridge } = await bridgeTo([reply]);
    const { last } = await ask(bridge, { tools: [{ type: "function", name: "go", parameters: { type: "object" } }] });
    return ((last["response"] as { output: Record<string, unknown>[] }).output ?? []).map(
      ({ id: _id, ...rest }) => rest,
    );
  };
  const bytewise = await plain({ ...whole, chunkSize: 1 });
  expect(bytewise).toEqual(await plain(whole));
  expect(JSON.stringify(bytewise)).toContain("Grüße, 世界 🌍");
});

test.each([
  ["length", "max_output_tokens"],
  ["content_filter", "content_filter"],
])("an answer that ended by %s is incomplete, and its cut call is not told of", async (reason, said) => {
  const { bridge } = await bridgeTo([
    chat([text("Cut"), toolCall(0, "c", "go", '{"a":'), finish(reason), usage(5, 6)]),
  ]);
  const { last, events } = await ask(bridge, {
    tools: [{ type: "function", name: "go", parameters: { type: "object" } }],
  });
  expect(last).toMatchObject({
    type: "response.incomplete",
    response: { status: "incomplete", incomplete_details: { reason: said } },
  });
  expect(events.some(({ item }) => (item as { type?: string } | undefined)?.type === "function_call")).toBe(false);
});

test("an answer of nothing is asked for once more, and what both took is counted", async () => {
  const empty = chat([finish(), usage(7, 0)]);
  const { bridge, model } = await bridgeTo([empty, chatText("There"), empty, empty]);
  const { last } = await ask(bridge, {});
  expect(last).toMatchObject({
    type: "response.completed",
    response: { usage: { input_tokens: 107, output_tokens: 10, backend_requests: 2 } },
  });
  expect(model.requests[1]!.rawBody).toBe(model.requests[0]!.rawBody);
  expect(error((await ask(bridge, {})).last).code).toBe("model_output_invalid");
});

test("calls without a name, mixed up and out of order come to what was meant, or to a failure", async () => {
  const tools = ["one", "two"].map((name) => ({ type: "function", name, parameters: { type: "object" } }));
  const mixed: Part[] = [
    toolCall(1, "b", "two", ""),
    toolCall(0, "a", "one", '{"x"'),
    moreArguments(1, "{}"),
    moreArguments(0, ":1}"),
    delta({ tool_calls: [] }),
    finish("tool_calls"),
  ];
  const { bridge } = await bridgeTo([chat(mixed), chat([toolCall(0, "a", "", "{}"), finish("tool_calls")])]);
  const { last } = await ask(bridge, { tools });
  const calls = (last["response"] as { output: { name: string; arguments: string }[] }).output;
  expect(calls.map(({ name, arguments: args }) => [name, JSON.parse(args)])).toEqual([
    ["one", { x: 1 }],
    ["two", {}],
  ]);
  expect(error((await ask(bridge, { tools })).last).code).toBe("model_output_invalid");
});

test("what is repaired about a call is counted, logged and said in its id", async () => {
  const broken = chat([toolCall(0, "c1", "go", '{"way": "left",}'), finish("tool_calls"), usage(1, 1)]);
  const { bridge, log, model } = await bridgeTo([broken, chatText("Gone")]);
  const tools = [
    { type: "function", name: "go", parameters: { type: "object", properties: { way: { type: "string" } } } },
  ];
  const { last, text: stream } = await ask(bridge, { tools });
  const [call] = (last["response"] as { output: Record<string, unknown>[] }).output;
  expect(call).toMatchObject({ arguments: '{"way":"left"}', call_id: expect.stringMatching(/^c1-repaired/) });
  expect(stream).toMatch(/^: the call .* was repaired/m);
  const output = { type: "function_call_output", call_id: call!["call_id"], output: "went" };
  await ask(bridge, { tools, input: [{ role: "user", content: "go" }, call, output] });
  const told = (model.requests[1]!.body as ChatRequest).messages.find((message) => message.role === "tool");
  expect(told?.content).toMatch(/^went\n\n\[This call was repaired/);
  await untilPasses(() => expect(log[0]).toMatchObject({ repairs: 1 }));
  expect(bridge.counts()['codex_agent_bridge_repairs_total{kind="json"}']).toBe(1);
});

describe("a client that goes", () => {
  /** Milliseconds from when a client goes until its request to the server has gone, too. */
  async function cancelled(): Promise<number> {
    let closedAt = 0;
    const hears = createTcp((socket: Socket) => {
      socket.on("error", () => undefined);
      socket.once("data", () => {
        socket.write(
          'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\ndata: {"choices":[{"index":0,"delta":{"content":"x"}}]}\n\n',
        );
      });
      socket.on("close", () => (closedAt = performance.now()));
    });
    hears.listen(0, "127.0.0.1");
    await once(hears, "listening");
    onTestFinished(() => void hears.close());
    const { port } = hears.address() as AddressInfo;
    const { bridge, log } = await bridgeBefore({ upstreams: [{ url: `http://127.0.0.1:${port}/v1` }] });
    const gone = new AbortController();
    const response = await fetch(`${bridge.url}/responses`, {
      method: "POST",
      body: JSON.stringify({ model: "m", input: "hi", stream: true }),
      signal: gone.signal,
    });
    await response.body!.getReader().read();
    const leftAt = performance.now();
    gone.abort();
    await untilPasses(() => expect(closedAt).toBeGreaterThan(0));
    await untilPasses(() => expect(log[0]).toMatchObject({ outcome: "cancelled" }));
    expect(bridge.counts()["codex_agent_bridge_in_flight"]).toBe(0);
    return closedAt - leftAt;
  }

  test("takes its request to the server with it, at once", async () => {
    expect(await fastest(100, cancelled)).toBeLessThan(100);
  });

  test("holds back a server that says more than the client reads", async () => {
    let written = 0;
    const piece = `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: "x".repeat(4096) } }] })}\n\n`;
    const talks = createTcp((socket: Socket) => {
      socket.on("error", () => undefined);
      socket.once("data", () => {
        socket.write("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n");
        const more = (): void => {
          while (!socket.destroyed && written < 200 * 1024 * 1024) {
            written += piece.length;
            if (!socket.write(piece)) return void socket.once("drain", more);
          }
        };
        more();
      });
    });
    talks.listen(0, "127.0.0.1");
    await once(talks, "listening");
    onTestFinished(() => void talks.close());
    const { bridge } = await bridgeBefore({
      upstreams: [{ url: `http://127.0.0.1:${(talks.address() as AddressInfo).port}/v1` }],
    });
    await unread(bridge);
    // What has been said stands still once every buffer between the two is full.
    let before = -1;
    await vi.waitFor(
      () => {
        const still = written === before;
        before = written;
        expect(still && written > 0).toBe(true);
      },
      { interval: 200, timeout: 100_000 },
    );
    expect(written).toBeLessThan(100 * 1024 * 1024);
  });

  test("may rest for longer than a server may be silent, and loses nothing", async () => {
    const piece = `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: "x".repeat(65_536) } }] })}\n\n`;
    let written = 0;
    const talks = createHttp(async (request, response) => {
      request.resume();
      response.writeHead(200, { "content-type": "text/event-stream" });
      for (; written < 300; written++) if (!response.write(piece)) await once(response, "drain");
      response.end(
        `data: ${JSON.stringify({ choices: [{ index: 0, delta: {}, finish_reason: "stop" }] })}\n\ndata: [DONE]\n\n`,
      );
    });
    talks.listen(0, "127.0.0.1");
    await once(talks, "listening");
    onTestFinished(() => void talks.close());
    const { bridge } = await bridgeBefore({
      upstreams: [{ url: `http://127.0.0.1:${(talks.address() as AddressInfo).port}/v1` }],
      timeoutMs: 3000,
    });
    const slow = await unread(bridge);
    let [before, since] = [-1, 0];
    await vi.waitFor(
      () => {
        if (written !== before) [before, since] = [written, performance.now()];
        expect(performance.now() - since).toBeGreaterThan(3500);
      },
      { interval: 200, timeout: 100_000 },
    );
    expect(written).toBeLessThan(300);
    let [tail, end] = ["", ""];
    slow.on("data", (chunk: Buffer) => {
      tail = tail.slice(-100) + chunk.toString("latin1");
      end ||= /^event: (response\.(?:completed|failed))$/m.exec(tail)?.[1] ?? "";
    });
    expect(await until(() => end)).toBe("response.completed");
  });

  /** A request whose answer has begun, and is not read. */
  async function unread(bridge: Bridge): Promise<Socket> {
    const client = connect(Number(new URL(bridge.url).port), "127.0.0.1");
    onTestFinished(() => void client.destroy());
    const body = JSON.stringify({ model: "m", input: "hi", stream: true });
    client.write(`POST /v1/responses HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
    await once(client, "readable");
    return client;
  }
});

test("comments keep a stream alive while the model thinks", async () => {
  let go: () => void = () => undefined;
  const waits = new Promise<void>((resolve) => (go = resolve));
  const { bridge } = await bridgeTo(
    [{ parts: [{ gate: () => waits }, ...chatText("Done").parts] }],
    {},
    { heartbeatMs: 10 },
  );
  const response = await post(bridge, { model: "m", input: "hi", stream: true });
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let seen = "";
  while (!seen.includes(": still here")) seen += (await reader.read()).value ?? "";
  go();
  for (let read = await reader.read(); !read.done; read = await reader.read()) seen += read.value;
  expect(seen).toContain("response.completed");
});

test("images become a line of text for a model without eyes", async () => {
  const { bridge, model } = await bridgeTo([chatText("I see nothing")], { upstream: { profile: { vision: false } } });
  const image = { type: "input_image", image_url: "data:image/png;base64,AAAA" };
  const call = { type: "function_call", call_id: "c1", name: "view", arguments: "{}" };
  const { last } = await ask(bridge, {
    input: [
      { role: "user", content: [{ type: "input_text", text: "Look" }, image] },
      call,
      { type: "function_call_output", call_id: "c1", output: [image] },
    ],
  });
  expect(last.type).toBe("response.completed");
  expect(model.requests[0]!.rawBody).not.toContain("base64");
  expect(model.requests[0]!.rawBody).toContain("cannot see");
});

test("tools get names that every server takes, and keep their own for the client", async () => {
  const long = `look.at/the ${"weather_".repeat(10)}`;
  const { bridge, model } = await bridgeTo([
    ({ body }) => {
      const name = (body as ChatRequest).tools![0]!.function.name;
      return chat([toolCall(0, "c1", name, "{}"), finish("tool_calls")]);
    },
  ]);
  const { last } = await ask(bridge, {
    tools: [
      { type: "namespace", name: "mcp", tools: [{ type: "function", name: long, parameters: { type: "object" } }] },
    ],
  });
  expect((model.requests[0]!.body as ChatRequest).tools![0]!.function.name).toMatch(/^[a-zA-Z0-9_-]{1,64}$/);
  expect((last["response"] as { output: unknown[] }).output[0]).toMatchObject({ name: long, namespace: "mcp" });
});

describe("with several servers", () => {
  test.each([
    ["that refuses connections", null],
    ["that is out of order", httpError(500, "down")],
    ["that limits", httpError(429, "", { "retry-after": "30" })],
    ["that hangs up before its first word", { parts: [{ cut: true as const }] }],
  ])("the next is asked in place of one %s, and then asked first", async (_, reply) => {
    const good = await startFakeModel(() => chatText("From the second"));
    onTestFinished(() => good.close());
    const bad = reply === null ? null : await startFakeModel(() => reply);
    onTestFinished(() => bad?.close());
    const { bridge } = await bridgeBefore({
      upstreams: [
        { name: "first", url: bad?.baseUrl ?? "http://127.0.0.1:9/v1", backend: "messages" },
        { name: "second", url: good.baseUrl },
      ],
    });
    for (let count = 0; count < 2; count++) expect((await ask(bridge, {})).text).toContain("From the second");
    expect(bridge.counts()).toMatchObject({
      'codex_agent_bridge_upstream_requests_total{upstream="first"}': 1,
      'codex_agent_bridge_upstream_requests_total{upstream="second"}': 2,
    });
  });

  test("a server that has begun to answer is not left for another", async () => {
    const bad = await startFakeModel(() => ({ parts: [role(), text("Half"), { cut: true }] }));
    const good = await startFakeModel(() => chatText("Whole"));
    onTestFinished(async () => void (await Promise.all([bad.close(), good.close()])));
    const { bridge } = await bridgeBefore({ upstreams: [{ url: bad.baseUrl }, { url: good.baseUrl }] });
    const { last } = await ask(bridge, {});
    expect(last.type).toBe("response.failed");
    expect(good.requests).toHaveLength(0);
  });

  test("a model goes to the server that has it, as it is called", async () => {
    const [one, two] = await Promise.all([
      startFakeModel(() => chatText("One")),
      startFakeModel(() => chatText("Two")),
    ]);
    onTestFinished(async () => void (await Promise.all([one.close(), two.close()])));
    const { bridge } = await bridgeBefore({
      upstreams: [
        { url: one.baseUrl, models: ["gpt-*", "o?3"] },
        { url: two.baseUrl, models: ["*/llama"] },
      ],
    });
    expect((await ask(bridge, { model: "gpt-5" })).text).toContain("One");
    expect((await ask(bridge, { model: "meta/llama" })).text).toContain("Two");
    expect(two.requests[0]!.body).toMatchObject({ model: "meta/llama" });
    const { status, text: said } = await ask(bridge, { model: "o13" });
    expect(status).toBe(404);
    expect(said).toContain("model_not_found");
  });
});

test("a request of 50 MB is taken, one above the limit is not", async () => {
  const { bridge, model } = await bridgeTo([chatText("Read")]);
  const { last } = await ask(bridge, { input: "x".repeat(50 * 1024 * 1024) });
  expect(last.type).toBe("response.completed");
  expect(model.requests[0]!.rawBody.length).toBeGreaterThan(50 * 1024 * 1024);
  const small = await bridgeTo([], { maxBodyBytes: 1000 });
  expect((await post(small.bridge, { model: "m", input: "x".repeat(2000) })).status).toBe(413);
});
