import { afterEach, expect, test } from "vitest";
import type { AgentEvent } from "../../src/protocol/events.ts";
import { nodeSystem } from "../../src/system/node.ts";
import type { Databases } from "../../src/system/ports.ts";
import { call, message, respond, type RecordedRequest, type Reply } from "../support/fake-model.ts";
import { type LiveThread, startLiveThread } from "../support/live-thread.ts";

const open: LiveThread[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((live) => live.close()));
});

const settings = `model = "unknown-model"\n[features]\nmulti_agent = true\n[codex_agent.budget]\n`;

async function start(script: Parameters<typeof startLiveThread>[0], budget: string): Promise<LiveThread> {
  const live = await startLiveThread(script, { stage: { config: settings + budget } });
  open.push(live);
  return live;
}

const says = (input: number, text = "ok"): Reply =>
  respond([message(`m${input}`, text)], { usage: [input, 0, 100, 0] });
const failure = (event: AgentEvent): string => (event.type === "turn.failed" ? event.error.code : event.type);
const warnings = (live: LiveThread): string[] =>
  live.events
    .flatMap((event) => (event.type === "warning" ? [event.message] : []))
    .filter((text) => /budget/.test(text));

test("a tree of agents has one budget, and each of them is held to it", async () => {
  const isChild = (request: RecordedRequest): boolean => request.headers["x-openai-subagent"] !== undefined;
  let parents = 0;
  let children = 0;
  const live = await start((request) => {
    if (isChild(request)) {
      children++;
      return respond([call(`c${children}`, "exec_command", { cmd: "true" })], { usage: [12_000, 0, 100, 0] });
    }
    const { input } = request.body as { input: { output?: unknown }[] };
    const id = /"agent_id":"([^"]+)"/.exec(String(input.at(-1)?.output))?.[1];
    parents++;
    return parents === 1
      ? respond([call("p1", "spawn_agent", { message: "look" }, { namespace: "multi_agent_v1" })], {
          usage: [12_000, 0, 100, 0],
        })
      : respond([call("p2", "wait_agent", { targets: [id] }, { namespace: "multi_agent_v1" })], {
          usage: [12_000, 0, 100, 0],
        });
  }, "turn_tokens = 40000");
  const end = await live.say("go");
  expect(failure(end)).toBe("budget_exceeded");
  // Three of 12,100 fit, whoever made them; one more may have been under way.
  const sent = live.model.requests.length;
  expect(parents + children).toBe(sent);
  expect(sent === 3 || sent === 4, String(sent)).toBe(true);
  const { agents } = await live.client.call("agent/children", { threadId: live.info.threadId });
  expect(agents).toHaveLength(1);
  // The next turn has a budget of its own.
  expect(failure(await live.say("again"))).toBe("budget_exceeded");
  expect(live.model.requests.length).toBeGreaterThan(sent);
});

test("a request for a summary is held to the budget, and the history stays as it was", async () => {
  const live = await start([says(9000), says(9000)], "thread_tokens = 9500");
  expect(failure(await live.say("one"))).toBe("turn.completed");
  const failed = live.next("turn.failed");
  await live.client.call("thread/compact", { threadId: live.info.threadId });
  expect((await failed).error.code).toBe("budget_exceeded");
  expect(live.model.requests).toHaveLength(1);
  const { turns } = await live.client.call("thread/read", { threadId: live.info.threadId });
  expect(turns[0]?.items.map(({ type }) => type)).toEqual(["userMessage", "agentMessage"]);
});

test("retries count: a stream that breaks again and again does not go past a budget", async () => {
  const broken: Reply = { parts: [{ event: { type: "response.created", response: { id: "r" } } }, { cut: true }] };
  const live = await startLiveThread(() => broken, {
    stage: { config: `${settings}turn_tokens = 9000`, provider: "stream_max_retries = 50" },
  });
  open.push(live);
  expect(failure(await live.say("go"))).toBe("budget_exceeded");
  expect(live.model.requests.length).toBeGreaterThan(1);
  expect(live.model.requests.length).toBeLessThan(6);
});

test("the user is warned once, and a thread whose budget was raised goes on", async () => {
  const live = await start(() => says(5000), "thread_tokens = 17000");
  for (const text of ["one", "two"]) expect(failure(await live.say(text))).toBe("turn.completed");
  const { threadId } = live.info;
  expect(failure(await live.say("three"))).toBe("turn.completed");
  expect(warnings(live)).toHaveLength(1);
  expect(warnings(live)[0]).toMatch(/^The budget thread_tokens is nearly used up: 1\d,\d{3} tokens of 17,000 tokens/);
  expect(failure(await live.say("four"))).toBe("budget_exceeded");
  await live.client.call("thread/close", { threadId });
  await live.client.call("thread/resume", {
    threadId,
    cwd: live.stage.workspace,
    overrides: ["codex_agent.budget.thread_tokens=40000"],
  });
  expect(failure(await live.say("five"))).toBe("turn.completed");
});

test("a budget that cannot be read is named before anything is begun", async () => {
  await expect(start([], "turn_tokens = -1")).rejects.toMatchObject({
    code: "config",
    message: expect.stringContaining(
      "`codex_agent.budget.turn_tokens` must be an integer from 0 on, found the integer -1",
    ),
  });
});

test("a day's budget that could not be read is read with the next request: the thread is not lost", async () => {
  const { databases: real } = nodeSystem();
  let opened = 0;
  const databases: Databases = {
    open: (path) => (opened++ === 0 ? Promise.reject(new Error("too many files are open")) : real.open(path)),
  };
  const live = await startLiveThread([says(9000)], {
    stage: { config: `${settings}day_tokens = 100000` },
    machine: { databases },
  });
  open.push(live);
  const end = await live.say("one");
  expect(end.type === "turn.failed" && end.error.message).toContain("too many files are open");
  expect(failure(await live.say("two"))).toBe("turn.completed");
});
