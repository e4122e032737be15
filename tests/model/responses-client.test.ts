import { createServer, type Server } from "node:net";
import type { AddressInfo } from "node:net";
import { createServer as createHttpServer, request as httpRequest } from "node:http";
import { afterEach, expect, test } from "vitest";
import type { ModelEvent, ModelFailure, ModelRequest, ModelResult } from "../../src/model/model-client.ts";
import { ResponsesClient, type ResponsesEndpoint } from "../../src/model/responses/responses-client.ts";
import type { Credential } from "../../src/model/http/channel.ts";
import { AgentError } from "../../src/protocol/errors.ts";
import type { ResponseItem } from "../../src/protocol/response-items.ts";
import { nodeSystem } from "../../src/system/node.ts";
import type { System } from "../../src/system/ports.ts";
import {
  completed,
  created,
  done,
  failed,
  type FakeModel,
  htmlPage,
  httpError,
  incomplete,
  message,
  type Part,
  reasoning,
  type Reply,
  respond,
  type Script,
  startFakeModel,
} from "../support/fake-model.ts";

const key = "sk-very-secret-0123456789";
const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

/** The machine, but its clock does not wait; sleeps are noted. */
function machine(variables: Record<string, string> = {}): { system: System; sleeps: number[] } {
  const sleeps: number[] = [];
  const real = nodeSystem();
  const sleep = async (ms: number, signal?: AbortSignal): Promise<void> => {
    signal?.throwIfAborted();
    sleeps.push(ms);
  };
  return {
    system: { ...real, clock: { ...real.clock, sleep }, environment: { ...real.environment, variables } },
    sleeps,
  };
}

const endpoint = (baseUrl: string, more: Partial<ResponsesEndpoint> = {}): ResponsesEndpoint => ({
  baseUrl,
  queryParams: {},
  headers: {},
  credential: (): Credential => ({ reveal: () => key, source: "MY_KEY" }),
  requestMaxRetries: 4,
  streamMaxRetries: 5,
  streamIdleTimeoutMs: 10_000,
  originator: "codex_exec",
  userAgent: "codex_exec/0.169.0 (Debian 12.0.0; x86_64) xterm (codex_exec; 0.169.0)",
  ...more,
});

const user: ResponseItem = {
  type: "message",
  id: "msg_1",
  role: "user",
  content: [{ type: "input_text", text: "hi" }],
};
const request = (more: Partial<ModelRequest> = {}): ModelRequest => ({
  model: "m",
  input: [user],
  tools: [],
  parallelToolCalls: true,
  reasoning: { effort: "low" },
  verbosity: "low",
  outputSchema: undefined,
  cacheKey: "thread-1",
  identity: {
    installationId: "installation-1",
    sessionId: "thread-1",
    threadId: "thread-1",
    turnId: "turn-1",
    rootTurnId: "turn-1",
    windowId: "thread-1:0",
    metadata: { thread_id: "thread-1", workspaces: { "/home/jürgen/😀": {} } },
  },
  ...more,
});

interface Outcome {
  result: ModelResult;
  events: ModelEvent[];
  sleeps: number[];
  model: FakeModel;
}

async function ask(
  script: Script,
  more: Partial<ResponsesEndpoint> & { variables?: Record<string, string>; request?: Partial<ModelRequest> } = {},
): Promise<Outcome> {
  const model = await startFakeModel(script);
  closing.push(() => model.close());
  const { variables, request: asked, ...settings } = more;
  const { system, sleeps } = machine(variables);
  const client = new ResponsesClient(endpoint(model.baseUrl, settings), system);
  const events: ModelEvent[] = [];
  const result = await client.stream(request(asked), {
    signal: new AbortController().signal,
    onEvent: (event) => events.push(event),
  });
  return { result, events, sleeps, model };
}

function failureOf({ result }: { result: ModelResult }): ModelFailure {
  if (result.type !== "failed") throw new Error("the stream was expected to fail");
  return result.failure;
}

const parts = (...all: Part[]): Reply => ({ parts: all });
const hello = message("msg_2", "hello");

test("a response is read to its end", async () => {
  const { result, events } = await ask([respond([hello], { id: "resp_7", usage: [100, 40, 10, 3], endTurn: false })]);
  expect(result).toEqual({
    type: "completed",
    responseId: "resp_7",
    endTurn: false,
    usage: {
      inputTokens: 100,
      cachedInputTokens: 40,
      cacheWriteInputTokens: 0,
      outputTokens: 10,
      reasoningOutputTokens: 3,
      totalTokens: 110,
    },
  });
  expect(events.map(({ type }) => type)).toEqual(["created", "item.started", "text.delta", "text.delta", "item.done"]);
  expect(events.at(-1)).toEqual({ type: "item.done", item: hello });
});

