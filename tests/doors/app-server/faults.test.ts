import { once } from "node:events";
import { connect as connectTcp } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { appServerProcess, type AppClient, type AppServerUnderTest, type Json } from "../../support/app-client.ts";
import { startListening, type ListeningServer } from "../../support/app-sockets.ts";
import {
  added,
  call,
  completed,
  created,
  done,
  message,
  respond,
  startFakeModel,
  textDelta,
  type FakeModel,
  type RecordedRequest,
  type Reply,
} from "../../support/fake-model.ts";
import { makeStage, ours, type Stage } from "../../support/run.ts";

const piece = "0123456789abcdef".repeat(2048);
const pieces = 600;
/** When more of the flood may come, after so many characters. */
let pace = (_after: number): Promise<void> => Promise.resolve();

function answerTo({ body }: RecordedRequest): Reply {
  const last = JSON.stringify((body as { input: unknown[] }).input.at(-1));
  if (last.includes("function_call_output")) return respond([message("m2", "done")]);
  if (last.includes("ask me")) {
    const words = { sandbox_permissions: "require_escalated", justification: "May I?" };
    return respond([call("1", "exec_command", { cmd: "true", ...words })]);
  }
  if (last.includes("hang")) {
    return { parts: [created(), added(message("m3", "")), textDelta("m3", "I begin"), { hang: true }] };
  }
  if (last.includes("flood")) {
    const deltas = Array.from({ length: pieces }, (_, index) => [
      { gate: () => pace(index * piece.length) },
      textDelta("m4", piece),
    ]);
    return {
      parts: [created(), added(message("m4", "")), ...deltas.flat(), done(message("m4", "flooded")), completed()],
    };
  }
  return respond([message("m1", "hello")]);
}

let model: FakeModel;
let stage: Stage;
let listening: ListeningServer;
beforeAll(async () => {
  model = await startFakeModel(answerTo);
  stage = await makeStage({ baseUrl: model.baseUrl, config: `model = "gpt-5.5"` });
  listening = await startListening(ours(), stage);
});
afterAll(async () => {
  await listening.close();
  await model.close();
  await stage.dispose();
});

const text = (words: string): Json[] => [{ type: "text", text: words }];
const idOf = (reply: Json, what: "thread" | "turn"): string => (reply[what] as { id: string }).id;
const startThread = async (client: AppClient): Promise<string> => idOf(await client.call("thread/start"), "thread");
const errorOf = async (client: AppClient, method: string, params?: unknown): Promise<Json> =>
  ((await client.request(method, params)) as { error: Json }).error;

/** One turn to its end; its notification of that. */
async function turn(client: AppClient, threadId: string, words: string): Promise<Json> {
  const turnId = idOf(await client.call("turn/start", { threadId, input: text(words) }), "turn");
  return (await client.next("turn/completed", ({ turn: ended }) => (ended as Json)["id"] === turnId)).params;
}

const isWell = async (client: AppClient): Promise<void> => {
  expect(await turn(client, await startThread(client), "hi")).toMatchObject({ turn: { status: "completed" } });
};

const transports: [string, () => AppServerUnderTest][] = [
  ["stdio", () => appServerProcess(ours(), stage)],
  ["a WebSocket", () => ({ connect: (who) => listening.connect(who), close: async () => undefined })],
];

