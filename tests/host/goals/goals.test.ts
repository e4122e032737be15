import { readFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { AgentEvent } from "../../../src/protocol/events.ts";
import { gate } from "../../kernel/kit.ts";
import { call, httpError, message, respond, type Script } from "../../support/fake-model.ts";
import { startLiveThread, type LiveThread } from "../../support/live-thread.ts";
import { oracle, run } from "../../support/run.ts";
import { untilPasses } from "../../support/until.ts";

let live: LiveThread | undefined;
afterEach(async () => live?.close());

const start = async (script: Script, options: Parameters<typeof startLiveThread>[1] = {}): Promise<LiveThread> =>
  (live = await startLiveThread(script, options));

const says = (id: string) => respond([message(id, id)]);
const creates = (args: object) => respond([call(`create-${JSON.stringify(args)}`, "create_goal", args)]);
const ends = (status: string) => respond([call(`end-${status}`, "update_goal", { status })]);

interface Item {
  type: string;
  name?: string;
  output?: string;
  content?: { text: string }[];
}
const input = (thread: LiveThread, index: number): Item[] =>
  (thread.model.requests[index]!.body as { input: Item[] }).input;
const textOf = (item: Item | undefined): string => item?.content?.[0]?.text ?? "";
const metadata = (thread: LiveThread, index: number): Record<string, unknown> =>
  JSON.parse(thread.model.requests[index]!.headers["x-codex-turn-metadata"]!) as Record<string, unknown>;

/** Waits for an event of this type that fits. */
async function until<Type extends AgentEvent["type"]>(
  thread: LiveThread,
  type: Type,
  fits: (event: Extract<AgentEvent, { type: Type }>) => boolean,
): Promise<Extract<AgentEvent, { type: Type }>> {
  for (;;) {
    const event = await thread.next(type);
    if (fits(event)) return event;
  }
}

const isGoal = (status: string) => (event: { goal: { status: string } }) => event.goal.status === status;

describe("a goal that the model begins", () => {
  it("is pursued in turns of its own until its budget is spent", async () => {
    const thread = await start([creates({ objective: "make it", token_budget: 200 }), says("a"), says("b"), says("c")]);
    await thread.say("go");
    const { goal } = await until(thread, "goal.updated", isGoal("budgetLimited"));
    await thread.next("turn.completed");
    expect(goal).toMatchObject({ tokensUsed: 210, tokenBudget: 200, objective: "make it" });
    expect(thread.model.requests).toHaveLength(4);
    expect(input(thread, 1).at(-1)).toMatchObject({ name: "goal_objective", output: "make it" });
    expect(textOf(input(thread, 2).at(-1))).toMatch(
      /^<codex_internal_context source="goal">\n[^]*\n<\/codex_internal_context>$/,
    );
    expect(textOf(input(thread, 2).at(-1))).toContain("Tokens left: 130");
    // The objective stands in the history and is not told again.
    expect(input(thread, 3).filter(({ name }) => name === "goal_objective")).toHaveLength(1);
    const root = metadata(thread, 0)["turn_id"];
    expect([2, 3].map((index) => metadata(thread, index))).toMatchObject([
      { turn_trigger: "goal", root_turn_id: root },
      { turn_trigger: "goal", root_turn_id: root },
    ]);
    const shown = thread.events.filter((event) => event.type === "item.completed" && event.item.type === "userMessage");
    expect(shown).toHaveLength(1);
  });

  it("has the model wrap up when its budget is spent in the middle of a turn", async () => {
    const looks = (id: string) => respond([call(id, "get_goal", {})]);
    const thread = await start([
      creates({ objective: "a <b> & c", token_budget: 100 }),
      looks("1"),
      looks("2"),
      says("end"),
    ]);
    await thread.say("go");
    expect(thread.model.requests).toHaveLength(4);
    expect(input(thread, 2).at(-1)?.type).toBe("function_call_output");
    expect(textOf(input(thread, 3).at(-1))).toContain("<objective>\na &lt;b> &amp; c\n</objective>");
    const { goal } = await thread.client.call("thread/goal/get", { threadId: thread.info.threadId });
    expect(goal).toMatchObject({ status: "budgetLimited", tokensUsed: 210 });
  });

  it("stands in the journal before anybody is told", async () => {
    const thread = await start([creates({ objective: "make it" }), ends("paused"), says("end")]);
    const seen: boolean[] = [];
    thread.client.subscribe(thread.info.threadId, (event) => {
      if (event.type !== "goal.updated") return;
      const lines = readFileSync(thread.info.path!, "utf8").split("\n");
      const last = lines.findLast((line) => line.startsWith('{"type":"codex_agent","payload":{"type":"goal"'));
      seen.push(last?.includes(`"status":"${event.goal.status}"`) === true);
    });
    await thread.say("go");
    expect(seen).toEqual([true, true]);
  });

  it("stays active when the turn is interrupted, and goes on after what the user says next", async () => {
    const thread = await start([
      creates({ objective: "make it" }),
      respond([call("sleep", "exec_command", { cmd: "sleep 30" })]),
      says("hello"),
      ends("complete"),
      says("end"),
    ]);
    const turn = thread.say("go");
    await until(thread, "item.started", ({ item }) => item.type === "commandExecution");
    await thread.client.call("turn/interrupt", { threadId: thread.info.threadId });
    expect((await turn).type).toBe("turn.interrupted");
    await thread.say("hello?");
    await until(thread, "goal.updated", isGoal("complete"));
    await thread.next("turn.completed");
    expect(thread.model.requests).toHaveLength(5);
    expect(metadata(thread, 2)["turn_trigger"]).toBe("user");
    expect(metadata(thread, 3)["turn_trigger"]).toBe("goal");
  });

  it("stays at rest after an interrupt while the user runs a command or has the history summed up", async () => {
    const thread = await start([
      creates({ objective: "make it" }),
      respond([call("sleep", "exec_command", { cmd: "sleep 30" })]),
      says("summary"),
      says("hello"),
      ends("complete"),
      says("end"),
    ]);
    const { threadId } = thread.info;
    const turn = thread.say("go");
    await until(thread, "item.started", ({ item }) => item.type === "commandExecution");
    await thread.client.call("turn/interrupt", { threadId });
    expect((await turn).type).toBe("turn.interrupted");
    // Until then a command would run in the turn that ends.
    await untilPasses(async () =>
      expect(await thread.client.call("turn/queue", { threadId })).toEqual({ running: null, waiting: [] }),
    );
    await thread.client.call("command/run", { threadId, command: "true" });
    await thread.next("turn.completed");
    await thread.client.call("thread/compact", { threadId });
    await thread.next("turn.completed");
    await thread.say("hello?");
    await until(thread, "goal.updated", isGoal("complete"));
    await thread.next("turn.completed");
    expect(thread.model.requests.slice(3).map((_, index) => metadata(thread, index + 3)["turn_trigger"])).toEqual([
      "user",
      "goal",
      "goal",
    ]);
  });

  it("waits for the user when a turn fails", async () => {
    const thread = await start([creates({ objective: "make it" }), httpError(400, { error: { message: "no" } })]);
    expect((await thread.say("go")).type).toBe("turn.failed");
    const { goal } = await thread.client.call("thread/goal/get", { threadId: thread.info.threadId });
    expect(goal?.status).toBe("blocked");
  });

  it("is paused after as many turns as the configuration allows, and the user is told", async () => {
    const config = "[codex_agent.goals]\nmax_continuations = 2";
    const script: Script = ({ index }) => (index === 0 ? creates({ objective: "make it" }) : says(`m${index}`));
    const thread = await start(script, { stage: { config } });
    await thread.say("go");
    const { message: told } = await until(thread, "warning", ({ message: text }) => text.includes("continued 2 times"));
    expect(told).toContain("codex_agent.goals.max_continuations");
    expect(thread.model.requests).toHaveLength(4);
    const { goal } = await thread.client.call("thread/goal/get", { threadId: thread.info.threadId });
    expect(goal?.status).toBe("paused");
  });

  it("is paused after as many turns also where the history was summed up meanwhile", async () => {
    const config = "[codex_agent.goals]\nmax_continuations = 2";
    const continued = gate();
    const thread = await start(
      [
        creates({ objective: "make it" }),
        says("end"),
        async () => (await continued.promise, says("a")),
        says("summary"),
        says("b"),
        says("c"),
      ],
      { stage: { config } },
    );
    await thread.say("go");
    await thread.model.seen(3);
    await thread.client.call("thread/compact", { threadId: thread.info.threadId });
    continued.open();
    await until(thread, "goal.updated", isGoal("paused"));
    expect(thread.model.requests).toHaveLength(5);
  });

  it("is left alone, and active, where goals may begin no turns", async () => {
    const config = "[codex_agent.goals]\nmax_continuations = 0";
    const thread = await start([creates({ objective: "make it" }), says("end")], { stage: { config } });
    await thread.say("go");
    const { threadId } = thread.info;
    expect((await thread.client.call("thread/goal/get", { threadId })).goal?.status).toBe("active");
    await thread.client.call("thread/goal/set", { threadId, objective: "another" });
    await thread.client.call("thread/close", { threadId });
    expect(thread.model.requests).toHaveLength(2);
  });

  it("lets the user's waiting words go first", async () => {
    const thread = await start([
      creates({ objective: "make it" }),
      respond([call("nap", "exec_command", { cmd: "sleep 0.5" })]),
      says("first"),
      says("second"),
      ends("complete"),
      says("end"),
    ]);
    const { threadId } = thread.info;
    const turn = thread.say("go");
    await until(thread, "item.started", ({ item }) => item.type === "commandExecution");
    await thread.client.call("turn/start", { threadId, input: [{ type: "text", text: "and this" }] });
    await turn;
    await until(thread, "goal.updated", isGoal("complete"));
    await thread.next("turn.completed");
    expect(thread.model.requests.map((_, index) => metadata(thread, index)["turn_trigger"])).toEqual([
      "user",
      "user",
      "user",
      "user",
      "goal",
      "goal",
    ]);
  });
});

describe("a goal that the user gives", () => {
  it("begins a turn at once, with its objective", async () => {
    const thread = await start([ends("complete"), says("end")]);
    const { threadId } = thread.info;
    const { goal } = await thread.client.call("thread/goal/set", { threadId, objective: " make it " });
    expect(goal).toMatchObject({ objective: "make it", status: "active", tokenBudget: null });
    await thread.next("turn.completed");
    expect(input(thread, 0).at(-2)).toMatchObject({ name: "goal_objective", output: "make it" });
    const { turn_id: turnId, root_turn_id: root, turn_trigger: trigger } = metadata(thread, 0);
    expect([root, trigger]).toEqual([turnId, "goal"]);
  });

  it("begins its turn also when it is given in the moment in which another one ends", async () => {
    const thread = await start([says("hello"), ends("complete"), says("end")]);
    const { threadId } = thread.info;
    let given = false;
    thread.client.subscribe(threadId, (event) => {
      if (event.type !== "turn.completed" || given) return;
      given = true;
      queueMicrotask(() => void thread.client.call("thread/goal/set", { threadId, objective: "make it" }));
    });
    await thread.say("hello");
    const { goal } = await until(thread, "goal.updated", isGoal("complete"));
    expect(goal.objective).toBe("make it");
  });

  it("tells the running turn of a new objective", async () => {
    const thread = await start([
      creates({ objective: "old" }),
      respond([call("nap", "exec_command", { cmd: "sleep 0.5" })]),
      ends("complete"),
      says("end"),
    ]);
    const turn = thread.say("go");
    await until(thread, "item.started", ({ item }) => item.type === "commandExecution");
    await thread.client.call("thread/goal/set", { threadId: thread.info.threadId, objective: "new" });
    await turn;
    expect(textOf(input(thread, 2).at(-1))).toContain("<untrusted_objective>\nnew\n</untrusted_objective>");
  });

  it("is refused where it makes no sense, and taken away once", async () => {
    const thread = await start([]);
    const { threadId } = thread.info;
    const set = (change: object) => thread.client.call("thread/goal/set", { threadId, ...change });
    await expect(set({ status: "active" })).rejects.toThrow(
      `cannot update goal for thread ${threadId}: no goal exists`,
    );
    await expect(set({ objective: "" })).rejects.toMatchObject({
      code: "usage",
      message: "goal objective must not be empty",
    });
    await expect(set({ objective: "x", tokenBudget: 0 })).rejects.toThrow(
      "goal budgets must be positive when provided",
    );
    await expect(set({ objective: "x", status: "weird" })).rejects.toMatchObject({ code: "usage" });
    await set({ objective: "x", status: "paused" });
    expect(await thread.client.call("thread/goal/clear", { threadId })).toEqual({ cleared: true });
    expect(await thread.client.call("thread/goal/clear", { threadId })).toEqual({ cleared: false });
    expect(thread.events.map(({ type }) => type)).toEqual(["goal.updated", "goal.cleared"]);
    expect(await thread.client.call("thread/goal/get", { threadId })).toEqual({ goal: null });
  });

  it("is not to be had where goals are switched off", async () => {
    const thread = await start([], { thread: { disable: ["goals"] } });
    const asked = thread.client.call("thread/goal/get", { threadId: thread.info.threadId });
    await expect(asked).rejects.toMatchObject({ code: "not_supported" });
  });
});

describe("a thread that is opened again", () => {
  it("has its goal, and a fork of it has none", async () => {
    const thread = await start([creates({ objective: "make it", token_budget: 9000 }), ends("paused"), says("end")]);
    await thread.say("go");
    const { threadId } = thread.info;
    const before = await thread.client.call("thread/goal/get", { threadId });
    await thread.client.call("thread/close", { threadId });
    await thread.client.call("thread/resume", { threadId, cwd: thread.stage.workspace });
    expect(await thread.client.call("thread/goal/get", { threadId })).toEqual(before);
    expect(before.goal?.status).toBe("paused");
    const fork = await thread.client.call("thread/fork", { threadId, cwd: thread.stage.workspace });
    expect(await thread.client.call("thread/goal/get", { threadId: fork.threadId })).toEqual({ goal: null });
  });

  it("goes on only after what the user says", async () => {
    const thread = await start(
      [creates({ objective: "make it" }), says("end"), says("hello"), ends("complete"), says("done")],
      { thread: { continueGoals: false } },
    );
    await thread.say("go");
    const { threadId } = thread.info;
    await thread.client.call("thread/close", { threadId });
    await thread.client.call("thread/resume", { threadId, cwd: thread.stage.workspace });
    expect((await thread.client.call("thread/goal/get", { threadId })).goal?.status).toBe("active");
    expect(thread.model.requests).toHaveLength(2);
    await thread.client.call("command/run", { threadId, command: "true" });
    await thread.next("turn.completed");
    await thread.say("hello");
    await thread.next("turn.completed");
    expect(thread.model.requests.map((_, index) => metadata(thread, index)["turn_trigger"])).toEqual([
      "user",
      "user",
      "user",
      "goal",
      "goal",
    ]);
  });

  it("is gone on with by the real Codex, objective and all", async () => {
    const thread = await start([creates({ objective: "make it" }), ends("paused"), says("end"), says("theirs")]);
    const { stage, client, info, model } = thread;
    await thread.say("go");
    await client.call("thread/close", { threadId: info.threadId });
    const argv = ["exec", "--json", "--skip-git-repo-check", "-m", "gpt-6.1-sol", "resume", info.threadId, "more"];
    const { code } = await run(oracle(), stage, argv);
    expect(code).toBe(0);
    const outputs = (index: number) =>
      (model.requests[index]!.body as { input: Item[] }).input.filter(({ type }) => type === "function_call_output");
    expect(outputs(3)).toHaveLength(3);
    expect(outputs(3)).toEqual(outputs(2));
  });

  it("has the goal that the real Codex gave it, unless ours is newer", async () => {
    const thread = await start([creates({ objective: "theirs", token_budget: 9000 }), ends("paused"), says("end")]);
    const { stage, client } = thread;
    const argv = ["exec", "--json", "--skip-git-repo-check", "-m", "gpt-5.5", "go"];
    const { events } = await run(oracle(), stage, argv);
    const threadId = String(events.find(({ type }) => type === "thread.started")?.["thread_id"]);
    const open = () => client.call("thread/resume", { threadId, cwd: stage.workspace });
    await open();
    const { goal } = await client.call("thread/goal/get", { threadId });
    expect(goal).toMatchObject({ objective: "theirs", status: "paused", tokenBudget: 9000 });
    await client.call("thread/goal/set", { threadId, objective: "ours" });
    await client.call("thread/goal/set", { threadId, status: "paused" });
    await client.call("thread/close", { threadId });
    await open();
    expect((await client.call("thread/goal/get", { threadId })).goal?.objective).toBe("ours");
    await client.call("thread/close", { threadId });
    const database = new DatabaseSync(join(stage.codexHome, "goals_1.sqlite"));
    database.prepare("UPDATE thread_goals SET objective = 'theirs again', updated_at_ms = ?").run(Date.now() + 1000);
    database.close();
    await open();
    expect((await client.call("thread/goal/get", { threadId })).goal?.objective).toBe("theirs again");
  });
});
