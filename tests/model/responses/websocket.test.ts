import { afterEach, expect, test } from "vitest";
import type { Credential } from "../../../src/model/http/channel.ts";
import { ResponsesClient, type ResponsesEndpoint } from "../../../src/model/responses/responses-client.ts";
import type { ModelEvent, ModelRequest, ModelResult } from "../../../src/model/model-client.ts";
import type { ResponseItem } from "../../../src/protocol/response-items.ts";
import { nodeSystem } from "../../../src/system/node.ts";
import {
  call,
  completed,
  created,
  done,
  failed,
  itemParts,
  message,
  type Part,
  reasoning,
  type Reply,
  respond,
  startFakeModel,
} from "../../support/fake-model.ts";
import {
  type FakeSocketModel,
  socketError,
  type SocketScript,
  startFakeSocketModel,
} from "../../support/fake-socket-model.ts";
import { until } from "../../support/until.ts";

const key = "sk-very-secret-0123456789";
const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

const user = (text: string): ResponseItem => ({
  type: "message",
  id: `msg_${text}`,
  role: "user",
  content: [{ type: "input_text", text }],
});

interface Talk {
  model: FakeSocketModel;
  history: ResponseItem[];
  events: ModelEvent[];
  /** One request with the whole history; what comes is kept in it. */
  ask(more?: Partial<ModelRequest>, signal?: AbortSignal): Promise<ModelResult>;
}

const requestOf = (input: readonly ResponseItem[], more: Partial<ModelRequest>): ModelRequest => ({
  model: "m",
  input: [...input],
  tools: [],
  parallelToolCalls: true,
  reasoning: { effort: "low" },
  verbosity: null,
  outputSchema: undefined,
  cacheKey: "thread-1",
  identity: {
    installationId: "i",
    sessionId: "thread-1",
    threadId: "thread-1",
    turnId: "turn-1",
    rootTurnId: "turn-1",
    windowId: "thread-1:0",
    metadata: { thread_id: "thread-1" },
  },
  ...more,
});

function clientOf(baseUrl: string, more: Partial<ResponsesEndpoint> = {}, variables: Record<string, string> = {}) {
  const real = nodeSystem();
  const environment = { ...real.environment, variables };
  return new ResponsesClient(
    {
      baseUrl,
      queryParams: { key: "in-the-query" },
      headers: {},
      credential: () => ({ reveal: () => key, source: "MY_KEY" }),
      requestMaxRetries: 0,
      streamMaxRetries: 5,
      streamIdleTimeoutMs: 10_000,
      originator: "codex_exec",
      userAgent: "agent/1",
      websocket: true,
      ...more,
    },
    { ...real, environment },
  );
}

/** A talk whose first request went over HTTP, and whose socket stands. */
async function begun(
  socketScript: SocketScript,
  options: { http?: readonly Reply[]; endpoint?: Partial<ResponsesEndpoint>; headers?: Record<string, string> } = {},
): Promise<Talk> {
  const first: Reply = {
    parts: [
      created(),
      done(call("0", "run", {})),
      { gate: () => model.standing(1) },
      ...itemParts(message("msg_0", "first")),
      completed(),
    ],
  };
  const model = await startFakeSocketModel([first, ...(options.http ?? [])], socketScript, {
    headers: options.headers ?? {},
  });
  closing.push(() => model.close());
  const client = clientOf(model.baseUrl, options.endpoint);
  const history: ResponseItem[] = [user("go")];
  const events: ModelEvent[] = [];
  const talk: Talk = {
    model,
    history,
    events,
    ask: (more = {}, signal = new AbortController().signal) =>
      client.stream(requestOf(history, more), {
        signal,
        onEvent(event) {
          events.push(event);
          if (event.type === "item.done") history.push(event.item);
        },
      }),
  };
  expect((await talk.ask()).type).toBe("completed");
  return talk;
}

const inputs = ({ messages }: FakeSocketModel): unknown[] =>
  messages.map(({ body }) => (body["input"] as { type: string; id?: string }[]).map(({ id, type }) => id ?? type));