describe.each(transports)("over %s", (_name, start) => {
  let server: AppServerUnderTest;
  let client: AppClient;
  beforeAll(async () => {
    server = start();
    client = await server.connect();
  });
  afterAll(async () => {
    await client.close();
    await server.close();
  });

  test("what is no request is passed over, and what follows it is served", async () => {
    const heard = client.told.length;
    for (const nothing of [
      null,
      42,
      "text",
      [],
      {},
      { id: 1 },
      { id: {}, method: "thread/list" },
      { method: 5, id: 2 },
    ]) {
      client.send(nothing);
    }
    client.send({ id: 77, result: {} });
    client.send({ id: "nobody", error: { code: 1, message: "no" } });
    expect(await client.call("thread/loaded/list")).toHaveProperty("data");
    expect(client.told.length).toBe(heard);
  });

  test("a method that nobody knows is named in the error", async () => {
    const error = await errorOf(client, "thread/dance", {});
    expect(error).toMatchObject({ code: -32600, message: expect.stringContaining("unknown variant `thread/dance`") });
    const long = await errorOf(client, "x".repeat(1_000_000), {});
    expect(String(long["message"]).length).toBeLessThan(20_000);
    expect(await errorOf(client, "__proto__", {})).toMatchObject({ code: -32600 });
  });

  test.each<[string, unknown, string]>([
    ["thread/start", { cwd: 5 }, "cwd"],
    ["thread/start", [], ""],
    ["thread/resume", { threadId: null }, "threadId"],
    [
      "turn/start",
      {
        threadId: "t",
        input: [
          { type: "text", text: "a" },
          { type: "text", text: 7 },
        ],
      },
      "input[1].text",
    ],
    ["turn/start", { threadId: "t", input: "hi" }, "input"],
    ["thread/list", { limit: "many" }, "limit"],
    ["fs/readFile", { path: {} }, "path"],
    ["command/exec", { command: ["a", 1] }, "command[1]"],
  ])("%s with %j: the error names the field", async (method, params, path) => {
    const error = await errorOf(client, method, params);
    expect(error).toMatchObject({ code: -32600, data: { path } });
    expect(error["message"]).toContain(`Invalid request: ${path}`);
  });

  test("a frame of 100 MB is answered, and the server goes on", async () => {
    const threadId = await startThread(client);
    const error = await errorOf(client, "turn/start", { threadId, input: text("x".repeat(100_000_000)) });
    expect(error["message"]).toBe("Input exceeds the maximum length of 1048576 characters.");
    const unknown = await errorOf(client, "thread/read", { threadId: "y".repeat(100_000_000) });
    expect(String(unknown["message"]).length).toBeLessThan(1000);
    await isWell(client);
  });

  test("every request twice: the second does nothing more, or says why not, and nothing is lost", async () => {
    const twice = async (method: string, params: unknown): Promise<Json[]> =>
      (await Promise.all([client.request(method, params), client.request(method, params)])) as unknown as Json[];
    const clientInfo = { name: "again", title: null, version: "1" };
    for (const { error } of await twice("initialize", { clientInfo, capabilities: null })) {
      expect(error).toMatchObject({ message: "Already initialized" });
    }
    const [one, two] = (await twice("thread/start", {})).map(({ result }) => idOf(result as Json, "thread"));
    expect(one).not.toBe(two);
    const threadId = one!;

    const turns = await twice("turn/start", { threadId, input: text("both of them") });
    for (const { result } of turns) {
      const id = idOf(result as Json, "turn");
      const isOver = client.told.some(
        ({ method, params }) => method === "turn/completed" && idOf(params, "turn") === id,
      );
      if (!isOver) await client.next("turn/completed", (params) => idOf(params, "turn") === id);
    }
    const read = await client.call("thread/read", { threadId, includeTurns: true });
    expect(JSON.stringify(read).match(/"text":"both of them"/g)).toHaveLength(2);

    for (const reply of await twice("thread/resume", { threadId })) expect(reply).toHaveProperty("result");
    for (const reply of await twice("thread/name/set", { threadId, name: "a name" }))
      expect(reply).toEqual({ ...reply, result: {} });
    const names = (await client.call("thread/list", {}))["data"] as { id: string; name: string | null }[];
    expect(names.filter(({ id }) => id === threadId)).toMatchObject([{ name: "a name" }]);

    const hanging = idOf(await client.call("turn/start", { threadId: two, input: text("hang") }), "turn");
    await client.next("item/agentMessage/delta");
    const stopped = await twice("turn/interrupt", { threadId: two, turnId: hanging });
    expect(stopped.filter((reply) => "result" in reply).length).toBeGreaterThan(0);
    const { params } = await client.next("turn/completed", (ended) => idOf(ended, "turn") === hanging);
    expect(params).toMatchObject({ turn: { status: "interrupted" } });
    expect(await errorOf(client, "turn/interrupt", { threadId: two, turnId: hanging })).toHaveProperty("message");

    const [left, again] = await twice("thread/unsubscribe", { threadId: two });
    expect([left!["result"], again!["result"]]).toEqual([{ status: "unsubscribed" }, { status: "notSubscribed" }]);

    for (const method of ["thread/archive", "thread/unarchive", "thread/archive", "thread/delete"]) {
      const replies = await twice(method, { threadId });
      expect(replies.filter((reply) => "result" in reply).length, method).toBeGreaterThan(0);
      for (const { error } of replies) if (error !== undefined) expect((error as Json)["message"]).toContain(threadId);
    }
    expect(await errorOf(client, "thread/read", { threadId, includeTurns: true })).toHaveProperty("message");
  });
});

test("requests that share an id are each answered under it", async () => {
  const client = await listening.connect(null);
  const answered: Json[] = [];
  client.socket.on("message", (data) => answered.push(JSON.parse(String(data)) as Json));
  const clientInfo = { name: "twice", title: null, version: "1" };
  client.send({ id: 1, method: "initialize", params: { clientInfo, capabilities: null } });
  for (const id of [1, 1, "1", 1]) client.send({ id, method: "thread/loaded/list", params: {} });
  while (answered.length < 5) await once(client.socket, "message");
  expect(answered.filter(({ id }) => id === 1)).toHaveLength(4);
  expect(answered.filter(({ id }) => id === "1")).toHaveLength(1);
  expect(answered.every((reply) => "result" in reply)).toBe(true);
  await client.close();
});

test("clients that connect and say nothing hold up nobody, and are told nothing", async () => {
  const mute = await Promise.all(Array.from({ length: 50 }, () => listening.connect(null)));
  const { port } = new URL(listening.url);
  const half = Array.from({ length: 50 }, () => connectTcp(Number(port), "127.0.0.1").on("error", () => undefined));
  await Promise.all(half.map((socket) => once(socket, "connect")));
  const client = await listening.connect();
  await isWell(client);
  expect(mute.flatMap(({ told }) => told)).toEqual([]);
  for (const socket of half) socket.destroy();
  await Promise.all([client, ...mute].map((each) => each.close()));
});

