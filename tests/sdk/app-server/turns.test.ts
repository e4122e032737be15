import { describe, expect, it } from "vitest";
import {
  BufferOverflowError,
  SessionNotFoundError,
  TurnFailedError,
  type AppServerClient,
  type ResponseEvent,
} from "../../../src/sdk/index.ts";
import { collect, failure, isAlive } from "../exec/scripted.ts";
import { otherThread, server, threadId } from "./scripted-server.ts";
import { until, untilPasses } from "../../support/until.ts";

const answers = `after["turn/start"] = () => { message("one"); done(); };`;

describe("AS-107: going on with a thread", () => {
  const lost = `on["thread/resume"] = ({ threadId }) => fail(-32600, "no rollout found for thread id " + threadId);`;

  it("without stored history works for one that was started here, and for no other", async () => {
    const { client, asked } = await server(answers + lost);
    const one = client();
    await one.threadStart();
    const { text } = await one.responsesCreate({ prompt: "hi", sessionId: threadId });
    expect(text).toBe("one");
    const error = await failure(one.responsesCreate({ prompt: "hi", sessionId: otherThread }));
    expect(error).toBeInstanceOf(SessionNotFoundError);
    expect(error).toMatchObject({ session: otherThread, method: "thread/resume" });
    expect(asked("turn/start")).toHaveLength(1);
  });

  it("resumes it without its turns, and with the parameters of the call", async () => {
    const { client, asked } = await server(answers);
    await client().responsesCreate({ prompt: "hi", sessionId: threadId, threadParams: { model: "m" } });
    expect(asked("thread/resume")).toEqual([{ excludeTurns: true, model: "m", threadId }]);
    expect(asked("thread/start")).toEqual([]);
  });
});

describe("AS-108: streams", () => {
  it("side by side each get their own, and what is nobody's", async () => {
    const { client } = await server(`
      const open = [];
      on["turn/start"] = ({ threadId }) => { const reply = begin(threadId); open.push([threadId, turn]); return reply; };
      after["turn/start"] = () => {
        if (open.length < 2) return;
        tell("warning", { message: "for all", threadId: null });
        for (const [t, u] of open) { delta("to " + t, "m", t, u); }
        tell("item/completed", { item: { type: "agentMessage", id: "x", text: "of another turn" }, threadId: open[0][0], turnId: "other" });
        for (const [t, u] of open.reverse()) { item({ type: "agentMessage", id: "m", text: "to " + t }, t, u); done("completed", null, t, u); }
      };`);
    const one = client();
    const others: string[] = [];
    one.onNotification(({ method }) => others.push(method));
    const [a, b] = await Promise.all(
      [threadId, otherThread].map((sessionId) => one.responsesCreate({ prompt: "hi", sessionId, includeEvents: true })),
    );
    expect([a!.text, b!.text]).toEqual([`to ${threadId}`, `to ${otherThread}`]);
    for (const { events, sessionId } of [a!, b!]) {
      expect(events!.map(({ type }) => type)).toEqual([
        "thread/ready",
        "warning",
        "item/agentMessage/delta",
        "item/completed",
        "turn/completed",
      ]);
      expect(events!.every((event) => event.type === "warning" || event.sessionId === sessionId)).toBe(true);
    }
    expect(others.filter((method) => method === "turn/completed")).toHaveLength(2);
  });

  it("lose nothing that comes before the reply to turn/start", async () => {
    const { client } = await server(`on["turn/start"] = () => {
      const reply = begin(); message("early"); tell("turn/started", { threadId: thread, turn: { id: "else" } }); done(); return reply; };`);
    const response = await client().responsesCreate({ prompt: "hi", includeEvents: true });
    expect(response).toMatchObject({
      text: "early",
      turnId: "turn-1",
      sessionId: threadId,
      toolName: "app-server",
      interrupted: false,
    });
    expect(response.events!.map(({ type }) => type)).toEqual(["thread/ready", "item/completed", "turn/completed"]);
  });

  it("of one thread wait for each other, and steer into the running turn where that is asked for", async () => {
    const { client, asked, noted } = await server(`
      on["turn/start"] = ({ input }) => { if (turn) return { turn: { id: turn } }; note("running"); return begin(); };
      after["turn/start"] = ({ input }) => { if (input[0].text === "finish") { message("done " + turn); done(); turn = null; } };`);
    const one = client();
    const first = one.responsesCreate({ prompt: "start", sessionId: threadId });
    await until(() => noted("running") !== null);
    const second = one.responsesCreate({ prompt: "finish", sessionId: threadId });
    const steered = one.responsesCreate({ prompt: "finish", sessionId: threadId, steer: true });
    expect((await first).text).toBe("done turn-1");
    expect((await steered).turnId).toBe("turn-1");
    expect((await second).text).toBe("done turn-2");
    expect(asked("turn/start").map((params) => (params as { input: { text: string }[] }).input[0]!.text)).toEqual([
      "start",
      "finish",
      "finish",
    ]);
  });
});

