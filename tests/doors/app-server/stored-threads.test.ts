import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { afterEach, describe, expect, it, onTestFinished } from "vitest";
import { appServerInMemory, type AppClient, type Json } from "../../support/app-client.ts";
import { call, message, respond, startFakeModel, type Script } from "../../support/fake-model.ts";
import { makeStage, ours, type Stage } from "../../support/run.ts";

async function stageWith(script: Script): Promise<Stage> {
  const model = await startFakeModel(script);
  const stage = await makeStage({ baseUrl: model.baseUrl });
  onTestFinished(async () => {
    await model.close();
    await stage.dispose();
  });
  return stage;
}

const full = { approvalPolicy: "never", model: "gpt-5.5", sandbox: "danger-full-access" };
const say = (text: string): Json[] => [{ type: "text", text }];

async function thread(client: AppClient, stage: Stage): Promise<string> {
  const { thread: opened } = await client.call("thread/start", { ...full, cwd: stage.workspace });
  return (opened as { id: string }).id;
}

async function turn(client: AppClient, threadId: string, text: string): Promise<void> {
  await client.call("turn/start", { threadId, input: say(text) });
  await client.next("turn/completed");
}

describe("a server that is killed in the middle of a turn", () => {
  const running: ChildProcess[] = [];
  afterEach(() => {
    for (const child of running.splice(0)) child.kill("SIGKILL");
  });

  /** A server process with a client; `heard` resolves with the first message that fits. */
  function start(stage: Stage) {
    const child = spawn(ours().path, ["app-server"], {
      cwd: stage.workspace,
      env: stage.env,
      stdio: ["pipe", "pipe", "ignore"],
    });
    running.push(child);
    const all: Json[] = [];
    const waiting: { fits: (message: Json) => boolean; resolve: (message: Json) => void }[] = [];
    createInterface({ input: child.stdout }).on("line", (line) => {
      const heard = JSON.parse(line) as Json;
      all.push(heard);
      const at = waiting.findIndex(({ fits }) => fits(heard));
      if (at >= 0) waiting.splice(at, 1)[0]?.resolve(heard);
    });
    const heard = (fits: (message: Json) => boolean): Promise<Json> => {
      const known = all.find(fits);
      return known === undefined ? new Promise((resolve) => waiting.push({ fits, resolve })) : Promise.resolve(known);
    };
    let last = 0;
    const request = async (method: string, params: Json): Promise<Json> => {
      const id = ++last;
      child.stdin.write(`${JSON.stringify({ id, method, params })}\n`);
      const reply = await heard((each) => each["id"] === id);
      if (reply["error"] !== undefined) throw new Error(JSON.stringify(reply["error"]));
      return reply["result"] as Json;
    };
    const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    return { child, ended, heard, request };
  }

  const introduce = {
    clientInfo: { name: "probe", title: null, version: "1" },
    capabilities: { experimentalApi: true },
  };

  it("finds its threads again when it is started anew: the turn says that it was interrupted, and the next one runs", async () => {
    const stage = await stageWith(({ body }) =>
      JSON.stringify((body as Json)["input"]).includes("go on")
        ? respond([message("msg_2", "here again")])
        : respond([call("c1", "exec_command", { cmd: "sleep 100" })]),
    );
    const first = start(stage);
    await first.request("initialize", introduce);
    const { thread: opened } = await first.request("thread/start", { ...full, cwd: stage.workspace });
    const { id: threadId } = opened as { id: string };
    await first.request("turn/start", { threadId, input: say("sleep") });
    await first.heard(
      ({ method, params }) =>
        method === "item/started" && ((params as Json)["item"] as Json)["type"] === "commandExecution",
    );
    first.child.kill("SIGKILL");
    await first.ended;

    const second = start(stage);
    await second.request("initialize", introduce);
    const { data } = await second.request("thread/turns/list", { threadId });
    expect(data).toMatchObject([{ status: "interrupted", items: [{ type: "userMessage" }] }]);
    const resumed = await second.request("thread/resume", { ...full, threadId, initialTurnsPage: {} });
    expect(resumed).toMatchObject({ thread: { status: { type: "idle" }, turns: [{ status: "interrupted" }] } });
    await second.request("turn/start", { threadId, input: say("go on") });
    const completed = await second.heard(({ method }) => method === "turn/completed");
    expect(completed).toMatchObject({ params: { turn: { status: "completed", items: [{ text: "here again" }] } } });
    second.child.stdin.end();
    await second.ended;
  });
});

describe("a thread that another server has open", () => {
  it("is read and forked, but neither resumed nor put away", async () => {
    const stage = await stageWith(() => respond([message("msg_1", "hello")]));
    const [one, other] = [appServerInMemory(stage), appServerInMemory(stage)];
    onTestFinished(async () => void (await Promise.all([one.close(), other.close()])));
    const [mine, theirs] = [await one.connect(), await other.connect()];
    const threadId = await thread(mine, stage);
    await turn(mine, threadId, "hi");
    for (const method of ["thread/resume", "thread/archive", "thread/delete"]) {
      const reply = await theirs.request(method, { threadId });
      expect(reply, method).toMatchObject({ error: { code: -32600, data: { code: "thread_locked" } } });
    }
    expect(await theirs.call("thread/read", { threadId })).toMatchObject({ thread: { status: { type: "notLoaded" } } });
    const { thread: fork } = await theirs.call("thread/fork", { ...full, threadId, excludeTurns: true });
    expect(fork).toMatchObject({ forkedFromId: threadId, preview: "hi" });
  });
});

describe("a thread that two clients resume at once", () => {
  it("is opened once, for both", async () => {
    const stage = await stageWith(() => respond([message("msg_1", "hello")]));
    const before = appServerInMemory(stage);
    const maker = await before.connect();
    const threadId = await thread(maker, stage);
    await turn(maker, threadId, "hi");
    await before.close();
    const server = appServerInMemory(stage);
    onTestFinished(() => server.close());
    const clients = [await server.connect(), await server.connect()];
    const replies = await Promise.all(clients.map((client) => client.request("thread/resume", { ...full, threadId })));
    for (const reply of replies) expect(reply).toMatchObject({ result: { thread: { id: threadId, turns: [{}] } } });
    await turn(clients[0]!, threadId, "again");
    await clients[1]!.next("turn/completed");
  });
});