test("the request has the headers of Codex, and its keys in Codex's order", async () => {
  const { model } = await ask([respond([])], { queryParams: { "api-version": "1 2" }, headers: { "x-mine": "yes" } });
  const [sent] = model.requests;
  expect(sent!.method).toBe("POST");
  expect(sent!.url).toBe("/v1/responses?api-version=1+2");
  expect(sent!.headers).toMatchObject({
    accept: "text/event-stream",
    "content-type": "application/json",
    authorization: `Bearer ${key}`,
    originator: "codex_exec",
    "user-agent": "codex_exec/0.169.0 (Debian 12.0.0; x86_64) xterm (codex_exec; 0.169.0)",
    "session-id": "thread-1",
    "thread-id": "thread-1",
    "x-client-request-id": "thread-1",
    "x-codex-window-id": "thread-1:0",
    "x-codex-beta-features": "remote_compaction_v2",
    "x-mine": "yes",
  });
  expect(sent!.headers).not.toHaveProperty("content-encoding");
  const body = sent!.body as Record<string, unknown>;
  expect(Object.keys(body)).toEqual([
    "model",
    "stream",
    "input",
    "tools",
    "tool_choice",
    "parallel_tool_calls",
    "reasoning",
    "store",
    "include",
    "prompt_cache_key",
    "text",
    "client_metadata",
  ]);
  expect(body).toMatchObject({
    model: "m",
    stream: true,
    tool_choice: "auto",
    parallel_tool_calls: true,
    store: false,
    include: ["reasoning.encrypted_content"],
    prompt_cache_key: "thread-1",
    text: { verbosity: "low" },
  });
  const metadata = body["client_metadata"] as Record<string, string>;
  expect(metadata["x-codex-turn-metadata"]).toBe(sent!.headers["x-codex-turn-metadata"]);
  expect(sent!.headers["x-codex-turn-metadata"]).toMatch(/^[\x20-\x7e]+$/);
  expect(JSON.parse(sent!.headers["x-codex-turn-metadata"]!)).toEqual({
    thread_id: "thread-1",
    workspaces: { "/home/jürgen/😀": {} },
  });
});

test("what is not asked for is left out of the body", async () => {
  const { model } = await ask([respond([])], { request: { reasoning: null, verbosity: null } });
  const keys = Object.keys(model.requests[0]!.body as object);
  for (const name of ["reasoning", "text", "instructions", "previous_response_id", "max_output_tokens", "temperature"])
    expect(keys).not.toContain(name);
});

test("a schema is sent as Codex's own", async () => {
  const schema = { type: "object", properties: {} };
  const { model } = await ask([respond([])], { request: { outputSchema: schema } });
  expect((model.requests[0]!.body as { text: unknown }).text).toEqual({
    verbosity: "low",
    format: { type: "json_schema", strict: true, schema, name: "codex_output_schema" },
  });
});

test("items of the model go back as they came, without ids of other makers", async () => {
  const given: ResponseItem[] = [
    {
      type: "message",
      id: "msg_9",
      status: "completed",
      role: "assistant",
      content: [{ type: "output_text", text: "x", annotations: [] }],
    },
    { type: "message", id: "foreign", role: "assistant", content: [] },
    { type: "reasoning", id: "rs_1", summary: [], encrypted_content: "sealed" },
    { type: "reasoning", id: "other_1", summary: [] },
    {
      type: "function_call",
      id: "fc_1",
      status: "completed",
      name: "f",
      arguments: "{}",
      call_id: "c",
      extra: [1],
    } as ResponseItem,
    { type: "function_call_output", id: "fco_1", call_id: "c", output: "o" },
  ];
  const { model } = await ask([respond([])], { request: { input: given } });
  expect((model.requests[0]!.body as { input: unknown }).input).toEqual([
    given[0],
    { type: "message", role: "assistant", content: [] },
    { type: "reasoning", id: "rs_1", summary: [], content: null, encrypted_content: "sealed" },
    { type: "reasoning", summary: [], content: null, encrypted_content: null },
    given[4],
    given[5],
  ]);
});