describe("AS-109: the answer", () => {
  it.each([
    ["is the last message", `message("a"); message("b");`, "b"],
    ["is the final one, wherever it stands", `message("final", { phase: "final_answer" }); message("later");`, "final"],
    ["is never a comment", `message("yes"); message("on the way", { phase: "commentary" });`, "yes"],
    ["is what was heard of it, where it was not completed", `delta("a"); delta("b");`, "ab"],
    [
      "is no notice",
      `tell("warning", { message: "beware", threadId: thread }); item({ type: "exitedReviewMode", id: "r", review: "text" });`,
      "",
    ],
  ])("%s", async (_, code, text) => {
    const { client } = await server(
      `after["turn/start"] = () => { ${code} tell("warning", { message: "the end", threadId: thread }); done(); };`,
    );
    expect((await client().responsesCreate({ prompt: "hi" })).text).toBe(text);
  });

  it("comes with events where they are asked for, and callbacks hear the same", async () => {
    const { client } = await server(
      `after["turn/start"] = () => { delta("x", "m"); message("x", { id: "m" }); done(); };`,
    );
    const heard: string[] = [];
    const response = await client().responsesCreate({
      prompt: "hi",
      includeEvents: true,
      onEvent: ({ type }) => heard.push(type),
      onText: (text) => heard.push(`text ${text}`),
      onDone: ({ text }) => heard.push(`done ${text}`),
    });
    expect(response.events!.map(({ type }) => type)).toEqual([
      "thread/ready",
      "item/agentMessage/delta",
      "item/completed",
      "turn/completed",
    ]);
    expect(heard).toEqual([
      "thread/ready",
      "item/agentMessage/delta",
      "text x",
      "item/completed",
      "turn/completed",
      "done x",
    ]);
    expect(await client().responsesCreate({ prompt: "hi" })).not.toHaveProperty("events");
  });

  it("streams as text, of the answer alone unless more is asked for", async () => {
    const { client } = await server(`after["turn/start"] = () => {
      tell("item/reasoning/summaryTextDelta", { delta: "hm ", itemId: "r", threadId: thread, turnId: turn });
      tell("item/commandExecution/outputDelta", { delta: "out ", itemId: "c", threadId: thread, turnId: turn });
      delta("an"); delta("swer"); done(); };`);
    const one = client();
    expect(await collect(one.responsesStreamText({ prompt: "hi" }))).toEqual(["an", "swer"]);
    const more = await collect(one.responsesStreamText({ prompt: "hi", include: ["reasoning", "toolOutput"] }));
    expect(more.join("")).toBe("hm out answer");
  });

  it("that comes whole is one piece", async () => {
    const { client } = await server(`after["turn/start"] = () => { message("whole"); done(); };`);
    expect(await collect(client().responsesStreamText({ prompt: "hi" }))).toEqual(["whole"]);
  });

  it("under a schema is parsed, or says why not", async () => {
    const { client, asked } = await server(
      `let n = 0; after["turn/start"] = () => { message(n++ ? "prose" : '{"a":1}'); done(); };`,
    );
    const outputSchema = {
      type: "object",
      properties: { a: { type: "number" } },
      required: ["a"],
      additionalProperties: false,
    };
    const one = client();
    expect(await one.responsesCreate({ prompt: "hi", outputSchema })).toMatchObject({
      parsed: { a: 1 },
      parseProblem: null,
    });
    expect(asked("turn/start")[0]).toMatchObject({ outputSchema });
    const second = await one.responsesCreate({ prompt: "hi", outputSchema });
    expect(second.parsed).toBeUndefined();
    expect(second.parseProblem).toContain("not JSON");
  });
});

