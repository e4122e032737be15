import { mkdtemp, readdir, readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { baseUrlOf } from "../../src/proxy/options.ts";
import { MemoryStore, type StoredResponse } from "../../src/proxy/store.ts";
import { namedProfiles, profileOf } from "../../src/proxy/upstreams/profiles.ts";
import { presets } from "../../src/config/providers/presets.ts";
import type { ChatRequest } from "../../src/protocol/chat/chat-completions.ts";
import type { RecordedExchange } from "../../src/proxy/telemetry/record.ts";
import { chat, chatCalls, chatText, chunk, finish, text, usage } from "../support/fake-chat.ts";
import { startFakeModel } from "../support/fake-model.ts";
import { scratchFolder } from "../support/scratch.ts";
import { ask, bridgeBefore, bridgeTo, eventsOf, post } from "./on-stage.ts";
import { untilPasses } from "../support/until.ts";

const somewhere = { upstreams: [{ url: "http://127.0.0.1:9/v1" }] };

test.each([
  ["http://localhost:8000", "http://localhost:8000/v1"],
  ["http://localhost:8000/", "http://localhost:8000/v1"],
  ["https://api.example/v1/", "https://api.example/v1"],
  ["https://api.example/openai/deployments/x//", "https://api.example/openai/deployments/x"],
])("the base URL %s is %s", (given, meant) => expect(baseUrlOf(given)).toBe(meant));

test.each(["localhost:8000", "api.example", "ftp://x", "http://", "http://user:secret@x/v1"])(
  "%s is no base URL",
  (given) => expect(() => baseUrlOf(given)).toThrow(/base URL/),
);

test.each([
  ["not JSON", 400, /^invalid JSON body: /],
  ["[]", 400, /object/],
  [{ input: "hi" }, 501, /model/],
  [{ model: "m", input: 5 }, 501, /input/],
  [{ model: "m", input: [{ type: "item_reference", id: "x" }] }, 501, /kept elsewhere/],
  [{ model: "m", input: [{ type: "shrug" }] }, 501, /shrug/],
  [{ model: "m", input: [{ role: "ghost", content: "boo" }] }, 501, /ghost/],
  [{ model: "m", input: [{ role: "user", content: [{ type: "input_file", file_id: "x" }] }] }, 501, /file/],
  [{ model: "m", input: "x", tools: [{ type: "file_search" }] }, 501, /file_search/],
  [{ model: "m", input: "x", tools: [], tool_choice: { type: "mcp" } }, 501, /mcp/],
  [{ model: "m", input: "x", background: true }, 501, /background/],
])("%j is refused with %i before anything is asked", async (body, status, says) => {
  const { bridge, model } = await bridgeTo([]);
  const response = await post(bridge, body);
  expect(response.status).toBe(status);
  const { error } = (await response.json()) as { error: { message: string } };
  expect(error.message).toMatch(says);
  expect(model.requests).toHaveLength(0);
});

test("a request that does not say whether it wants a stream gets one, unless it asks for JSON", async () => {
  const { bridge } = await bridgeTo(() => chatText("Hi"));
  const typeOf = async (headers: Record<string, string>, body: object = {}): Promise<string | null> =>
    (await post(bridge, { model: "m", input: "x", ...body }, headers)).headers.get("content-type");
  expect(await typeOf({})).toMatch("text/event-stream");
  expect(await typeOf({ accept: "application/json" })).toBe("application/json");
  expect(await typeOf({ accept: "application/json, text/event-stream" })).toMatch("text/event-stream");
  expect(await typeOf({ accept: "text/event-stream" }, { stream: false })).toBe("application/json");
});

test("health, other paths and other methods are answered", async () => {
  const { bridge } = await bridgeBefore(somewhere);
  const root = new URL(bridge.url).origin;
  for (const path of ["/health", "/healthz"])
    expect(await (await fetch(`${root}${path}`)).json()).toEqual({ ok: true });
  expect((await fetch(`${root}/nothing`)).status).toBe(404);
  const wrong = await fetch(`${bridge.url}/responses`);
  expect(wrong.status).toBe(405);
  expect(wrong.headers.get("allow")).toBe("POST");
  expect((await fetch(`${root}/v1/models`)).status).toBe(502);
});

test("both spellings of the path of responses are answered, and more than one item kind without a type", async () => {
  const { bridge, model } = await bridgeTo([chatText("Hi")]);
  const response = await fetch(`${new URL(bridge.url).origin}/responses`, {
    method: "POST",
    body: JSON.stringify({
      model: "m",
      input: [
        { role: "user", content: "hello" },
        { type: "web_search_call", id: "w", action: {} },
      ],
    }),
  });
  expect(eventsOf(await response.text()).at(-1)).toMatchObject({ type: "response.completed" });
  expect((model.requests[0]!.body as ChatRequest).messages[0]).toEqual({ role: "user", content: "hello" });
});

test("only who shows the token is let in, and health tells nobody's secrets", async () => {
  const { bridge } = await bridgeTo(() => chatText("Hi"), { token: "the-right-token" });
  expect((await post(bridge, { model: "m", input: "x" })).status).toBe(401);
  expect((await post(bridge, { model: "m", input: "x" }, { authorization: "Bearer the-wrong-token" })).status).toBe(
    401,
  );
  expect((await post(bridge, { model: "m", input: "x" }, { authorization: "Bearer the-right-token" })).status).toBe(
    200,
  );
  const root = new URL(bridge.url).origin;
  expect((await fetch(`${root}/healthz`)).status).toBe(200);
  expect((await fetch(`${root}/metrics`)).status).toBe(401);
});

test("pages of browsers are kept out, by their origin and by names of their own for this machine", async () => {
  const { bridge } = await bridgeBefore(somewhere);
  expect((await post(bridge, {}, { origin: "https://evil.example" })).status).toBe(403);
  const { port } = new URL(bridge.url);
  const asked = (host: string): Promise<number> =>
    new Promise((resolve, reject) => {
      import("node:http").then(({ get }) =>
        get({ port, host: "127.0.0.1", path: "/healthz", headers: { host } }, (response) => {
          response.resume();
          resolve(response.statusCode ?? 0);
        }).on("error", reject),
      );
    });
  expect(await asked("evil.example")).toBe(403);
  expect(await asked(`localhost:${port}`)).toBe(200);
  expect(await asked(`127.0.0.1:${port}`)).toBe(200);
});

test("a place that strangers reach is not listened on without a token", async () => {
  await expect(bridgeBefore({ ...somewhere, host: "0.0.0.0" })).rejects.toThrow(/--token-file/);
});

test("keys go to the server alone, and what a client shows only where that is wanted", async () => {
  const shown = {
    authorization: "Bearer client-secret",
    traceparent: "00-11111111111111111111111111111111-2222222222222222-01",
  };
  const own = await bridgeTo([chatText("Hi")], { upstream: { key: "server-secret" } });
  await ask(own.bridge, {}, shown);
  expect(own.model.requests[0]!.headers).toMatchObject({
    authorization: "Bearer server-secret",
    traceparent: shown.traceparent,
  });
  const passed = await bridgeTo([chatText("Hi")], { forwardAuth: true });
  await ask(passed.bridge, {}, shown);
  expect(passed.model.requests[0]!.headers["authorization"]).toBe("Bearer client-secret");
  const azure = await bridgeTo([chatText("Hi")], {
    upstream: { key: "k", keyHeader: "api-key", queryParams: { "api-version": "1" } },
  });
  await ask(azure.bridge, {}, shown);
  expect(azure.model.requests[0]).toMatchObject({
    url: "/v1/chat/completions?api-version=1",
    headers: { "api-key": "k" },
  });
  expect(azure.model.requests[0]!.headers).not.toHaveProperty("authorization");
});

test("what is logged says who asked for what at what cost, and nothing that was said", async () => {
  const { bridge, log } = await bridgeTo([chatText("secret answer")]);
  await ask(bridge, { input: "secret question" }, { "x-client-request-id": "session-1" });
  await untilPasses(() => expect(log).toHaveLength(1));
  expect(log[0]).toMatchObject({
    method: "POST",
    path: "/v1/responses",
    status: 200,
    outcome: "completed",
    sessionId: "session-1",
    model: "fake-model",
    upstream: "fake",
    inputTokens: 100,
    outputTokens: 10,
  });
  expect(JSON.stringify(log)).not.toContain("secret");
});

test("what was counted can be read by Prometheus", async () => {
  const { bridge } = await bridgeTo([chatText("Hi")]);
  await ask(bridge, {});
  const lines = (await (await fetch(`${new URL(bridge.url).origin}/metrics`)).text()).split("\n");
  for (const line of [
    'codex_agent_bridge_requests_total{route="responses",status="200"} 1',
    'codex_agent_bridge_responses_total{outcome="completed"} 1',
    'codex_agent_bridge_tokens_total{kind="input"} 100',
    'codex_agent_bridge_response_seconds_bucket{le="+Inf"} 1',
    "codex_agent_bridge_response_seconds_count 1",
    "codex_agent_bridge_in_flight 0",
  ])
    expect(lines).toContain(line);
  for (const line of lines.slice(0, -1)) expect(line).toMatch(/^# (?:HELP|TYPE) \w+ .+$|^\w+(?:\{[^}]*\})? [\d.e+-]+$/);
});

const searches = {
  tools: [{ type: "web_search" }, { type: "function", name: "go", parameters: { type: "object" } }],
};

test("searches are left out where there are none", async () => {
  const { bridge, model } = await bridgeTo([chatText("Hi")]);
  await ask(bridge, searches);
  expect((model.requests[0]!.body as ChatRequest).tools!.map(({ function: { name } }) => name)).toEqual(["go"]);
});

test("a search that finds nothing is told of, and the model goes on with what it found", async () => {
  const call = chatCalls({ id: "s1", name: "web_search", args: { queries: ["b", "a"], query: "a" } });
  const { bridge, model } = await bridgeTo([call, chatText("Nothing there")], { webSearch: "mock" });
  const { last } = await ask(bridge, searches);
  const { output, usage: sum } = last["response"] as { output: Record<string, unknown>[]; usage: unknown };
  expect(output.map(({ type }) => type)).toEqual(["web_search_call", "message"]);
  expect(output[0]).toMatchObject({ action: { type: "search", query: "a", queries: ["a", "b"] } });
  expect(sum).toMatchObject({ input_tokens: 200, backend_requests: 2 });
  const told = (model.requests[1]!.body as ChatRequest).messages.at(-1);
  expect(JSON.parse(told!.content as string)).toEqual({ results: [], mock: true, query: "a", queries: ["a", "b"] });
});

test("a search of one's own is asked, and its words reach the model", async () => {
  const asked: unknown[] = [];
  const site = createServer((request, response) => {
    request.on("data", (body: Buffer) => asked.push(JSON.parse(body.toString())));
    request.on("end", () => response.end("It rains."));
  });
  await new Promise<void>((resolve) => site.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void site.close());
  const webSearch = `http://127.0.0.1:${(site.address() as AddressInfo).port}/search`;
  const call = chatCalls({ id: "s1", name: "web_search", args: { query: "weather" } });
  const { bridge, model } = await bridgeTo([call, chatText("It rains")], { webSearch });
  await ask(bridge, searches);
  expect(asked).toEqual([{ query: "weather", queries: ["weather"] }]);
  expect((model.requests[1]!.body as ChatRequest).messages.at(-1)).toMatchObject({
    role: "tool",
    content: "It rains.",
  });
});

const secretKey = "sk-very-secret-key-1234567890";

test("the key of a server that was not asked is not recorded either", async () => {
  // Of no form that would be taken for a key by itself.
  const plainKey = "violet-harbour-41-lantern";
  const folder = await mkdtemp(`${scratchFolder}/record-`);
  const model = await startFakeModel([chat([text("Hi"), finish(), usage(1, 2)])]);
  onTestFinished(() => model.close());
  const { bridge } = await bridgeBefore({
    upstreams: [
      { url: model.baseUrl, models: ["m"] },
      { url: model.baseUrl, models: ["other"], key: plainKey },
    ],
    recordTo: folder,
  });
  await ask(bridge, { model: "m", input: `use ${plainKey}` });
  await untilPasses(async () => expect(await readdir(folder)).toHaveLength(1));
  const [name = ""] = await readdir(folder);
  await untilPasses(async () => expect(await readFile(join(folder, name), "utf8")).toMatch(/\n$/));
  expect(await readFile(join(folder, name), "utf8")).not.toContain(plainKey);
});

test.each([
  ["that is given", secretKey],
  ["that comes from a program", () => Promise.resolve(secretKey)],
])("what went through is recorded without a key %s, and plays again to the same answer", async (_, key) => {
  const folder = await mkdtemp(`${scratchFolder}/record-`);
  const { bridge } = await bridgeTo([chat([text(`my key is ${secretKey}`), finish(), usage(1, 2)])], {
    upstream: { key },
    recordTo: folder,
  });
  const first = await ask(bridge, { input: `use ${secretKey}` });
  await untilPasses(async () => expect(await readdir(folder)).toHaveLength(1));
  const [name = ""] = await readdir(folder);
  await untilPasses(async () => expect(await readFile(join(folder, name), "utf8")).toMatch(/\n$/));
  const kept = await readFile(join(folder, name), "utf8");
  expect(kept).not.toContain("very-secret");
  const exchange = JSON.parse(kept) as RecordedExchange;
  expect(exchange.response.status).toBe(200);
  const played = await bridgeTo([{ parts: [{ raw: exchange.upstream[0]!.stream }] }]);
  const again = await post(played.bridge, exchange.request as object);
  const types = (stream: string): string[] => eventsOf(stream).map(({ type }) => type);
  expect(types(await again.text())).toEqual(types(exchange.response.body));
  expect(types(exchange.response.body)).toEqual(first.events.map(({ type }) => type));
});

test("the tokens of each request are dumped where somebody trains on them", async () => {
  const folder = await mkdtemp(`${scratchFolder}/dump-`);
  const reply = chat([
    chunk({ prompt_token_ids: [1, 2], choices: [{ index: 0, delta: { content: "a" }, token_ids: [3] }] }),
    chunk({ choices: [{ index: 0, delta: { content: "b" }, token_ids: [4, 5] }] }),
    finish(),
  ]);
  const { bridge, model } = await bridgeTo([reply], { dumpTo: folder });
  await ask(bridge, {});
  expect(model.requests[0]!.body).toMatchObject({ return_token_ids: true });
  await untilPasses(async () => {
    const line = JSON.parse(await readFile(join(folder, "dump.jsonl"), "utf8")) as Record<string, unknown>;
    expect(line).toEqual({ tokens: { prefill: [1, 2], decode: [3, 4, 5] }, send_timestamp: expect.any(Number) });
  });
});

test("what is kept is bounded by number, size and age", async () => {
  let now = 0;
  const store = new MemoryStore(() => now);
  const entry = (id: string, bytes = 10): StoredResponse => ({
    id,
    json: "{}",
    input: [],
    output: [],
    bytes,
  });
  for (let index = 0; index < 1001; index++) store.put(entry(`r${index}`));
  expect(await store.get("r0")).toBeNull();
  expect(await store.get("r1")).not.toBeNull();
  store.put(entry("large", 64 * 1024 * 1024));
  expect(await store.get("r1000")).toBeNull();
  expect(await store.get("large")).not.toBeNull();
  store.put(entry("too large", 64 * 1024 * 1024 + 1));
  expect(await store.get("too large")).toBeNull();
  now = 3_600_000;
  expect(await store.get("large")).toBeNull();
});

test("profiles that the configuration knows too say the same there", () => {
  const shared = Object.entries(presets).filter(([name]) => name in namedProfiles);
  expect(shared.length).toBeGreaterThan(4);
  expect(shared.map(([name]) => profileOf(name))).toEqual(shared.map(([, { profile }]) => profileOf(null, profile)));
});

test.each([
  ["stepfun", "system"],
  ["openai", "developer"],
  ["never heard of", "system"],
])("a server of %s is given developer messages as %s", async (provider, role) => {
  const { bridge, model } = await bridgeTo([chatText("Hi")], { upstream: { provider } });
  await ask(bridge, { instructions: "Be short" });
  expect((model.requests[0]!.body as ChatRequest).messages[0]).toEqual({ role, content: "Be short" });
});
