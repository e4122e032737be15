import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { foldFile } from "../../src/journal/usage/file-usage.ts";
import type { FoldedRequest } from "../../src/journal/usage/usage-fold.ts";
import { listRollouts } from "../../src/journal/rollout-files.ts";
import type { UsageReport } from "../../src/protocol/usage-report.ts";
import { nodeSystem } from "../../src/system/node.ts";
import {
  call,
  type CompletedOptions,
  created,
  itemParts,
  message,
  respond,
  type RecordedRequest,
  type Reply,
} from "../support/fake-model.ts";
import { type LiveThread, startLiveThread } from "../support/live-thread.ts";

const open: LiveThread[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((live) => live.close()));
});

const config = `model = "gpt-5.5"\n[features]\nmulti_agent = true`;

async function start(
  script: Parameters<typeof startLiveThread>[0],
  options: Parameters<typeof startLiveThread>[1] = {},
): Promise<LiveThread> {
  const live = await startLiveThread(script, { ...options, stage: { config, ...options.stage } });
  open.push(live);
  return live;
}

const usageOf = (live: LiveThread, threadId?: string): Promise<UsageReport> =>
  live.client.call("usage/read", { cwd: live.stage.workspace, ...(threadId !== undefined && { threadId }) });

const says = (usage: NonNullable<CompletedOptions["usage"]>, text = "ok"): Reply =>
  respond([message(`msg_${Math.random()}`, text)], { usage });

const misses = (report: UsageReport): [string, number][] =>
  report.cacheMisses.map(({ reason, tokens }) => [reason, tokens]);

/** What the file of the thread says, read anew. */
function folded({ stage, info }: LiveThread): FoldedRequest[] {
  const { files } = nodeSystem();
  const rollouts = listRollouts(files, join(stage.codexHome, "sessions"));
  const requests: FoldedRequest[] = [];
  for (const file of rollouts.filter(({ threadId }) => threadId === info.threadId)) {
    foldFile(files, rollouts, file, (request) => requests.push(request));
  }
  return requests;
}

/** Changes the lines of the thread's file. */
function rewrite({ info }: LiveThread, change: (line: Record<string, unknown>) => Record<string, unknown>): void {
  const lines = readFileSync(info.path!, "utf8").trimEnd().split("\n");
  writeFileSync(info.path!, lines.map((line) => `${JSON.stringify(change(JSON.parse(line)))}\n`).join(""));
}

test("causes add up to the provider's counts exactly, and each kind of content goes to its own", async () => {
  const live = await start(
    [
      respond([call("1", "exec_command", { cmd: "seq 1 400" })], { usage: [4001, 0, 101, 7] }),
      respond([call("2", "view_image", { path: "dot.png" })], { usage: [5003, 3968, 51, 0] }),
      says([7001, 4992, 33, 0]),
    ],
    {
      stage: {
        files: {
          "AGENTS.md": "Be kind.\n".repeat(200),
          "dot.png": Buffer.from(
            "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
            "base64",
          ),
        },
      },
    },
  );
  await live.say("go");
  const report = await usageOf(live);
  expect(report.total).toMatchObject({ requests: 3, inputTokens: 16005, cachedInputTokens: 8960, outputTokens: 185 });
  for (const key of ["inputTokens", "cachedInputTokens", "outputTokens", "totalTokens"] as const) {
    expect(report.byCause.reduce((sum, each) => sum + each[key], 0)).toBe(report.total[key]);
  }
  expect(report.total.usd).toBeCloseTo(((16005 - 8960) * 5 + 8960 * 0.5 + 185 * 30) / 1e6, 10);
  expect(report.byCause.reduce((sum, { usd }) => sum + (usd ?? 0), 0)).toBeCloseTo(report.total.usd!, 10);
  const causes = new Map(report.byCause.map((each) => [each.cause, each.totalTokens]));
  expect([...causes.keys()]).toEqual(["instructions", "tools", "files", "history", "tool_outputs", "answers"]);
  expect(causes.get("answers")).toBe(185);
  // AGENTS.md is in each request, the image in the last one.
  expect(causes.get("files")).toBeGreaterThan(3 * 450);
  expect(causes.get("tool_outputs")).toBeGreaterThan(300);
  const { requests } = await usageOf(live, live.info.threadId);
  expect(requests?.map(({ sum }) => sum.totalTokens)).toEqual([4102, 5054, 7034]);
  expect(requests?.map((each) => Object.values(each.causes).reduce((sum, tokens) => sum + tokens, 0))).toEqual([
    4102, 5054, 7034,
  ]);
  expect(requests?.[0]?.causes.tool_outputs).toBeUndefined();
});