test("halves of characters that a thread holds are none any more in its requests", async () => {
  const output = "\ud83d cut, \\ud83d written, 😀 whole, \\\ude00";
  const held: ResponseItem = { type: "function_call_output", id: "fco_1", call_id: "c1", output };
  const { model } = await ask([respond([hello])], { request: { input: [user, held] } });
  expect((model.requests[0]!.body as { input: unknown[] }).input[1]).toEqual({
    ...held,
    output: output.toWellFormed(),
  });
});

test("what a provider wants to be reminded of goes back within its turn, and not beyond", async () => {
  const model = await startFakeModel(() => ({ ...respond([]), headers: { "x-codex-turn-state": "state-1" } }));
  closing.push(() => model.close());
  const client = new ResponsesClient(endpoint(model.baseUrl), machine().system);
  const options = { signal: new AbortController().signal, onEvent: () => undefined };
  for (const turnId of ["a", "a", "b"])
    await client.stream(request({ identity: { ...request().identity, turnId } }), options);
  expect(model.requests.map(({ headers }) => headers["x-codex-turn-state"])).toEqual([undefined, "state-1", undefined]);
});

test.each<[string, Reply, Partial<ModelFailure> & { text: RegExp }, number]>([
  [
    "400",
    httpError(400, { error: { message: "bad" } }),
    { code: "bad_request", retryable: false, text: /^\{"error":\{"message":"bad"\}\}$/ },
    1,
  ],
  [
    "400 without a body",
    httpError(400, ""),
    { code: "bad_request", retryable: false, text: /400 Bad Request.*url: http/ },
    1,
  ],
  [
    "401",
    httpError(401, { error: { message: "no" } }),
    { code: "unauthorized", retryable: false, text: /401 Unauthorized: no.*MY_KEY/ },
    1,
  ],
  ["403", httpError(403, "no"), { code: "unauthorized", retryable: false, text: /403 Forbidden/ }, 1],
  [
    "404",
    httpError(404, "no"),
    { code: "model_not_found", retryable: false, text: /unexpected status 404 Not Found: no, url: http/ },
    1,
  ],
  [
    "429 without credit",
    httpError(429, { error: { type: "insufficient_quota", message: "pay first" } }),
    { code: "usage_limit", retryable: false, text: /^pay first$/ },
    1,
  ],
  [
    "402",
    httpError(402, { error: { message: "pay first" } }),
    { code: "usage_limit", retryable: false, text: /^unexpected status 402 Payment Required: pay first/ },
    1,
  ],
  [
    "429 without a date",
    httpError(429, "slow"),
    { code: "rate_limited", retryable: false, text: /^exceeded retry limit, last status: 429 Too Many Requests$/ },
    1,
  ],
  [
    "429 in two seconds",
    httpError(429, "slow", { "retry-after": "2" }),
    { code: "rate_limited", retryable: true, delayMs: 2000, text: /429/ },
    1,
  ],
  [
    "429 in milliseconds",
    httpError(429, "slow", { "retry-after-ms": "150", "retry-after": "9" }),
    { delayMs: 150, text: /429/ },
    1,
  ],
  [
    "429 in two minutes",
    httpError(429, "slow", { "retry-after": "120" }),
    { code: "rate_limited", retryable: true, delayMs: 120_000, text: /429/ },
    1,
  ],
  [
    "429 in a year",
    httpError(429, "slow", { "retry-after": "31536000" }),
    { code: "rate_limited", retryable: false, text: /429 Too Many Requests\. It is lifted at \d{4}-/ },
    1,
  ],
  [
    "503 in half a minute",
    httpError(503, "busy", { "retry-after": "30" }),
    { code: "server_overloaded", retryable: true, delayMs: 30_000, text: /503/ },
    1,
  ],
  [
    "503 in a day",
    httpError(503, "busy", { "retry-after": "86400" }),
    { code: "server_overloaded", retryable: false, text: /503.* It is lifted at \d{4}-/ },
    1,
  ],
  [
    "429 at a date that has been",
    httpError(429, "slow", { "retry-after": "Wed, 21 Oct 2015 07:28:00 GMT" }),
    { delayMs: 0, text: /429/ },
    1,
  ],
  ["429 at nonsense", httpError(429, "slow", { "retry-after": "soon" }), { retryable: false, text: /429/ }, 1],
  [
    "429 as a limit",
    httpError(429, { error: { type: "usage_limit_reached", message: "Used up.", resets_at: 1_800_000_000 } }),
    { code: "usage_limit", retryable: false, text: /Used up\. It is lifted at 2027-01-15/ },
    1,
  ],
  ["500", httpError(500, "oops"), { code: "server_error", retryable: true, text: /500 Internal Server Error/ }, 5],
  [
    "503",
    httpError(503, "busy"),
    { code: "server_overloaded", retryable: true, text: /unexpected status 503 Service Unavailable: busy, url: http/ },
    5,
  ],
  ["204", { status: 204, parts: [] }, { retryable: false, text: /204/ }, 1],
  [
    "a redirect",
    { status: 307, headers: { location: "http://127.0.0.1:9/stolen" }, parts: [] },
    { code: "bad_request", retryable: false, text: /307 Temporary Redirect/ },
    1,
  ],
  ["a long page as error", httpError(500, "<p>".repeat(100_000)), { text: /… \(\d+ characters\)/ }, 5],
])("HTTP %s", async (_, reply, { text, ...wanted }, requests) => {
  const outcome = await ask(() => reply);
  const failure = failureOf(outcome);
  expect(failure).toMatchObject(wanted);
  expect(failure.message).toMatch(text);
  expect(failure.message.length).toBeLessThan(1000);
  expect(outcome.model.requests).toHaveLength(requests);
});

