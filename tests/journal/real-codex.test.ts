import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { RolloutStore } from "../../src/journal/store.ts";
import type { ResponseItem } from "../../src/protocol/response-items.ts";
import { call as modelCall, type FakeModel, fakeModel, type Json, say } from "./support/fake-model.ts";
import {
  completed,
  ids,
  newThread,
  prompt,
  sketch,
  started,
  system,
  typicalTurn,
  answer,
  call,
  output,
  place,
  fixture,
  idOf,
} from "./support/journals.ts";
import {
  type FileLine,
  linesOf,
  rolloutsOf,
  runCodex,
  startAppServer,
  threadOf,
  type Workshop,
  workshop,
} from "./support/real-codex.ts";

// Each runs the real Codex several times, on a machine that may have other things to do.
vi.setConfig({ testTimeout: 120_000 });

let model: FakeModel;
let shop: Workshop;
let store: RolloutStore;

async function open(script: Json[][] = []): Promise<void> {
  model = await fakeModel(script);
  shop = workshop(model.url);
  store = new RolloutStore(system, shop.codexHome);
}

afterEach(async () => {
  await model.close();
  shop.remove();
});

const exec = (...args: string[]) => runCodex(shop, ["exec", "--json", "--skip-git-repo-check", ...args]);

/** A thread of ours with two turns; the second one failed. */
async function ours(): Promise<{ id: string; turns: [string, string] }> {
  const id = ids.uuid();
  const turns: [string, string] = [ids.uuid(), ids.uuid()];
  const journal = store.create(newThread(id, shop.cwd));
  // One record a write, as a turn does it.
  for (const record of typicalTurn(turns[0], shop.cwd)) journal.append([record]);
  journal.append([started(turns[1]), prompt(turns[1], "ours: second", 8)]);
  journal.append([
    {
      type: "item.completed",
      turnId: turns[1],
      item: { type: "userMessage", id: ids.uuid(), content: [{ type: "text", text: "ours: second" }] },
      startedAtMs: Date.now(),
      completedAtMs: Date.now(),
    },
  ]);
  journal.append([
    { type: "error", turnId: turns[1], message: "the model is gone", code: "server_overloaded" },
    completed(turns[1], null),
  ]);
  await journal.sync();
  await journal.close();
  return { id, turns };
}

const withoutBasePrompt = (request: Json): ResponseItem[] => (request["input"] as ResponseItem[]).slice(1);
/** Without the context that Codex adds in its own words. */
const spoken = (items: readonly ResponseItem[]): string[] =>
  sketch(items).filter((line) => !/^developer: <|^user: <environment_context/.test(line));

const ourTurns = [
  "user: ours: first",
  "reasoning rs_1",
  "function_call k1",
  "custom_tool_call p1",
  "custom_tool_call_output p1",
  "function_call_output k1",
  "assistant: ours: done",
  "user: ours: second",
];