describe("AS-110: failures of a turn", () => {
  const problem = (willRetry: boolean): string =>
    `tell("error", { error: { message: "broke", codexErrorInfo: "other", additionalDetails: "why" }, willRetry: ${willRetry}, threadId: thread, turnId: turn });`;

  it("that the server tries again are events and nothing more", async () => {
    const { client } = await server(`after["turn/start"] = () => { ${problem(true)} message("fine"); done(); };`);
    const { events, text } = await client().responsesCreate({ prompt: "hi", includeEvents: true });
    expect(text).toBe("fine");
    expect(events!.find(({ type }) => type === "error")!.error).toEqual({
      message: "broke",
      codexErrorInfo: "other",
      additionalDetails: "why",
      willRetry: true,
    });
  });

  it("reject with what the server says, after all events", async () => {
    const { client } = await server(`after["turn/start"] = () => { ${problem(false)}
      done("failed", { message: "broke", codexErrorInfo: "usageLimitExceeded", additionalDetails: "why" }); };`);
    const events: ResponseEvent[] = [];
    const error = await failure(
      (async () => {
        for await (const event of client().responsesEvents({ prompt: "hi" })) events.push(event);
      })(),
    );
    expect(events.map(({ type }) => type)).toEqual(["thread/ready", "error", "turn/completed"]);
    expect(error).toBeInstanceOf(TurnFailedError);
    expect(error).toMatchObject({
      message: "broke",
      kind: "rateLimit",
      codexErrorInfo: "usageLimitExceeded",
      additionalDetails: "why",
      turnId: "turn-1",
    });
  });

  it("reject with the last error where the turn does not say", async () => {
    const { client } = await server(`after["turn/start"] = () => { ${problem(false)} done("failed"); };`);
    expect(await failure(client().responsesCreate({ prompt: "hi" }))).toMatchObject({
      name: "TurnFailedError",
      message: "broke",
    });
  });

  it("that nothing follows are over after five seconds", async () => {
    const { client } = await server(`after["turn/start"] = () => { ${problem(false)} };`);
    expect(await failure(client().responsesCreate({ prompt: "hi" }))).toMatchObject({
      name: "TurnFailedError",
      message: "broke",
    });
  });

  it("say an interruption, which is none", async () => {
    const { client } = await server(`after["turn/start"] = () => { delta("half"); done("interrupted"); };`);
    expect(await client().responsesCreate({ prompt: "hi" })).toMatchObject({ interrupted: true, text: "half" });
  });
});

describe("AS-111: silence", () => {
  // A machine that is busy may be silent for longer than the limits by itself, but hardly each time: what holds, one try of many shows.
  const answerOf = async (one: AppServerClient): Promise<string> => (await one.responsesCreate({ prompt: "hi" })).text;

  it("beyond the limit gives the turn up and interrupts it", async () => {
    const { client, asked } = await server(`after["turn/interrupt"] = () => done("interrupted");`);
    const error = await failure(client({ streamIdleTimeoutMs: 100 }).responsesCreate({ prompt: "hi" }));
    expect(error).toMatchObject({ name: "AppServerConnectionError", code: "idleTimeout" });
    expect(asked("turn/interrupt")).toEqual([{ threadId, turnId: "turn-1" }]);
  });

  it("is counted anew with each event of the turn", async () => {
    const { client } = await server(`after["turn/start"] = () => { let n = 0;
      const tick = setInterval(() => { delta("x"); if (++n === 8) { clearInterval(tick); message("done"); done(); } }, 100); };`);
    const answer = (): Promise<string> => answerOf(client({ streamIdleTimeoutMs: 600 }));
    await untilPasses(async () => expect(await answer()).toBe("done"));
  });

  it("does not count while somebody is asked", async () => {
    const { client } =
      await server(`after["turn/start"] = () => ask(0, "item/commandExecution/requestApproval", { threadId: thread, turnId: turn, itemId: "c", command: "ls" });
      after.answer = () => { message("asked"); done(); };`);
    const onCommandApproval = () => new Promise<"accept">((resolve) => setTimeout(resolve, 600, "accept"));
    const answer = (): Promise<string> => answerOf(client({ streamIdleTimeoutMs: 250, onCommandApproval }));
    await untilPasses(async () => expect(await answer()).toBe("asked"));
  });

  it("does not count while the thread waits for somebody else's answer", async () => {
    const { client } =
      await server(`const status = (...activeFlags) => tell("thread/status/changed", { threadId: thread, status: { type: "active", activeFlags } });
      after["turn/start"] = () => { status("waitingOnApproval"); setTimeout(() => { status(); message("answered"); done(); }, 600); };`);
    const answer = (): Promise<string> => answerOf(client({ streamIdleTimeoutMs: 250 }));
    await untilPasses(async () => expect(await answer()).toBe("answered"));
  });

  it("of a server that died is no silence: the stream ends at once, with what came before", async () => {
    const { client, starts } = await server(
      `after["turn/start"] = () => { delta("last"); console.error("panic"); process.exit(3); };`,
    );
    const seen: string[] = [];
    const one = client();
    const error = await failure(one.responsesCreate({ prompt: "hi", onEvent: ({ type }) => seen.push(type) }));
    expect(seen).toEqual(["thread/ready", "item/agentMessage/delta"]);
    expect(error).toMatchObject({ name: "AppServerConnectionError", exitCode: 3, stderrTail: ["panic"] });
    expect(isAlive(starts()[0]!.pid)).toBe(false);
    expect(await failure(one.modelList())).toBe(error);
  });
});