test("silent retries wait 0.2, 0.4, 0.8 and 1.6 seconds, and one that succeeds is not told of", async () => {
  const outcome = await ask([
    httpError(500, ""),
    httpError(502, ""),
    httpError(503, ""),
    httpError(504, ""),
    respond([hello]),
  ]);
  expect(outcome.result.type).toBe("completed");
  expect(outcome.sleeps).toHaveLength(4);
  [200, 400, 800, 1600].forEach((ms, index) =>
    expect(Math.abs(outcome.sleeps[index]! - ms)).toBeLessThanOrEqual(ms / 10),
  );
});

test("as many silent retries as configured, also none", async () => {
  expect((await ask(() => httpError(500, ""), { requestMaxRetries: 0 })).model.requests).toHaveLength(1);
  expect((await ask(() => httpError(500, ""), { requestMaxRetries: 2 })).model.requests).toHaveLength(3);
});

test.each<[string, Part[], Partial<ModelFailure>]>([
  [
    "ends early",
    [created(), done(hello)],
    { retryable: true, message: "stream disconnected before completion: stream closed before response.completed" },
  ],
  [
    "is empty",
    [],
    { retryable: true, message: "stream disconnected before completion: stream closed before response.completed" },
  ],
  ["is cut", [created(), done(hello), { cut: true }], { retryable: true, code: "stream_disconnected" }],
  ["failed without an error", [failed(null, "")], { retryable: true }],
  [
    "failed with an unknown code",
    [failed("odd", "strange")],
    { retryable: true, message: "stream disconnected before completion: strange" },
  ],
  [
    "failed by a limit",
    [failed("rate_limit_exceeded", "Please try again in 1.2s.")],
    { retryable: true, delayMs: 1200, message: "rate limit exceeded: Please try again in 1.2s." },
  ],
  ["failed by a limit in ms", [failed("rate_limit_exceeded", "try again in 35ms")], { retryable: true, delayMs: 35 }],
  [
    "is too long for the model",
    [failed("context_length_exceeded", "too long")],
    { retryable: false, code: "context_window_exceeded" },
  ],
  ["has no quota", [failed("insufficient_quota", "pay")], { retryable: false, code: "usage_limit" }],
  ["has a bad prompt", [failed("invalid_prompt", "no")], { retryable: false, code: "bad_request" }],
  ["is not included", [failed("usage_not_included", "no")], { retryable: false }],
  [
    "is incomplete",
    [incomplete("max_output_tokens")],
    { retryable: false, message: "Incomplete response returned, reason: max_output_tokens" },
  ],
])("a stream that %s", async (_, all, wanted) => {
  expect(failureOf(await ask([parts(...all)]))).toMatchObject(wanted);
});

test("unknown events, a bare error, broken JSON, unusable items and numbers for texts are passed over", async () => {
  const odd: Part[] = [
    { event: { type: "error", message: "a bare one" } },
    { event: { type: "response.in_progress" } },
    { raw: "data: {not json\n\ndata: null\n\ndata: 7\n\n: comment\n\n" },
    { raw: 'data: {"type":"response.output_item.done","item":null}\n\n' },
    { raw: 'data: {"type":"response.output_item.done","item":{"type":"function_call"}}\n\n' },
    {
      raw: 'data: {"type":"response.output_item.done","item":{"type":"message","role":"assistant","content":[null]}}\n\n',
    },
    { raw: 'data: {"type":"response.output_item.done","item":{"type":"reasoning","summary":["x"]}}\n\n' },
    { raw: 'data: {"type":"response.output_text.delta"}\n\n' },
  ];
  const { result, events } = await ask([parts(...odd, done(hello), completed())]);
  expect(result.type).toBe("completed");
  expect(events.filter(({ type }) => type === "item.done")).toEqual([{ type: "item.done", item: hello }]);
});