test("the first request goes over HTTP, and those after it over the socket that was opened meanwhile", async () => {
  const { model, history, ask, events } = await begun([respond([message("msg_2", "hello")])]);
  history.push(user("more"));
  expect(await ask()).toMatchObject({ type: "completed", responseId: "resp_1", usage: { inputTokens: 100 } });
  expect(events.flatMap((event) => (event.type === "text.delta" ? [event.delta] : [])).join("")).toBe("firsthello");
  expect(model.requests).toHaveLength(1);
  const { headers } = model.upgrades[0]!;
  expect(headers).toMatchObject({
    authorization: `Bearer ${key}`,
    "openai-beta": "responses_websockets=2026-02-06",
    "session-id": "thread-1",
    "thread-id": "thread-1",
    "x-client-request-id": "thread-1",
    "x-codex-window-id": "thread-1:0",
    originator: "codex_exec",
    "user-agent": "agent/1",
  });
  expect(headers).not.toHaveProperty("accept");
  expect(headers).not.toHaveProperty("content-type");
  const [{ body }] = model.messages as [FakeSocketModel["messages"][0]];
  expect(Object.keys(body).slice(0, 3)).toEqual(["type", "model", "stream"]);
  expect(body).toMatchObject({ type: "response.create", store: false, prompt_cache_key: "thread-1" });
  expect(body).not.toHaveProperty("previous_response_id");
});

test("halves of characters that a thread holds are none any more in what is sent, and it goes on from the last answer", async () => {
  const { model, history, ask } = await begun([
    respond([message("msg_2", "hello")], { id: "resp_a" }),
    respond([message("msg_3", "hello")]),
  ]);
  history.push(user("cut \ud83d, whole 😀"));
  await ask();
  history.push(user("more"));
  await ask();
  const { input } = model.messages[0]!.body as { input: { content?: unknown }[] };
  expect(input.at(-1)!.content).toEqual([{ type: "input_text", text: "cut \ufffd, whole 😀" }]);
  expect(model.messages[1]!.body["previous_response_id"]).toBe("resp_a");
});

test("a request that goes on from the last answer sends what is new", async () => {
  const { model, history, ask } = await begun([
    respond([reasoning("rs_1", "hm"), call("1", "run", { a: 1 })], { id: "resp_a" }),
    respond([message("msg_3", "ok")], { id: "resp_b" }),
    respond([message("msg_4", "changed")], { id: "resp_c" }),
    respond([message("msg_5", "cut")], { id: "resp_d" }),
  ]);
  await ask();
  history.push({ type: "function_call_output", id: "fco_1", call_id: "call_1", output: "done" });
  await ask();
  // Another frame, and then a history that was replaced: the server has nothing of either.
  history.push(user("next"));
  await ask({ verbosity: "low" });
  history.splice(0, 3, user("summary"));
  await ask({ verbosity: "low" });
  expect(model.messages.map(({ body }) => body["previous_response_id"])).toEqual([
    undefined,
    "resp_a",
    undefined,
    undefined,
  ]);
  expect(inputs(model)).toEqual([
    ["msg_go", "fc_0", "msg_0"],
    ["fco_1"],
    ["msg_go", "fc_0", "msg_0", "rs_1", "fc_1", "fco_1", "msg_3", "msg_next"],
    ["msg_summary", "rs_1", "fc_1", "fco_1", "msg_3", "msg_next", "msg_4"],
  ]);
  expect(new Set(model.messages.map(({ socket }) => socket))).toEqual(new Set([0]));
});