describe("a thread of ours", () => {
  it("is resumed by the real Codex with its whole history, and read back by us", async () => {
    await open([[modelCall("exec_command", { cmd: "echo real" }, "r1")], [say("real: done")]]);
    const { id } = await ours();
    const ran = await exec("resume", id, "real: go on");
    expect(ran.code, ran.stderr).toBe(0);
    expect(threadOf(ran)).toBe(id);
    expect(ran.events.find((event) => event["type"] === "turn.completed")!["usage"]).toMatchObject({
      input_tokens: 400,
      output_tokens: 30,
    });
    const input = withoutBasePrompt(model.requests[0]!);
    expect(spoken(input)).toEqual([...ourTurns, "user: real: go on"]);
    const thread = store.read(id);
    // The same but for the order of outputs: Codex sends them as they stand in the file, we in the order of the calls.
    const inFileOrder = [...thread.history];
    [inFileOrder[6], inFileOrder[7]] = [inFileOrder[7]!, inFileOrder[6]!];
    expect(inFileOrder.slice(0, input.length)).toEqual(input);
    expect(spoken(thread.history).slice(-4)).toEqual([
      "user: real: go on",
      "function_call r1",
      "function_call_output r1",
      "assistant: real: done",
    ]);
    expect(thread.warnings).toEqual([]);
    expect(thread.usage).toMatchObject({ inputTokens: 400, outputTokens: 30 });
    expect(thread.turns.map((turn) => turn.status)).toEqual(["completed", "failed", "completed"]);
    expect(thread.turns[2]!.items.map((item) => item.type)).toEqual([
      "userMessage",
      "commandExecution",
      "agentMessage",
    ]);
    const [file] = rolloutsOf(shop.codexHome, id);
    const ordinals = linesOf(file!)
      .filter((line) => line.type !== "codex_agent")
      .map((line) => line.ordinal);
    expect(ordinals).toEqual(ordinals.map((_, index) => index));
  });

  it("goes back and forth between both, turn by turn", async () => {
    await open([[say("real: 1")], [say("real: 2")], [say("real: 3")]]);
    const { id } = await ours();
    const words: string[] = [];
    for (const round of [1, 2, 3]) {
      expect((await exec("resume", id, `to real ${round}`)).code).toBe(0);
      words.push(`user: to real ${round}`, `assistant: real: ${round}`);
      const { journal, thread } = await store.resume(id);
      expect(spoken(thread.history).slice(8)).toEqual(words);
      const turnId = ids.uuid();
      const sampled = journal.nextSequence();
      journal.append([
        started(turnId),
        prompt(turnId, `to us ${round}`, sampled - 2),
        answer(turnId, `us: ${round}`, sampled),
        completed(turnId, `us: ${round}`),
      ]);
      await journal.close();
      words.push(`user: to us ${round}`, `assistant: us: ${round}`);
    }
    expect((await exec("resume", id, "last")).code).toBe(0);
    expect(spoken(withoutBasePrompt(model.requests.at(-1)!)).slice(8)).toEqual([...words, "user: last"]);
  });

  it("is shown whole by the real app-server", async () => {
    await open();
    const { id, turns } = await ours();
    const server = await startAppServer(shop);
    try {
      const resumed = await server.request("thread/resume", { threadId: id, excludeTurns: true });
      expect(resumed["thread"]).toMatchObject({ id, preview: "ours: first", historyMode: "paginated", cwd: shop.cwd });
      const { data } = (await server.request("thread/turns/list", {
        threadId: id,
        limit: 50,
        itemsView: "full",
        sortDirection: "asc",
      })) as { data: Json[] };
      expect(data.map((turn) => [turn["id"], turn["status"]])).toEqual([
        [turns[0], "completed"],
        [turns[1], "failed"],
      ]);
      expect(data[1]!["error"]).toMatchObject({ message: "the model is gone", codexErrorInfo: "serverOverloaded" });
      expect(data[0]!["items"]).toMatchObject([
        { type: "userMessage", content: [{ type: "text", text: "ours: first" }] },
        { type: "reasoning", id: "rs_1", summary: ["thinking"] },
        {
          type: "fileChange",
          id: "p1",
          changes: [
            { path: `${shop.cwd}/a b#c.txt`, kind: { type: "update", move_path: `${shop.cwd}/c.txt` } },
            { path: `${shop.cwd}/n.txt`, kind: { type: "add" }, diff: "x\n" },
          ],
        },
        {
          type: "commandExecution",
          id: "k1",
          command: "/bin/bash -lc 'echo hi'",
          cwd: shop.cwd,
          aggregatedOutput: "hi\n",
          exitCode: 0,
        },
        { type: "mcpToolCall", id: "t1", tool: "grep_files", status: "completed" },
        { type: "webSearch", id: "ws_1", query: "x" },
        { type: "imageView", id: "v1", path: `${shop.cwd}/a.png` },
        { type: "agentMessage", id: "msg_done", text: "ours: done" },
      ]);
    } finally {
      await server.close();
    }
  });

  it("that was given half of a character is loaded by the real Codex with all of its lines", async () => {
    await open([[say("real: done")]]);
    const id = ids.uuid();
    const journal = store.create(newThread(id, shop.cwd));
    journal.append([
      started("t1"),
      prompt("t1", "go \ud83d", 0),
      call("t1", "k1", 1),
      output("t1", "k1", 1, "cut \ud83d"),
    ]);
    await journal.close();
    expect((await exec("resume", id, "on")).code).toBe(0);
    const input = withoutBasePrompt(model.requests[0]!);
    expect(spoken(input)).toEqual(["user: go \ufffd", "function_call k1", "function_call_output k1", "user: on"]);
    expect(input).toContainEqual(expect.objectContaining({ call_id: "k1", output: "cut \ufffd" }));
  });

  it("with a call that was cut off is answered by the real Codex too", async () => {
    await open([[say("real: done")]]);
    const id = ids.uuid();
    const journal = store.create(newThread(id, shop.cwd));
    journal.append([
      started("t1"),
      prompt("t1", "go", 0),
      call("t1", "cut", 1),
      { type: "call.started", callId: "cut" },
    ]);
    await journal.close();
    expect(store.read(id).startedCalls).toEqual(new Set(["cut"]));
    expect((await exec("resume", id, "on")).code).toBe(0);
    expect(spoken(withoutBasePrompt(model.requests[0]!))).toEqual([
      "user: go",
      "function_call cut",
      "function_call_output cut",
      "user: on",
    ]);
  });
});