test("events may come without their name, and the end without a blank line", async () => {
  const raw = `data: ${JSON.stringify({ type: "response.output_item.done", item: hello })}\r\n\r\ndata: {"type":"response.completed","response":{"id":"r"}}`;
  const { result, events } = await ask([{ parts: [{ raw }], chunkSize: 3 }]);
  expect(result).toMatchObject({ type: "completed", responseId: "r", usage: null, endTurn: null });
  expect(events).toHaveLength(1);
});

test("a page with status 200 is told as such, and not asked for again", async () => {
  const outcome = await ask(() => htmlPage());
  expect(failureOf(outcome)).toMatchObject({
    retryable: false,
    message: expect.stringMatching(/text\/html instead of an event stream.*base_url/),
  });
  expect(outcome.model.requests).toHaveLength(1);
});

test.each<[string, Part[], number | undefined]>([
  ["after its head", [created(), { hang: true }], undefined],
  ["after its status", [{ raw: ": wait\n" }, { hang: true }], undefined],
  ["in the body of an error", [{ raw: "half an err" }, { hang: true }], 500],
])("silence of a server %s ends", async (_, all, status) => {
  const failure = failureOf(
    await ask(() => ({ ...parts(...all), ...(status !== undefined && { status }) }), {
      streamIdleTimeoutMs: 60,
      requestMaxRetries: 0,
    }),
  );
  expect(failure.retryable).toBe(true);
  if (status === undefined)
    expect(failure.message).toBe("stream disconnected before completion: idle timeout waiting for SSE");
});

test("silence of a server that never answers ends", async () => {
  const failure = failureOf(
    await ask(() => new Promise<Reply>(() => undefined), { streamIdleTimeoutMs: 60, requestMaxRetries: 0 }),
  );
  expect(failure).toMatchObject({
    retryable: true,
    message: "stream disconnected before completion: idle timeout waiting for SSE",
  });
});