test("a client that stops reading gets the end of the turn all the same, and the others are not kept waiting", async () => {
  const [slow, fast] = await Promise.all([listening.connect(), listening.connect()]);
  const threadId = await startThread(fast);
  await turn(fast, threadId, "hi");
  await slow.call("thread/resume", { threadId });
  slow.socket.pause();
  const heard = new Map<AppClient, number>();
  for (const client of [slow, fast]) {
    client.socket.on("message", (data) => {
      const { method, params } = JSON.parse(String(data)) as { method?: string; params: { delta: string } };
      if (method === "item/agentMessage/delta") heard.set(client, (heard.get(client) ?? 0) + params.delta.length);
    });
  }
  // The machine may be so busy that this one is slow, too.
  pace = async (after) => {
    while ((heard.get(fast) ?? 0) < after - 1_000_000) await once(fast.socket, "message");
  };
  await turn(fast, threadId, "flood");
  expect(heard.get(fast)).toBe(pieces * piece.length);

  slow.socket.resume();
  const { params } = await slow.next("item/completed", ({ item }) => (item as Json)["text"] === "flooded");
  expect(params).toMatchObject({ threadId });
  await slow.next("turn/completed");
  expect(heard.get(slow)).toBeLessThan(pieces * piece.length);
  await Promise.all([slow.close(), fast.close()]);
});

test("when a client dies while it is asked, another that comes to the thread is asked, and its word counts", async () => {
  const asked = await listening.connect();
  const threadId = await startThread(asked);
  const turnId = idOf(await asked.call("turn/start", { threadId, input: text("ask me") }), "turn");
  await asked.next("item/commandExecution/requestApproval");
  asked.socket.terminate();

  const heir = await listening.connect();
  const resumed = await heir.call("thread/resume", { threadId });
  expect(resumed).toMatchObject({ thread: { status: { type: "active", activeFlags: ["waitingOnApproval"] } } });
  const question = await heir.next("item/commandExecution/requestApproval");
  heir.answer(question, { decision: "accept" });
  heir.answer(question, { decision: "decline" });
  const { params } = await heir.next("turn/completed", (ended) => idOf(ended, "turn") === turnId);
  expect(params).toMatchObject({ turn: { status: "completed" } });
  const commands = heir.told.filter(
    ({ method, params: { item } }) => method === "item/completed" && (item as Json)["type"] === "commandExecution",
  );
  expect(commands).toMatchObject([{ params: { item: { status: "completed", exitCode: 0 } } }]);
  await heir.close();
});

test("after a SIGKILL in the middle of a turn, the thread goes on, and that turn says that it was interrupted", async () => {
  const first = await startListening(ours(), stage);
  const client = await first.connect();
  const threadId = await startThread(client);
  await turn(client, threadId, "hi");
  const hanging = idOf(await client.call("turn/start", { threadId, input: text("hang on") }), "turn");
  await client.next("item/agentMessage/delta", ({ delta }) => delta === "I begin");
  await first.kill();

  const second = await startListening(ours(), stage);
  const later = await second.connect();
  const listed = (await later.call("thread/list", {}))["data"] as { id: string }[];
  expect(listed.map(({ id }) => id)).toContain(threadId);
  const { thread } = (await later.call("thread/resume", { threadId })) as { thread: { turns: Json[]; status: Json } };
  expect(thread.status).toEqual({ type: "idle" });
  expect(thread.turns).toMatchObject([{ status: "completed" }, { id: hanging, status: "interrupted" }]);
  expect(JSON.stringify(thread.turns[1])).toContain("hang on");
  expect(await turn(later, threadId, "and now")).toMatchObject({ turn: { status: "completed" } });
  const sent = JSON.stringify(model.requests.at(-1)!.body);
  for (const words of ["hi", "hang on", "and now"]) expect(sent).toContain(`"${words}"`);
  await second.close();
});

test("a thousand clients are served at once, each in full", async () => {
  const server = await startListening(ours(), stage);
  const clients: AppClient[] = [];
  for (let from = 0; from < 1000; from += 100) {
    clients.push(...(await Promise.all(Array.from({ length: 100 }, () => server.connect()))));
  }
  const replies = await Promise.all(clients.map((client) => client.call("thread/loaded/list")));
  expect(replies.every(({ data }) => Array.isArray(data))).toBe(true);
  const threadId = await startThread(clients[0]!);
  await Promise.all(
    clients.map((client) => client.next("thread/started", (params) => idOf(params, "thread") === threadId)),
  );
  await turn(clients[0]!, threadId, "hi");
  await server.close();
});

test.each<[string, Record<string, string>]>([
  ["a page of the web", { origin: "https://example.com" }],
  ["a page of this machine", { origin: "http://127.0.0.1:8000" }],
  ["a page without a place", { origin: "null" }],
  ["a page whose name points at this machine", { host: "rebound.example.com" }],
])("%s cannot reach the socket", async (_what, headers) => {
  const page = new WebSocket(listening.url, { headers });
  expect(String((await once(page, "error"))[0])).toContain("403");
});