test("a server without sockets is asked for one once, and nothing waits for that", async () => {
  const model = await startFakeModel(() => respond([message("msg_1", "hi")]));
  closing.push(() => model.close());
  const client = clientOf(model.baseUrl);
  const options = { signal: new AbortController().signal, onEvent: () => undefined };
  for (let turn = 0; turn < 5; turn++) {
    expect((await client.stream(requestOf([user("go")], {}), options)).type).toBe("completed");
    if (turn === 0) expect(model.upgrades).toEqual([]);
    if (turn === 1) await until(() => model.upgrades.length === 1);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(model.upgrades.length).toBeLessThanOrEqual(1);
  expect(model.requests).toHaveLength(5);
});

test("no socket is opened where nobody said that there are any, nor behind a proxy", async () => {
  const model = await startFakeSocketModel(() => respond([message("msg_1", "hi")]), []);
  closing.push(() => model.close());
  const options = { signal: new AbortController().signal, onEvent: () => undefined };
  const plain = clientOf(model.baseUrl, { websocket: false });
  const proxied = clientOf(model.baseUrl, {}, { HTTP_PROXY: model.baseUrl, NO_PROXY: "127.0.0.1" });
  for (const client of [plain, plain, proxied, proxied]) await client.stream(requestOf([user("go")], {}), options);
  expect(model.upgrades).toEqual([]);
});

test("a socket that broke in the middle of an answer: the next try goes over HTTP, and nobody need be told", async () => {
  const { model, ask, history } = await begun(
    [{ parts: [created(), ...itemParts(message("msg_1", "part")), { cut: true }] }],
    {
      http: [respond([message("msg_2", "whole")])],
    },
  );
  const result = await ask();
  expect(result).toMatchObject({
    type: "failed",
    failure: { code: "stream_disconnected", retryable: true, quiet: true },
  });
  expect((await ask()).type).toBe("completed");
  expect(model.requests).toHaveLength(2);
  expect(history.map(({ id }) => id)).toEqual(["msg_go", "fc_0", "msg_0", "msg_1", "msg_2"]);
  // A new one is opened beside it.
  await model.standing(2);
});

test("after two sockets in a row that broke in an answer there are no more", async () => {
  const broken: Reply = { parts: [created(), done(message("msg_1", "part")), { cut: true }] };
  const whole = respond([message("msg_2", "whole")]);
  const beside: Reply = { parts: [created(), { gate: () => talk.model.standing(2) }, ...whole.parts] };
  const talk: Talk = await begun([broken, broken], { http: [beside, whole, whole] });
  const ends: string[] = [];
  for (let tries = 0; tries < 5; tries++) ends.push((await talk.ask()).type);
  expect(ends).toEqual(["failed", "completed", "failed", "completed", "completed"]);
  expect(talk.model.upgrades).toHaveLength(2);
  expect(talk.model.requests).toHaveLength(4);
});

test.each<[string, readonly Part[]]>([
  ["is gone before it said anything", [{ cut: true }]],
  ["has come to its end", [socketError(400, { code: "websocket_connection_limit_reached", message: "60 minutes" })]],
  [
    "does not know the last answer any more",
    [socketError(400, { code: "previous_response_not_found", message: "no" })],
  ],
  ["has a server that fell over", [socketError(500, { message: "oops" })]],
  ["speaks in bytes", [{ raw: new Uint8Array([123, 125]) }]],
])("a socket that %s: the same request goes over HTTP at once", async (_, parts) => {
  const { model, ask } = await begun([{ parts: [...parts] }], { http: [respond([message("msg_2", "whole")])] });
  expect((await ask()).type).toBe("completed");
  expect(model.requests).toHaveLength(2);
  expect(model.messages).toHaveLength(1);
});

test.each<[string, Part, Record<string, unknown>, RegExp]>([
  [
    "400",
    socketError(400, { type: "invalid_request_error", message: "it is bad" }),
    { code: "bad_request", retryable: false },
    /it is bad/,
  ],
  ["a refused key", socketError(401, { message: `bad ${key}` }), { code: "unauthorized" }, /bad \[key\].*MY_KEY/],
  [
    "a limit that is waited for",
    socketError(429, { message: "slow" }, { "Retry-After": "2" }),
    { code: "rate_limited", retryable: true, delayMs: 2000 },
    /429/,
  ],
  [
    "a limit of an account",
    socketError(429, { type: "usage_limit_reached", message: "Used up.", resets_at: 1_900_000_000 }),
    { code: "usage_limit", retryable: false },
    /lifted at 2030/,
  ],
  ["response.failed", failed("insufficient_quota", "no money"), { code: "usage_limit", retryable: false }, /no money/],
  ["a broken answer", failed("server_error", "oops"), { code: "stream_disconnected", retryable: true }, /oops/],
])("a failure over the socket: %s", async (_, part, wanted, text) => {
  const { model, ask } = await begun([{ parts: [part] }]);
  const result = await ask();
  expect(result).toMatchObject({ type: "failed", failure: wanted });
  expect(result.type === "failed" && result.failure.message).toMatch(text);
  expect(JSON.stringify(result)).not.toContain("in-the-query");
  expect(model.requests).toHaveLength(1);
});

test("what is no event, and what nobody knows, is passed over", async () => {
  const noise: Part[] = [
    { raw: "no json" },
    { raw: "[]" },
    { event: { type: "response.of_tomorrow" } },
    { event: { type: "error", error: { message: "without a status" } } },
  ];
  const { ask } = await begun([{ parts: [...noise, ...respond([message("msg_2", "hello")]).parts] }]);
  expect((await ask()).type).toBe("completed");
});

test("limits and the model that answers are told", async () => {
  const limits: Part = {
    event: {
      type: "codex.rate_limits",
      plan_type: "plus",
      rate_limits: { primary: { used_percent: 11, window_minutes: 60, reset_at: 1_800_000_000 }, secondary: null },
      credits: { has_credits: true, unlimited: false, balance: "3" },
    },
  };
  const { ask, events } = await begun([{ parts: [limits, ...respond([message("msg_2", "hello")]).parts] }], {
    headers: { "openai-model": "m-2" },
  });
  await ask();
  expect(events.filter(({ type }) => type === "answered")).toEqual([
    { type: "answered", model: "m-2", limits: null },
    {
      type: "answered",
      model: null,
      limits: {
        primary: { usedPercent: 11, minutes: 60, resetsAt: 1_800_000_000 },
        secondary: null,
        credits: { has: true, unlimited: false, balance: "3" },
      },
    },
  ]);
});

test("what a server asked to be reminded of goes with the requests of the turn", async () => {
  const { model, ask } = await begun([{ parts: [{ cut: true }] }], {
    headers: { "x-codex-turn-state": "state-1" },
    http: [respond([message("msg_2", "whole")])],
  });
  await ask();
  expect(model.requests[1]!.headers["x-codex-turn-state"]).toBe("state-1");
});

test("a socket that falls silent counts as broken", async () => {
  const { ask } = await begun([{ parts: [created(), { hang: true }] }], { endpoint: { streamIdleTimeoutMs: 2000 } });
  expect(await ask()).toMatchObject({
    type: "failed",
    failure: { message: expect.stringContaining("idle timeout waiting for websocket"), retryable: true },
  });
});

test("a process that was held up for longer than the limit reads first what came meanwhile", async () => {
  const limit = 1000;
  const held = new Int32Array(new SharedArrayBuffer(4));
  /** Everything here stands still when what comes behind it is underway, as on a machine that is busy or sleeps. */
  const standStill = async (): Promise<void> => {
    setImmediate(() => Atomics.wait(held, 0, 0, 1.5 * limit));
  };
  const reply = respond([message("msg_2", "hello")]);
  const { ask } = await begun([{ parts: [{ gate: standStill }, ...reply.parts] }], {
    endpoint: { streamIdleTimeoutMs: limit },
  });
  expect(await ask()).toMatchObject({ type: "completed" });
});

test("an interrupt ends the answer at once, and the server hears of it", async () => {
  const { model, ask } = await begun([{ parts: [created(), { hang: true }] }]);
  const stop = new AbortController();
  const asked = ask({}, stop.signal);
  await model.heard(1);
  stop.abort(new Error("enough"));
  await expect(asked).rejects.toThrow("enough");
  await until(() => model.open() === 0);
});

test("a request beside another takes HTTP: a socket has one answer at a time", async () => {
  const { model, ask } = await begun([{ parts: [created(), { hang: true }] }], {
    http: [respond([message("msg_2", "b")])],
  });
  const stop = new AbortController();
  const first = ask({}, stop.signal);
  await model.heard(1);
  expect((await ask()).type).toBe("completed");
  expect(model.requests).toHaveLength(2);
  stop.abort(new Error("enough"));
  await expect(first).rejects.toThrow("enough");
});

test("a socket that the server closed while nobody spoke is noticed", async () => {
  const { model, ask } = await begun([], { http: [respond([message("msg_2", "b")])] });
  model.hangUp();
  await until(() => model.open() === 0);
  expect((await ask()).type).toBe("completed");
  expect(model.requests).toHaveLength(2);
});

test("an item of 20 MB arrives whole", async () => {
  const text = "x".repeat(20_000_000);
  const { ask, history } = await begun([{ parts: [created(), done(message("msg_2", text)), completed()] }]);
  await ask();
  expect(JSON.stringify(history.at(-1)).length).toBeGreaterThan(20_000_000);
});

/** Credentials of a login, the n-th of which is `login-token-N`. */
function login(): { token: number; endpoint: Partial<ResponsesEndpoint> } {
  const state = { token: 1, endpoint: { credential } };
  function credential(): Credential {
    const token = `login-token-${state.token}`;
    return {
      reveal: () => token,
      source: "a login",
      renew() {
        state.token++;
        return Promise.resolve(credential());
      },
    };
  }
  return state;
}

test("a socket that was opened with a login that has changed is not used", async () => {
  const state = login();
  const options = { http: [respond([message("msg_2", "hello")])], endpoint: state.endpoint };
  const { model, ask } = await begun([respond([message("never", "never")])], options);
  state.token = 2;
  expect((await ask()).type).toBe("completed");
  expect(model.messages).toEqual([]);
  expect(model.requests.map(({ headers }) => headers["authorization"])).toEqual([
    "Bearer login-token-1",
    "Bearer login-token-2",
  ]);
});

test("a login that is refused on a socket is renewed by the request's usual way", async () => {
  const state = login();
  const http: Reply[] = [{ status: 401, parts: [{ raw: "{}" }] }, respond([message("msg_2", "hello")])];
  const refusal: Reply = { parts: [socketError(401, { code: "token_expired", message: "expired" })] };
  const { model, ask } = await begun([refusal], { http, endpoint: state.endpoint });
  expect((await ask()).type).toBe("completed");
  expect(model.messages).toHaveLength(1);
  expect(model.requests.map(({ headers }) => headers["authorization"])).toEqual([
    "Bearer login-token-1",
    "Bearer login-token-1",
    "Bearer login-token-2",
  ]);
});
