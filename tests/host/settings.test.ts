import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import type { ThreadSettings } from "../../src/protocol/methods.ts";
import { call, message, respond } from "../support/fake-model.ts";
import { chatText } from "../support/fake-chat.ts";
import { localFacts } from "../support/fake-local-servers.ts";
import { startLiveThread, type LiveThread } from "../support/live-thread.ts";
import { until } from "../support/until.ts";

let live: LiveThread | null = null;
afterEach(async () => {
  await live?.close();
  live = null;
});

const texts = (body: unknown): string => JSON.stringify((body as { input: unknown }).input);

describe("settings of a thread", () => {
  test("hold from the next turn on, for the model and for what it is told", async () => {
    live = await startLiveThread(() => respond([message("m", "fine")]));
    const { client, info } = live;
    await live.say("one");
    const changed = await client.call("thread/settings", {
      threadId: info.threadId,
      model: "gpt-6-luna",
      reasoningEffort: "high",
      sandbox: "danger-full-access",
      approvalPolicy: "never",
    });
    expect(changed).toMatchObject({ model: "gpt-6-luna", reasoningEffort: "high" });
    expect(changed.permissions).toMatchObject({ sandbox: "danger-full-access", approvalPolicy: "never" });
    await live.say("two");
    const [first, second] = live.model.requests.map(({ body }) => body as Record<string, unknown>);
    expect([first!["model"], second!["model"]]).toEqual(["gpt-6.1-sol", "gpt-6-luna"]);
    expect(second!["reasoning"]).toMatchObject({ effort: "high" });
    expect(texts(first)).not.toContain("danger-full-access");
    expect(texts(second)).toContain("danger-full-access");
  });

  test("do not change while a turn runs or waits, nor to what is not allowed", async () => {
    let open = (): void => undefined;
    const passed = new Promise<void>((resolve) => (open = resolve));
    const answer = respond([message("m", "fine")]);
    live = await startLiveThread([{ parts: [{ gate: () => passed }, ...answer.parts] }, answer]);
    const { client, info } = live;
    const { threadId } = info;
    const end = live.say("one");
    await live.model.seen(1);
    await client.call("turn/start", { threadId, input: [{ type: "text", text: "two" }] });
    await expect(client.call("thread/settings", { threadId, model: "gpt-5.5" })).rejects.toMatchObject({
      code: "thread_busy",
    });
    const { running, waiting } = await client.call("turn/queue", { threadId });
    expect([running?.text, waiting.map(({ text }) => text)]).toEqual(["one", ["two"]]);
    open();
    await end;
    await live.next("turn.completed");
    await expect(client.call("thread/settings", { threadId, model: " " })).rejects.toMatchObject({ code: "config" });
    expect(await client.call("turn/queue", { threadId })).toEqual({ running: null, waiting: [] });
  });

  test("leave commands running that were begun before", async () => {
    const start = call("1", "exec_command", { cmd: "read line; echo got $line", tty: true, yield_time_ms: 250 });
    live = await startLiveThread((request) => {
      if (request.index === 0) return respond([start]);
      if (request.index === 2) {
        const session = Number(/session ID (\d+)/.exec(request.rawBody)?.[1]);
        return respond([call("2", "write_stdin", { session_id: session, chars: "word\n", yield_time_ms: 30_000 })]);
      }
      return respond([message(`m${request.index}`, "fine")]);
    });
    await live.say("one");
    await live.client.call("thread/settings", { threadId: live.info.threadId, model: "gpt-6-luna" });
    await live.say("two");
    expect(live.model.requests.at(-1)!.rawBody).toContain("got word");
  });
});

test("plan mode is told to the model, and left again", async () => {
  live = await startLiveThread(() => respond([message("m", "fine")]), { thread: { collaborationMode: "plan" } });
  await live.say("one");
  await live.client.call("thread/settings", { threadId: live.info.threadId, collaborationMode: "default" });
  await live.say("two");
  const [first, second] = live.model.requests.map(({ body }) => texts(body));
  expect(first).toContain("<collaboration_mode>");
  expect(second!.split("<collaboration_mode>").length).toBeGreaterThan(first!.split("<collaboration_mode>").length);
});

