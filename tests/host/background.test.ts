import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import type { AgentEvent } from "../../src/protocol/events.ts";
import { call, message, respond, type Reply } from "../support/fake-model.ts";
import { startLiveThread, type LiveThread } from "../support/live-thread.ts";

let live: LiveThread | undefined;
afterEach(async () => live?.close());

const says = (text: string): Reply => respond([message(text, text)]);
const runs = (id: string, cmd: string, waitedMs = 250): Reply =>
  respond([call(id, "exec_command", { cmd, login: false, yield_time_ms: waitedMs })]);

async function start(steps: Reply[], wakeOnExit = true): Promise<LiveThread> {
  live = await startLiveThread(steps, { thread: { sandbox: "danger-full-access", wakeOnExit } });
  return live;
}

const lastText = (thread: LiveThread, request: number): string => {
  const { input } = thread.model.requests[request]!.body as { input: { content?: { text: string }[] }[] };
  return input.at(-1)?.content?.[0]?.text ?? "";
};

const ended = (events: readonly AgentEvent[]) => events.filter(({ type }) => type === "turn.completed");

/** A command that waits until the test makes a file. */
const waiter = "until [ -e go ]; do sleep 0.02; done; exit 3";
const release = (thread: LiveThread): void => writeFileSync(join(thread.stage.workspace, "go"), "");

async function commandEnds(thread: LiveThread): Promise<void> {
  for (;;) {
    const { item } = await thread.next("item.completed");
    if (item.type === "commandExecution") return;
  }
}

it("the model hears of a command that ends while it does nothing", async () => {
  const thread = await start([runs("1", waiter), says("waiting"), says("heard")]);
  const first = await thread.say("go");
  expect(first).toMatchObject({ type: "turn.completed", backgroundCommands: 1 });
  release(thread);
  expect(await thread.next("turn.completed")).toMatchObject({ lastMessage: "heard", backgroundCommands: 0 });
  const text = lastText(thread, 2);
  const [, facts = ""] = /^<exec_command_completed>\n(\{.*\})\n<\/exec_command_completed>$/.exec(text) ?? [];
  expect(Object.keys(JSON.parse(facts) as object)).toEqual(["session_id", "exit_code", "command"]);
  expect(JSON.parse(facts)).toMatchObject({ session_id: expect.any(Number), exit_code: 3, command: waiter });
  // Nobody said it: nobody is shown it.
  const said = thread.events.filter((event) => event.type === "item.completed" && event.item.type === "userMessage");
  expect(said).toHaveLength(1);
  const { headers } = thread.model.requests[2]!;
  expect(headers["x-codex-turn-metadata"]).toContain('"turn_trigger":"background"');
});

it("what the user says while that turn runs comes after it", async () => {
  let go = (): void => {};
  const gate = new Promise<void>((resolve) => (go = resolve));
  const slow: Reply = { ...says("heard"), parts: [{ gate: () => gate }, ...says("heard").parts] };
  const thread = await start([runs("1", waiter), says("waiting"), slow, says("answered")]);
  await thread.say("go");
  release(thread);
  await thread.model.seen(3);
  const { threadId } = thread.info;
  const queued = await thread.client.call("turn/start", { threadId, input: [{ type: "text", text: "and?" }] });
  expect(queued.status).toBe("queued");
  go();
  await thread.next("turn.completed");
  await thread.next("turn.completed");
  const { input } = thread.model.requests[3]!.body as { input: { role?: string; content?: { text: string }[] }[] };
  expect(input.slice(-3).map((item) => item.content?.[0]?.text)).toEqual([
    expect.stringContaining("<exec_command_completed>"),
    "heard",
    "and?",
  ]);
});

it("the model hears of a command that ends while it says its last word", async () => {
  let go = (): void => {};
  const gate = new Promise<void>((resolve) => (go = resolve));
  const slow: Reply = { ...says("waiting"), parts: [{ gate: () => gate }, ...says("waiting").parts] };
  const thread = await start([runs("1", waiter), slow, says("heard")]);
  const first = thread.say("go");
  await thread.model.seen(2);
  release(thread);
  await commandEnds(thread);
  go();
  expect(await first).toMatchObject({ lastMessage: "waiting" });
  expect(await thread.next("turn.completed")).toMatchObject({ lastMessage: "heard" });
  expect(lastText(thread, 2)).toContain("<exec_command_completed>");
});

it("what waits for its turn comes before news of a command, and is there to look for itself", async () => {
  let go = (): void => {};
  const gate = new Promise<void>((resolve) => (go = resolve));
  const slow: Reply = { ...says("waiting"), parts: [{ gate: () => gate }, ...says("waiting").parts] };
  const thread = await start([runs("1", waiter), slow, says("answered")]);
  const first = thread.say("go");
  await thread.model.seen(2);
  const { threadId } = thread.info;
  await thread.client.call("turn/start", { threadId, input: [{ type: "text", text: "and?" }] });
  release(thread);
  await commandEnds(thread);
  go();
  await first;
  expect(await thread.next("turn.completed")).toMatchObject({ lastMessage: "answered" });
  await thread.client.call("thread/close", { threadId });
  expect(ended(thread.events)).toHaveLength(2);
  expect(thread.model.requests).toHaveLength(3);
});

it("a command that ends while a turn runs wakes nobody", async () => {
  const thread = await start([
    runs("1", waiter),
    runs("2", "touch go; sleep 0.5"),
    runs("3", "sleep 0.1"),
    says("end"),
  ]);
  await thread.say("go");
  await thread.client.call("thread/close", { threadId: thread.info.threadId });
  expect(ended(thread.events)).toHaveLength(1);
  expect(thread.model.requests).toHaveLength(4);
});

it("a command whose end the model has read wakes nobody, nor one that is ended with the thread", async () => {
  const thread = await start([runs("1", "true", 30_000), runs("2", "sleep 60"), says("end")]);
  expect(await thread.say("go")).toMatchObject({ backgroundCommands: 1 });
  await thread.client.call("thread/close", { threadId: thread.info.threadId });
  expect(ended(thread.events)).toHaveLength(1);
  expect(thread.model.requests).toHaveLength(3);
});

it("nobody is woken unless that was asked for", async () => {
  const thread = await start([runs("1", waiter), says("waiting")], false);
  await thread.say("go");
  release(thread);
  await commandEnds(thread);
  await thread.client.call("thread/close", { threadId: thread.info.threadId });
  expect(thread.model.requests).toHaveLength(2);
});