async function closedPort(): Promise<number> {
  const server: Server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function unreachable(baseUrl: string): Promise<{ failure: ModelFailure; sleeps: number[] }> {
  const { system, sleeps } = machine();
  const client = new ResponsesClient(endpoint(baseUrl), system);
  const result = await client.stream(request(), { signal: new AbortController().signal, onEvent: () => undefined });
  return { failure: failureOf({ result }), sleeps };
}

test("a refused connection is tried again silently, then told with its address", async () => {
  const { failure, sleeps } = await unreachable(`http://127.0.0.1:${await closedPort()}/v1`);
  expect(failure).toMatchObject({ code: "connection_failed", retryable: true });
  expect(failure.message).toMatch(
    /error sending request for url \(http:\/\/127\.0\.0\.1:\d+\/v1\/responses\).*ECONNREFUSED/,
  );
  expect(sleeps).toHaveLength(4);
});

test("a name that does not exist is told", async () => {
  const { failure } = await unreachable("http://no-such-host.invalid/v1");
  expect(failure.code).toBe("connection_failed");
  expect(failure.message).toMatch(/no-such-host\.invalid/);
});

test("a missing credential fails before any network", async () => {
  const outcome = await ask(() => respond([]), {
    credential: () => {
      throw new AgentError("credentials_missing", "Missing environment variable: `MY_KEY`.");
    },
  });
  expect(failureOf(outcome)).toMatchObject({
    code: "credentials_missing",
    message: "Missing environment variable: `MY_KEY`.",
    retryable: false,
  });
  expect(outcome.model.requests).toHaveLength(0);
});

test("a key that cannot stand in a header fails at once, without showing it", async () => {
  const outcome = await ask(() => respond([]), { credential: () => ({ reveal: () => `${key}\nx`, source: "MY_KEY" }) });
  const failure = failureOf(outcome);
  expect(failure.message).not.toContain(key);
  expect(failure).toMatchObject({ retryable: false });
  expect(outcome.sleeps).toEqual([]);
});

test.each<[string, Reply]>([
  ["400", httpError(400, `wrong key ${key}`)],
  ["401", httpError(401, { error: { message: `Incorrect API key provided: ${key}` } })],
  ["500", httpError(500, `header was Bearer ${key}`)],
  ["429", httpError(429, { error: { type: "usage_limit_reached", message: `${key} is used up` } })],
  ["a failed response", parts(failed("odd", `key ${key}`))],
])("a provider that repeats the key in %s does not get it into a message", async (_, reply) => {
  expect(failureOf(await ask(() => reply, { requestMaxRetries: 0 })).message).not.toContain(key);
});

test("redirects are not followed, so that the key goes nowhere else", async () => {
  const other = await startFakeModel(() => respond([]));
  closing.push(() => other.close());
  const outcome = await ask([{ status: 302, headers: { location: `${other.baseUrl}/responses` }, parts: [] }]);
  expect(failureOf(outcome).retryable).toBe(false);
  expect(other.requests).toEqual([]);
});

test.each<[string, Script, boolean]>([
  ["before anything is sent", () => respond([]), true],
  ["while the server says nothing", () => new Promise<Reply>(() => undefined), false],
  ["in the middle of a stream", () => parts(created(), { hang: true }), false],
  ["in the body of an error", () => ({ status: 500, parts: [{ raw: "half" }, { hang: true }] }), false],
])("an abort %s rejects with its reason", async (_, script, early) => {
  const model = await startFakeModel(script);
  closing.push(() => model.close());
  const stop = new AbortController();
  const reason = new Error("stopped");
  if (early) stop.abort(reason);
  const client = new ResponsesClient(endpoint(model.baseUrl), machine().system);
  const streaming = client.stream(request(), { signal: stop.signal, onEvent: () => stop.abort(reason) });
  if (!early) void model.seen(1).then(() => setTimeout(() => stop.abort(reason), 20));
  await expect(streaming).rejects.toBe(reason);
  expect(model.requests).toHaveLength(early ? 0 : 1);
});

test("an abort while a retry waits rejects with its reason", async () => {
  const model = await startFakeModel(() => httpError(500, ""));
  closing.push(() => model.close());
  const stop = new AbortController();
  const reason = new Error("stopped");
  const client = new ResponsesClient(endpoint(model.baseUrl), nodeSystem());
  const streaming = client.stream(request(), { signal: stop.signal, onEvent: () => undefined });
  void model.seen(2).then(() => stop.abort(reason));
  await expect(streaming).rejects.toBe(reason);
});

test("a listener that throws ends the stream and gets its error back", async () => {
  const model = await startFakeModel(() => respond([hello]));
  closing.push(() => model.close());
  const fault = new Error("disk full");
  const client = new ResponsesClient(endpoint(model.baseUrl), machine().system);
  const streaming = client.stream(request(), {
    signal: new AbortController().signal,
    onEvent: () => {
      throw fault;
    },
  });
  await expect(streaming).rejects.toBe(fault);
});

async function proxy(): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = [];
  const server = createHttpServer((incoming, outgoing) => {
    asked.push(incoming.url ?? "");
    const onward = httpRequest(
      incoming.url ?? "",
      { method: incoming.method, headers: incoming.headers, agent: false },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(outgoing);
      },
    );
    incoming.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(
    () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  );
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

test("a proxy of the environment is used, and not for the hosts that it is not for", async () => {
  const { url, asked } = await proxy();
  const through = await ask([respond([hello])], { variables: { HTTP_PROXY: url } });
  expect(through.result.type).toBe("completed");
  expect(asked).toEqual([`${through.model.baseUrl}/responses`]);
  const direct = await ask([respond([hello])], { variables: { HTTP_PROXY: url, NO_PROXY: "127.0.0.1" } });
  expect(direct.result.type).toBe("completed");
  expect(asked).toHaveLength(1);
});

test("an item of 50 MB arrives whole", async () => {
  const big = message("msg_big", "é".repeat(25 * 1024 * 1024));
  const { events } = await ask([{ parts: [created(), done(big), completed()], chunkSize: 512 * 1024 }]);
  const last = events.at(-1)!;
  expect(last.type === "item.done" && JSON.stringify(last.item).length).toBe(JSON.stringify(big).length);
});

test("a reasoning item tells its summary as it comes", async () => {
  const { events } = await ask([respond([reasoning("rs_1", "thinking")])]);
  expect(events.filter(({ type }) => type === "reasoning.delta")).toMatchObject([
    { itemId: "rs_1", part: "summary", index: 0 },
    { itemId: "rs_1", part: "summary", index: 0 },
  ]);
});