describe("AS-112: leaving early", () => {
  const slow = `after["turn/start"] = () => { delta("first"); }; after["turn/interrupt"] = () => done("interrupted");`;

  it("interrupts the turn, and the next one of the thread gets its own", async () => {
    const { client, asked } = await server(slow);
    const one = client();
    for await (const event of one.responsesEvents({ prompt: "hi", sessionId: threadId }))
      if (event.textDelta !== undefined) break;
    expect(asked("turn/interrupt")).toEqual([{ threadId, turnId: "turn-1" }]);
    for await (const text of one.responsesStreamText({ prompt: "hi", sessionId: threadId })) if (text !== "") break;
    expect(asked("turn/interrupt")).toEqual(["turn-1", "turn-2"].map((turnId) => ({ threadId, turnId })));
    await until(() => one.counters.streams === 0);
  });

  it("by a signal rejects, whatever the turn waits for", async () => {
    const { client, asked } = await server(slow);
    const stop = new AbortController();
    const work = client().responsesCreate({
      prompt: "hi",
      signal: stop.signal,
      onText: () => stop.abort(new Error("enough")),
    });
    expect(await failure(work)).toMatchObject({ name: "AbortError", code: "aborted", cause: new Error("enough") });
    expect(asked("turn/interrupt")).toHaveLength(1);
    expect(await failure(client().responsesCreate({ prompt: "hi", signal: AbortSignal.abort() }))).toMatchObject({
      name: "AbortError",
    });
  });

  it("while turn/start is not answered interrupts what becomes of it", async () => {
    const { client, asked, noted } = await server(`
      on["turn/start"] = (_, { id }) => { note("asked"); setTimeout(() => write({ id, result: begin() }), 100); };
      after["turn/interrupt"] = () => done("interrupted");`);
    const stop = new AbortController();
    const work = failure(client().responsesCreate({ prompt: "hi", signal: stop.signal }));
    await until(() => noted("asked") !== null);
    stop.abort();
    expect(await work).toMatchObject({ name: "AbortError" });
    expect(asked("turn/interrupt")).toEqual([{ threadId, turnId: "turn-1" }]);
  });

  it("lets the turn go on where that is wanted; the next one waits for its end", async () => {
    const { client, asked, noted } = await server(`
      after["turn/start"] = () => { delta("first"); if (turns === 1) setTimeout(() => { note("over"); done(); }, 200); else { message("second"); done(); } };`);
    const one = client();
    for await (const event of one.responsesEvents({ prompt: "hi", sessionId: threadId, onEarlyReturn: "detach" }))
      if (event.textDelta !== undefined) break;
    expect((await one.responsesCreate({ prompt: "hi", sessionId: threadId })).text).toBe("second");
    expect(noted("over")).not.toBeNull();
    expect(asked("turn/interrupt")).toEqual([]);
  });
});

describe("AS-52: a reader that is slow", () => {
  it("gets pieces of a text together, and loses none", async () => {
    const { client, noted } = await server(
      `after["turn/start"] = () => { for (let n = 0; n < 5000; n++) delta("x"); message("all"); done(); note("written"); };`,
    );
    let text = "";
    let events = 0;
    for await (const event of client({ maxBufferedEvents: 100 }).responsesEvents({ prompt: "hi" })) {
      if (event.type === "item/agentMessage/delta") text += event.textDelta!;
      if (++events === 2) await until(() => noted("written") !== null);
    }
    expect(text).toBe("x".repeat(5000));
    expect(events).toBeLessThan(200);
  });

  it("of what cannot be put together gets what counts, and an error", async () => {
    const { client, noted } =
      await server(`after["turn/start"] = () => { for (let n = 0; n < 200; n++) { tell("turn/diff/updated", { diff: "d" + n, threadId: thread, turnId: turn }); if (n === 3) message("kept"); } note("written"); };
      after["turn/interrupt"] = () => done("interrupted");`);
    const seen: string[] = [];
    const error = await failure(
      client({ maxBufferedEvents: 50 }).responsesCreate({
        prompt: "hi",
        onEvent: async ({ type }) => {
          seen.push(type);
          if (seen.length === 2) await until(() => noted("written") !== null);
        },
      }),
    );
    expect(error).toBeInstanceOf(BufferOverflowError);
    expect(seen).toContain("item/completed");
    expect(seen.length).toBeLessThan(52);
  });
});