test("a model without a price has none, and what the others cost is still said", async () => {
  const live = await start([says([2000, 0, 10, 0]), says([2000, 0, 10, 0])], {
    stage: { config: `model = "house-model"` },
  });
  await live.say("one");
  expect((await usageOf(live)).total).toMatchObject({ usd: null, unpricedTokens: 2010 });
  await live.client.call("thread/settings", { threadId: live.info.threadId, model: "gpt-5.5" });
  await live.say("two");
  const report = await usageOf(live);
  expect(report.unpricedModels).toEqual(["house-model"]);
  expect(report.total).toMatchObject({ unpricedTokens: 2010, totalTokens: 4020 });
  expect(report.total.usd).toBeCloseTo(0.0103, 10);
  const priced = await live.client.call("usage/read", {
    cwd: live.stage.workspace,
    overrides: [`codex_agent.prices."house-model".input=1`, `codex_agent.prices."house-model".output=1`],
  });
  expect(priced.unpricedModels).toEqual([]);
  expect(priced.total.usd).toBeCloseTo(0.0103 + 0.00201, 10);
});

test("what sub-agents used is their parent's to see, as one sum and request by request", async () => {
  const isChild = (request: RecordedRequest): boolean => request.headers["x-openai-subagent"] !== undefined;
  const parent = [
    respond([call("1", "spawn_agent", { message: "look" }, { namespace: "multi_agent_v1" })], {
      usage: [3000, 0, 20, 0],
    }),
    (request: RecordedRequest) => {
      const id = /\\"agent_id\\":\\"([^"\\]+)/.exec(request.rawBody)?.[1];
      return respond([call("2", "wait_agent", { targets: [id] }, { namespace: "multi_agent_v1" })], {
        usage: [3100, 2944, 20, 0],
      });
    },
    says([3200, 3072, 10, 0]),
  ];
  const live = await start(
    (request) => {
      if (isChild(request)) return says([2500, 1000, 40, 0], "seen");
      const step = parent.shift()!;
      return typeof step === "function" ? step(request) : step;
    },
    { thread: { model: "unknown-model" } },
  );
  await live.say("go");
  const report = await usageOf(live);
  expect(report.threads).toHaveLength(1);
  const [thread] = report.threads;
  expect(thread).toMatchObject({ threadId: live.info.threadId });
  expect(thread?.own.totalTokens).toBe(9350);
  expect(thread?.subAgents.totalTokens).toBe(2540);
  expect(thread?.total.totalTokens).toBe(11_890);
  expect(report.byCause.find(({ cause }) => cause === "sub_agents")?.totalTokens).toBe(2540);
  expect(report.byCause.reduce((sum, each) => sum + each.totalTokens, 0)).toBe(11_890);
  const one = await usageOf(live, live.info.threadId);
  expect(one.total.totalTokens).toBe(11_890);
  expect(new Set(one.requests?.map(({ threadId }) => threadId)).size).toBe(2);
  const agent = one.requests?.find(({ threadId }) => threadId !== live.info.threadId)?.threadId;
  expect((await usageOf(live, agent!)).total.totalTokens).toBe(2540);
});

test("attempts that broke off are counted by the provider's word, or told as an estimate outside of all sums", async () => {
  const counted = { input_tokens: 1500, output_tokens: 30, total_tokens: 1530 };
  const live = await start(
    [
      { parts: [created(), ...itemParts(message("m", "half")), { cut: true }] },
      {
        parts: [
          created(),
          {
            event: {
              type: "response.incomplete",
              response: { id: "r", incomplete_details: { reason: "content_filter" }, usage: counted },
            },
          },
        ],
      },
      says([1600, 0, 20, 0]),
    ],
    { stage: { provider: "stream_max_retries = 3" } },
  );
  expect((await live.say("go")).type).toBe("turn.completed");
  const report = await usageOf(live);
  expect(report.total.totalTokens).toBe(1530 + 1620);
  expect(report.byCause.find(({ cause }) => cause === "retries")?.totalTokens).toBe(1530);
  expect(report.lost.requests).toBe(1);
  expect(report.lost.estimatedTokens).toBeGreaterThan(1000);
});