describe("forks across both", () => {
  it("the real Codex forks ours, and we read its fork", async () => {
    await open([[say("real: forked")]]);
    const { id } = await ours();
    const ran = await exec("fork", id, "real: fork");
    expect(ran.code, ran.stderr).toBe(0);
    expect(spoken(store.read(threadOf(ran)).history)).toEqual([
      ...ourTurns.slice(0, 4),
      "function_call_output k1",
      "custom_tool_call_output p1",
      ...ourTurns.slice(6),
      "user: real: fork",
      "assistant: real: forked",
    ]);
    expect(store.read(threadOf(ran)).usage).toMatchObject({ inputTokens: 300 });
  });

  it("we fork the real one's, at a turn and in an ancestor, and the real Codex goes on from that", async () => {
    await open([[say("one")], [say("two")], [say("three")], [say("four")]]);
    const id = threadOf(await exec("p1"));
    await exec("resume", id, "p2");
    const [first] = store.read(id).turns;
    const whole = await store.fork(id, newThread(ids.uuid(), shop.cwd));
    await whole.journal.close();
    expect((await exec("resume", whole.journal.threadId, "p3")).code).toBe(0);
    expect(spoken(withoutBasePrompt(model.requests.at(-1)!))).toEqual([
      "user: p1",
      "assistant: one",
      "user: p2",
      "assistant: two",
      "user: p3",
    ]);
    const early = await store.fork(whole.journal.threadId, newThread(ids.uuid(), shop.cwd), first!.id);
    await early.journal.close();
    const ran = await exec("resume", early.journal.threadId, "p4");
    expect(ran.code, ran.stderr).toBe(0);
    expect(spoken(withoutBasePrompt(model.requests.at(-1)!))).toEqual(["user: p1", "assistant: one", "user: p4"]);
    expect(spoken(store.read(early.journal.threadId).history)).toEqual([
      "user: p1",
      "assistant: one",
      "user: p4",
      "assistant: four",
    ]);
  });

  it("reverts of the real Codex are followed, and their newest generation is written on", async () => {
    await open([[say("one")], [say("two")], [say("three")], [say("four")], [say("five")]]);
    const id = threadOf(await exec("p1"));
    await exec("resume", id, "p2");
    const fork = threadOf(await exec("fork", id, "p3"));
    const [, second] = store.read(id).turns;
    const revert = async (turn: string): Promise<void> => {
      const server = await startAppServer(shop);
      await server.request("thread/resume", { threadId: id, excludeTurns: true });
      await server.request("thread/revert", { threadId: id, beforeTurnId: turn });
      await server.close();
    };
    await revert(second!.id);
    expect(spoken(store.read(id).history)).toEqual(["user: p1", "assistant: one"]);
    const { journal } = await store.resume(id);
    const turn = ids.uuid();
    const sampled = journal.nextSequence();
    journal.append([
      started(turn),
      prompt(turn, "us", sampled - 2),
      answer(turn, "ours", sampled),
      completed(turn, "ours"),
    ]);
    await journal.close();
    expect(rolloutsOf(shop.codexHome, id)).toHaveLength(2);
    expect((await exec("resume", id, "p4")).code).toBe(0);
    const past = ["user: p1", "assistant: one", "user: us", "assistant: ours", "user: p4"];
    expect(spoken(withoutBasePrompt(model.requests.at(-1)!))).toEqual(past);
    expect(spoken(store.read(fork).history)).toEqual([
      "user: p1",
      "assistant: one",
      "user: p2",
      "assistant: two",
      "user: p3",
      "assistant: three",
    ]);
    const later = await store.fork(id, newThread(ids.uuid(), shop.cwd));
    await later.journal.close();
    expect((await exec("resume", later.journal.threadId, "p5")).code).toBe(0);
    expect(spoken(withoutBasePrompt(model.requests.at(-1)!))).toEqual([...past, "assistant: four", "user: p5"]);
    const theirs = threadOf(await exec("fork", id, "p6"));
    expect(spoken(store.read(theirs).history).slice(0, 7)).toEqual([...past, "assistant: four", "user: p6"]);
    expect(store.read(theirs).warnings).toEqual([]);
    await revert(store.read(id).turns[0]!.id);
    expect(store.read(id).history).toEqual([]);
  });

  it("a legacy thread stays legacy with both", async () => {
    await open([[say("real: legacy")], [say("real: again")]]);
    const content = fixture("rollout-minimal.jsonl");
    const id = idOf(content);
    const path = place(shop.codexHome, id, content);
    expect((await exec("resume", id, "real: one")).code).toBe(0);
    const { journal, thread } = await store.resume(id);
    expect(spoken(thread.history)).toEqual([
      "user: remember BLUE",
      "assistant: OK BLUE",
      "user: real: one",
      "assistant: real: legacy",
    ]);
    journal.append(typicalTurn(ids.uuid(), shop.cwd));
    await journal.close();
    expect(readFileSync(path, "utf8")).not.toContain('"ordinal"');
    expect((await exec("resume", id, "real: two")).code).toBe(0);
    expect(spoken(withoutBasePrompt(model.requests.at(-1)!))).toEqual([
      "user: remember BLUE",
      "assistant: OK BLUE",
      "user: real: one",
      "assistant: real: legacy",
      ...ourTurns.slice(0, -1),
      "user: real: two",
    ]);
  });
});