describe("settings that come with a turn", () => {
  const answer = respond([message("m", "fine")]);
  const blocks = (body: unknown): string[] =>
    (body as { input: { content?: { text?: string }[] }[] }).input
      .flatMap(({ content = [] }) => content.map(({ text = "" }) => text))
      .filter((text) => text.startsWith("<collaboration_mode>"));
  const prompt = (text: string): { type: "text"; text: string }[] => [{ type: "text", text }];
  const plan = { collaborationMode: "plan" } as const;

  test("hold for it and those after it, until others come", async () => {
    live = await startLiveThread(() => answer);
    const { client, info } = live;
    const turn = async (text: string, settings?: ThreadSettings): Promise<void> => {
      const { threadId } = info;
      await client.call("turn/start", { threadId, input: prompt(text), ...(settings && { settings }) });
      await live!.next("turn.completed");
    };
    await turn("one");
    await turn("two", { ...plan, model: "gpt-6-luna" });
    await turn("three");
    await turn("four", { collaborationMode: "default" });
    const bodies = live.model.requests.map(({ body }) => body as Record<string, unknown>);
    expect(bodies.map((body) => blocks(body).map((text) => /The mode is (\w+)/.exec(text)?.[1]))).toEqual([
      ["Default"],
      ["Default", "Plan"],
      ["Default", "Plan"],
      ["Default", "Plan", "Default"],
    ]);
    expect(bodies.map((body) => body["model"])).toEqual(["gpt-6.1-sol", "gpt-6-luna", "gpt-6-luna", "gpt-6-luna"]);
  });

  test("wait with a turn that waits, and with words for the running one for the next", async () => {
    let open = (): void => undefined;
    const passed = new Promise<void>((resolve) => (open = resolve));
    const wait = call("1", "exec_command", {
      cmd: "until [ -e go ]; do sleep 0.01; done; cat go",
      yield_time_ms: 30_000,
    });
    live = await startLiveThread([
      respond([wait]),
      { parts: [{ gate: () => passed }, ...answer.parts] },
      answer,
      answer,
    ]);
    const { client, info, stage } = live;
    const { threadId } = info;
    await client.call("turn/start", { threadId, input: prompt("one") });
    while ((await live.next("item.started")).item.type !== "commandExecution");
    await client.call("turn/start", { threadId, input: prompt("queued"), settings: { model: "gpt-6-luna" } });
    await client.call("turn/start", { threadId, input: prompt("joins"), settings: plan, whenBusy: "steer" });
    writeFileSync(join(stage.workspace, "go"), "gone\n");
    open();
    await live.next("turn.completed");
    await live.next("turn.completed");
    const [, second, third] = live.model.requests.map(({ body }) => body as Record<string, unknown>);
    expect(JSON.stringify(second)).toContain("joins");
    expect([second!["model"], third!["model"]]).toEqual(["gpt-6.1-sol", "gpt-6-luna"]);
    expect(blocks(second).join()).not.toContain("The mode is Plan");
    expect(blocks(third).join()).toContain("The mode is Plan");
  });

  test("that cannot be had fail their turn alone", async () => {
    live = await startLiveThread(() => answer);
    const { client, info, model } = live;
    const { threadId } = info;
    await client.call("turn/start", { threadId, input: prompt("one"), settings: { ...plan, model: " " } });
    expect((await live.next("turn.failed")).error.code).toBe("config");
    expect((await live.say("two")).type).toBe("turn.completed");
    expect(blocks(model.requests[0]!.body).join()).not.toContain("The mode is Plan");
  });

  test("changed twice at once are both kept", async () => {
    live = await startLiveThread(() => answer);
    const { client, info, model } = live;
    const { threadId } = info;
    const change = (settings: ThreadSettings): Promise<unknown> =>
      client.call("thread/settings", { threadId, ...settings });
    await Promise.all([change({ model: "gpt-6-luna" }), change(plan)]);
    await live.say("one");
    expect(model.requests[0]!.body).toMatchObject({ model: "gpt-6-luna" });
    expect(blocks(model.requests[0]!.body).join()).toContain("The mode is Plan");
  });
});

describe("settings that are still being looked up", () => {
  const prompt = [{ type: "text" as const, text: "go" }];

  test.each(["hold", "reject"] as const)("hold for a turn that begins meanwhile (%s)", async (whenBusy) => {
    live = await startLiveThread(() => respond([message("m", "fine")]));
    const { client, info, model } = live;
    const { threadId } = info;
    const changed = client.call("thread/settings", { threadId, model: "gpt-6-luna", whenBusy });
    await client.call("turn/start", { threadId, input: prompt });
    expect(await changed).toMatchObject({ model: "gpt-6-luna" });
    await live.next("turn.completed");
    expect(model.requests[0]!.body).toMatchObject({ model: "gpt-6-luna" });
  });

  test("hold for the next turn when the one that they came with is interrupted", async () => {
    const gate = Promise.withResolvers<void>();
    let slow = false;
    const facts = localFacts.vllm(["first", "second"].map((name) => ({ name, window: 40_000 })));
    const models = async (): Promise<unknown> => {
      if (slow) await gate.promise;
      return facts["/v1/models"];
    };
    live = await startLiveThread(() => chatText("fine"), {
      facts: { ...facts, "/v1/models": models },
      thread: { model: "first", overrides: ["codex_agent.providers.fake.wire_api=chat"] },
    });
    const { client, info, model } = live;
    const { threadId } = info;
    const asked = model.asked.length;
    slow = true;
    await client.call("turn/start", { threadId, input: prompt, settings: { model: "second" } });
    await until(() => model.asked.length > asked);
    await client.call("turn/interrupt", { threadId });
    await live.next("turn.interrupted");
    await client.call("turn/start", { threadId, input: prompt });
    gate.resolve();
    await live.next("turn.completed");
    expect(model.requests.map(({ body }) => (body as { model: string }).model)).toEqual(["second"]);
  });
});

test("a thread that is resumed is in the mode that it was in, a fork is not", async () => {
  live = await startLiveThread(() => respond([message("m", "fine")]), { thread: { collaborationMode: "plan" } });
  await live.say("one");
  const { client, info, stage } = live;
  const { threadId } = info;
  await client.call("thread/close", { threadId });
  const options = { cwd: stage.workspace, threadId };
  expect(await client.call("thread/resume", options)).toMatchObject({ collaborationMode: "plan" });
  await live.say("two");
  expect(texts(live.model.requests[1]!.body).split("The mode is Plan")).toHaveLength(2);
  expect(texts(live.model.requests[1]!.body)).not.toContain("The mode is Default");
  expect(await client.call("thread/fork", options)).toMatchObject({ collaborationMode: "default" });
  await client.call("thread/close", { threadId });
  const again = await client.call("thread/resume", { ...options, collaborationMode: "default" });
  expect(again).toMatchObject({ collaborationMode: "default" });
});