test("reviews of calls are a cause of their own, in the thread that they are made for", async () => {
  const escalated = { cmd: "true", sandbox_permissions: "require_escalated", justification: "to see" };
  let asked = 0;
  const live = await start(
    (request) => {
      if (request.headers["x-openai-subagent"] === "guardian") return says([700, 0, 30, 0], '{"outcome":"allow"}');
      return asked++ === 0
        ? respond([call("1", "exec_command", escalated)], { usage: [5000, 0, 10, 0] })
        : says([5100, 4992, 10, 0]);
    },
    { thread: { reviewer: "auto_review", approvalPolicy: "on-request", sandbox: "read-only" } },
  );
  expect((await live.say("go")).type).toBe("turn.completed");
  const report = await usageOf(live);
  expect(report.byCause.find(({ cause }) => cause === "reviews")).toMatchObject({ inputTokens: 700, outputTokens: 30 });
  expect(report.total.totalTokens).toBe(5010 + 5110 + 730);
  expect(report.cacheMisses).toEqual([]);
});

test("requests for summaries are a cause of their own", async () => {
  const live = await start([says([5000, 0, 10, 0]), says([5100, 4992, 60, 0], "the summary"), says([3000, 0, 10, 0])]);
  await live.say("one");
  const compacted = live.next("turn.completed");
  await live.client.call("thread/compact", { threadId: live.info.threadId });
  await compacted;
  await live.say("two");
  const report = await usageOf(live);
  expect(report.byCause.find(({ cause }) => cause === "compaction")).toMatchObject({
    inputTokens: 5100,
    cachedInputTokens: 4992,
    outputTokens: 60,
  });
  expect(misses(report)).toEqual([["compacted", 3000]]);
  expect(folded(live).at(-1)?.miss?.sameItems).toBe(0);
});