describe("two writers", () => {
  it("the real Codex is refused while we write, and we while it does", async () => {
    await open([[say("real: done")]]);
    const { id } = await ours();
    const { journal } = await store.resume(id);
    const refused = await exec("resume", id, "no");
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain("already has an active writer");
    await journal.close();
    const server = await startAppServer(shop);
    try {
      await server.request("thread/resume", { threadId: id, excludeTurns: true });
      await expect(store.resume(id)).rejects.toMatchObject({
        code: "thread_locked",
        message: expect.stringContaining(`process ${server.pid} (codex)`),
      });
    } finally {
      await server.close();
    }
    expect((await exec("resume", id, "yes")).code).toBe(0);
  });
});

describe("a thread of the real Codex", () => {
  it("is found by id, name, directory and age, as it would", async () => {
    await open([[say("a")], [say("b")]]);
    const a = threadOf(await exec("first thread"));
    const b = threadOf(await exec("second thread"));
    expect(store.find({ by: "last", cwd: shop.cwd })).toBe(b);
    expect(store.list({ limit: 5 }).threads.map((one) => [one.id, one.preview])).toEqual([
      [b, "second thread"],
      [a, "first thread"],
    ]);
    rmSync(join(shop.codexHome, "state_5.sqlite"), { force: true });
    expect(store.find({ by: "id", id: a })).toBe(a);
  });

  it("is written by us in the shape that it writes", async () => {
    await open([[modelCall("exec_command", { cmd: "echo hi" }, "c1")], [say("done")]]);
    const id = threadOf(await exec("go"));
    const written = linesOf(rolloutsOf(shop.codexHome, id)[0]!);
    // Limits that nobody told of: it writes each of them as null, and reads one null as well.
    for (const { payload } of written) if ("rate_limits" in payload) payload["rate_limits"] = null;
    const real = shapes(written);
    const mine = await ours();
    const made = shapes(linesOf(rolloutsOf(shop.codexHome, mine.id)[0]!));
    for (const [kind, shape] of made) if (real.has(kind)) expect([kind, shape]).toEqual([kind, real.get(kind)]);
    expect([...real.keys()].filter((kind) => !made.has(kind))).toEqual([]);
  });
});

/** The keys of each kind of line, with their nesting; texts and what a kind of item may have or lack are left out. */
function shapes(lines: readonly FileLine[]): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const line of lines) {
    const { payload } = line;
    const item = (payload["item"] as Json | undefined)?.["type"];
    const kind = [line.type, payload["type"], payload["role"], item].filter(Boolean).join(" ");
    if (kind === "response_item message developer" || kind === "world_state") continue;
    if (!found.has(kind)) found.set(kind, keysOf({ ...line }, ""));
  }
  return found;
}

function keysOf(value: unknown, at: string): string[] {
  if (Array.isArray(value)) return value.length > 0 ? keysOf(value[0], `${at}[]`) : [`${at}[]`];
  if (typeof value !== "object" || value === null) return [at];
  return Object.entries(value)
    .filter(([key]) => key !== "git")
    .flatMap(([key, inner]) => keysOf(inner, `${at}.${key}`))
    .sort();
}
