import { afterEach, describe, expect, test } from "vitest";
import { call, message, respond } from "../support/fake-model.ts";
import { startLiveThread, type LiveThread } from "../support/live-thread.ts";

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
        return respond([call("2", "write_stdin", { session_id: session, chars: "word\n", yield_time_ms: 5000 })]);
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