describe("what was read again although it had been read before", () => {
  test("is nothing where the cache served", async () => {
    const live = await start([says([5000, 0, 10, 0]), says([5100, 4992, 10, 0]), says([5200, 5050, 10, 0])]);
    for (const text of ["one", "two", "three"]) await live.say(text);
    expect(misses(await usageOf(live))).toEqual([]);
    // What stands before the history is told once, and not with each request.
    expect(readFileSync(live.info.path!, "utf8").split('"request_head"')).toHaveLength(2);
  });

  test("after a switch of the model", async () => {
    const live = await start([says([5000, 0, 10, 0]), says([5100, 4992, 10, 0]), says([5200, 0, 10, 0])]);
    await live.say("one");
    await live.say("two");
    await live.client.call("thread/settings", { threadId: live.info.threadId, model: "gpt-5.4" });
    await live.say("three");
    expect(misses(await usageOf(live))).toEqual([["model_switched", 5100]]);
  });

  test("after the tools changed, also where that was in another process", async () => {
    const live = await start([says([5000, 100, 10, 0]), says([5100, 100, 10, 0])]);
    await live.say("one");
    const { threadId } = live.info;
    await live.client.call("thread/close", { threadId });
    await live.client.call("thread/resume", { threadId, cwd: live.stage.workspace, disable: ["goals"] });
    await live.say("two");
    expect(misses(await usageOf(live))).toEqual([["tools_changed", 4900]]);
  });

  test("after the instructions changed", async () => {
    const live = await start([says([5000, 100, 10, 0]), says([5100, 100, 10, 0])]);
    await live.say("one");
    await live.say("two");
    let heads = 0;
    rewrite(live, (line) => {
      const payload = line["payload"] as Record<string, unknown>;
      if (line["type"] === "token_usage_record" && heads++ === 0) return line;
      return payload["type"] === "request_head" ? { ...line, payload: { ...payload, base: "before" } } : line;
    });
    const text = readFileSync(live.info.path!, "utf8").split("\n");
    const second = text.findIndex((line, index) => line.includes('"task_started"') && index > 12);
    const head = text.find((line) => line.includes('"request_head"'))!;
    text.splice(second, 0, head.replace('"base":"before"', '"base":"after"'));
    writeFileSync(live.info.path!, text.join("\n"));
    expect(misses(await usageOf(live))).toEqual([["instructions_changed", 4900]]);
  });

  test("after more than five minutes, and says how many", async () => {
    const live = await start([says([5000, 100, 10, 0]), says([5100, 100, 10, 0])]);
    await live.say("one");
    await live.say("two");
    let turns = 0;
    rewrite(live, (line) => {
      if ((line["payload"] as Record<string, unknown>)["type"] === "task_started") turns++;
      const later = typeof line["timestamp"] === "string" && turns === 2;
      return later
        ? { ...line, timestamp: new Date(Date.parse(String(line["timestamp"])) + 7 * 60_000).toISOString() }
        : line;
    });
    expect(misses(await usageOf(live))).toEqual([["idle", 4900]]);
    expect(folded(live).at(-1)?.miss).toMatchObject({ reason: "idle", idleMinutes: 7 });
  });

  test("in the first request of a fork, which pays for nothing else of its source", async () => {
    const live = await start([says([5000, 0, 10, 0]), says([5100, 128, 20, 0])]);
    await live.say("one");
    const { threadId } = live.info;
    const fork = await live.client.call("thread/fork", { threadId, cwd: live.stage.workspace });
    const ended = new Promise<void>((resolve) => {
      live.client.subscribe(fork.threadId, (event) => {
        if (event.type === "turn.completed") resolve();
      });
    });
    await live.client.call("turn/start", { threadId: fork.threadId, input: [{ type: "text", text: "two" }] });
    await ended;
    const report = await usageOf(live);
    expect(misses(report)).toEqual([["forked", 4872]]);
    expect(report.total.totalTokens).toBe(5010 + 5120);
    expect(report.threads.map(({ total }) => total.totalTokens).sort()).toEqual([5010, 5120]);
  });

  test("by a provider that says nothing of a cache, and by one that does not say why", async () => {
    const silent = await start([says([5000, 0, 10, 0]), says([5100, 0, 10, 0])]);
    await silent.say("one");
    await silent.say("two");
    expect(misses(await usageOf(silent))).toEqual([["never_reported", 5000]]);
    const strange = await start([says([5000, 4000, 10, 0]), says([5100, 0, 10, 0])]);
    await strange.say("one");
    await strange.say("two");
    expect(misses(await usageOf(strange))).toEqual([["unexplained", 5000]]);
  });
});

test("the index is made anew when it is lost, and a damaged ledger costs nothing but time", async () => {
  const live = await start([says([5000, 0, 10, 0])]);
  await live.say("one");
  const before = await usageOf(live);
  const ledger = join(live.stage.home, ".agent_runtime", "ledger.sqlite");
  for (const end of ["", "-wal", "-shm"]) rmSync(ledger + end, { force: true });
  expect(await usageOf(live)).toEqual(before);
  for (const end of ["-wal", "-shm"]) rmSync(ledger + end, { force: true });
  writeFileSync(ledger, "no database at all, and long enough to be taken for one".repeat(20));
  const { notes, ...rest } = await usageOf(live);
  expect(notes.join()).toContain("ledger was damaged");
  expect({ ...rest, notes: [] }).toEqual(before);
});

test("a thread that does not exist is named", async () => {
  const live = await start([]);
  await expect(usageOf(live, "01a1ffbb-3566-7457-9f82-146b205296cc")).rejects.toMatchObject({
    code: "thread_not_found",
  });
});

test("a thread whose file names itself as its parent is told of like any other", async () => {
  const live = await start(() => says([100, 0, 10, 0]));
  await live.say("go");
  const { threadId } = live.info;
  rewrite(live, (line) => {
    const { type, payload } = line as { type: string; payload: object };
    if (type !== "session_meta") return line;
    const source = { subagent: { thread_spawn: { parent_thread_id: threadId, depth: 1 } } };
    return { ...line, payload: { ...payload, source } };
  });
  const usage = await usageOf(live, threadId);
  expect(usage.total.requests).toBe(1);
  expect(usage.requests).toHaveLength(1);
  const { threads } = await live.client.call("audit/read", { cwd: live.stage.workspace, threadId });
  expect(threads.map(({ id }) => id)).toEqual([threadId]);
});
