import { describe, expect, it } from "vitest";
import { messageText, isMessage, type ResponseItem } from "../../../src/protocol/response-items.ts";
import { noUsage } from "../../../src/protocol/usage.ts";
import { answers, completed, gate, input, say, usage, type Act } from "../kit.ts";
import { family } from "./family.ts";
import { until } from "../../support/until.ts";

const never: Act = () => new Promise(() => undefined);
const texts = (items: readonly ResponseItem[]): string[] =>
  items.filter(isMessage).map((item) => (item.role === "assistant" ? `said: ${messageText(item)}` : messageText(item)));
const signal = (): AbortSignal => new AbortController().signal;

describe("the end of an agent's work", () => {
  it("is told to the running turn with its next request, and makes one after the model's last word", async () => {
    const late = gate();
    const { parent, spawn, model, roster } = family({
      acts: [[answers(say("found it"))]],
      parentActs: [
        async (emit) => {
          await late.promise;
          emit({ type: "item.done", item: say("on my way") });
          return completed();
        },
        answers(say("all done")),
      ],
    });
    parent.thread.submit(input("go"));
    await parent.event("turn.started");
    const agent = await spawn("look");
    await roster.waitForAny([agent.threadId], 60_000, signal());
    late.open();
    const end = await parent.event("turn.completed");
    expect(end.lastMessage).toBe("all done");
    expect(texts(model.requests[1]!.input).slice(-2)).toEqual([
      "said: on my way",
      `<subagent_notification>\n{"agent_path":"${agent.threadId}","status":{"completed":"found it"}}\n</subagent_notification>`,
    ]);
  });

  it("is kept before the next turn when none runs, and begins none", async () => {
    const { parent, spawn, model, roster } = family({
      acts: [[answers(say("found it"))]],
      parentActs: [answers(say("first")), answers(say("second"))],
    });
    parent.thread.submit(input("go"));
    await parent.event("turn.completed");
    const agent = await spawn("look");
    await roster.waitForAny([agent.threadId], 60_000, signal());
    expect(model.requests).toHaveLength(1);
    parent.thread.submit(input("go on"));
    await parent.event("turn.completed", 2);
    expect(texts(model.requests[1]!.input).slice(-2)).toEqual([
      expect.stringContaining(`"completed":"found it"`),
      "go on",
    ]);
    expect(parent.records.filter((record) => JSON.stringify(record).includes("subagent_notification"))).toHaveLength(1);
  });

  it("is told once for each time that it is made", async () => {
    const { spawn, send, parent, roster } = family({ acts: [[answers(say("one")), answers(say("two"))]] });
    const agent = await spawn("look");
    await roster.waitForAny([agent.threadId], 60_000, signal());
    await send(agent, "again");
    const ended = await roster.waitForAny([agent.threadId], 60_000, signal());
    expect([...ended.values()]).toEqual([{ completed: "two" }]);
    expect(texts(parent.thread.memory.history as ResponseItem[])).toHaveLength(1);
  });

  it("is an error that names what went wrong, when its model fails", async () => {
    const { spawn, roster } = family({ acts: [[]] });
    const agent = await spawn("look");
    const ended = await roster.waitForAny([agent.threadId], 60_000, signal());
    expect([...ended.values()]).toEqual([{ errored: "no act is left" }]);
  });

  it("comes as mail, each time, to those that know their agents by path", async () => {
    const { spawn, parent, roster, changes } = family({ version: "v2", acts: [[answers(say("found it"))]] });
    const agent = await spawn("look");
    await roster.waitForAny([agent.threadId], 60_000, signal());
    expect(parent.thread.memory.history).toEqual([
      {
        type: "agent_message",
        id: expect.stringMatching(/^amsg_/),
        author: "/root/agent_1",
        recipient: "/root",
        content: [
          {
            type: "input_text",
            text: "Message Type: FINAL_ANSWER\nTask name: /root\nSender: /root/agent_1\nPayload:\nfound it",
          },
        ],
      },
    ]);
    expect(changes.map(({ status }) => status)).toEqual(["pending_init", "running", { completed: "found it" }]);
  });
});

describe("waiting", () => {
  it("ends with the first agent that ends, and tells of no other", async () => {
    const { spawn, roster } = family({ acts: [[never], [answers(say("quick"))]] });
    const slow = await spawn("slow");
    const quick = await spawn("quick");
    const ended = await roster.waitForAny([slow.threadId, quick.threadId], 60_000, signal());
    expect([...ended]).toEqual([[quick.threadId, { completed: "quick" }]]);
    await roster.closeAll();
  });

  it("ends when the time is over, with nothing", async () => {
    const { spawn, roster, clock } = family({ acts: [[never]] });
    const agent = await spawn("slow");
    const waiting = roster.waitForAny([agent.threadId], 30_000, signal());
    await until(() => clock.sleeps.some(({ ms }) => ms === 30_000));
    clock.sleeps.find(({ ms }) => ms === 30_000)!.wake();
    expect([...(await waiting)]).toEqual([]);
    await roster.closeAll();
  });

  it("ends when its turn is stopped, and leaves the agent at work", async () => {
    const { spawn, roster } = family({ acts: [[never]] });
    const agent = await spawn("slow");
    const stop = new AbortController();
    const waiting = roster.waitForAny([agent.threadId], 30_000, stop.signal);
    stop.abort();
    expect([...(await waiting)]).toEqual([]);
    await until(() => agent.status === "running");
    await roster.closeAll();
  });

  it("ends at once for an agent that is not there", async () => {
    const { roster } = family();
    expect([...(await roster.waitForAny(["nobody"], 30_000, signal()))]).toEqual([["nobody", "not_found"]]);
  });

  it("for news ends with mail, with the user's words, or with the time", async () => {
    const { parent, roster, clock } = family({ parentActs: [never, never] });
    parent.thread.submit(input("go"));
    await parent.event("turn.started");
    const late = roster.waitForNews(10_000, signal());
    await until(() => clock.sleeps.some(({ ms }) => ms === 10_000));
    clock.sleeps.find(({ ms }) => ms === 10_000)!.wake();
    expect(await late).toBe("timeout");
    const news = roster.waitForNews(20_000, signal());
    parent.thread.note({ elements: [], content: [], kinds: [], attachments: [{ kind: "x", text: "mail" }] });
    expect(await news).toBe("note");
    const word = roster.waitForNews(20_000, signal());
    expect(await word).toBe("note");
    parent.thread.steer(input("stop that"));
    expect(await roster.waitForNews(20_000, signal())).toBe("user");
    await parent.thread.close();
  });
});

describe("telling an agent more", () => {
  it("joins the turn that runs, without cutting its words, and is answered in it", async () => {
    const first = gate();
    const act: Act = async (emit) => {
      await first.promise;
      emit({ type: "item.done", item: say("halfway") });
      return completed();
    };
    const { spawn, send, roster, child } = family({ acts: [[act, answers(say("whole"))]] });
    const agent = await spawn("look");
    await until(() => child(agent).model.requests.length === 1);
    const turnId = await send(agent, "and there");
    first.open();
    const ended = await roster.waitForAny([agent.threadId], 60_000, signal());
    expect([...ended.values()]).toEqual([{ completed: "whole" }]);
    expect(texts(child(agent).model.requests[1]!.input).slice(-2)).toEqual(["said: halfway", "and there"]);
    expect(
      child(agent)
        .ofType("turn.started")
        .map((event) => event.turnId),
    ).toEqual([turnId]);
  });

  it("after an interrupt ends with the answer to the new words; those that waited are not lost", async () => {
    const { spawn, send, roster, child } = family({ acts: [[never, answers(say("second"))]] });
    const agent = await spawn("first");
    await until(() => child(agent).model.requests.length === 1);
    await send(agent, "queued");
    const waiting = roster.waitForAny([agent.threadId], 60_000, signal());
    await roster.interrupt(agent);
    expect(agent.status).toBe("interrupted");
    await send(agent, "now");
    expect([...(await waiting).values()]).toEqual([{ completed: "second" }]);
    expect(texts(child(agent).model.requests[1]!.input).filter((text) => !text.startsWith("<"))).toEqual([
      "Base.",
      "first",
      "queued",
      "now",
    ]);
  });

  it("without a turn to begin waits for the next one", async () => {
    const { spawn, roster, child } = family({ version: "v2", acts: [[answers(say("one")), answers(say("two"))]] });
    const agent = await spawn("look");
    await roster.waitForAny([agent.threadId], 60_000, signal());
    const sender = {
      turnId: "turn",
      items: { started() {}, output() {}, input() {}, completed() {}, patched() {}, plan() {}, child() {} },
    };
    expect(await roster.send(agent, { type: "mail", kind: "MESSAGE", text: "by the way" }, sender)).toBeNull();
    expect(child(agent).model.requests).toHaveLength(1);
    await roster.send(agent, { type: "mail", kind: "NEW_TASK", text: "more" }, sender);
    await until(() => child(agent).model.requests.length === 2);
    const mail = child(agent).model.requests[1]!.input.filter(({ type }) => type === "agent_message");
    expect(JSON.stringify(mail)).toMatch(/look.*by the way.*more/);
    await roster.closeAll();
  });

  it("is refused for an agent that has used up its tokens", async () => {
    const spend: Act = (emit) => {
      emit({ type: "item.done", item: say("dear") });
      return completed({ usage: usage(900, 200) });
    };
    const { spawn, send, roster } = family({ acts: [[spend]] });
    const agent = await spawn("look");
    const ended = await roster.waitForAny([agent.threadId], 60_000, signal());
    expect(JSON.stringify([...ended.values()])).toMatch(/dear|stopped/);
    await expect(send(agent, "more")).rejects.toThrow(
      "takes no more work: it has used more than the 1000 tokens that an agent may use",
    );
  });
});

describe("what bounds agents", () => {
  it("one more than there are places is refused, until one is closed", async () => {
    const { spawn, roster } = family({ limits: { places: 2 }, acts: [[answers(say("done"))], [never], [never]] });
    const first = await spawn("one");
    await spawn("two");
    await roster.waitForAny([first.threadId], 60_000, signal());
    await expect(spawn("three")).rejects.toThrow("collab spawn failed: agent thread limit reached");
    await roster.close(first);
    await spawn("three");
    expect(roster.list()).toHaveLength(2);
    await roster.closeAll();
  });

  it("agents that are being opened count, and give their place back when that fails", async () => {
    const opened = gate();
    let fails = true;
    const { spawn, roster } = family({
      limits: { places: 1 },
      acts: [[answers(say("done"))]],
      async opening() {
        await opened.promise;
        if (fails) throw new Error("the disk is full");
      },
    });
    const first = spawn("one");
    await expect(spawn("two")).rejects.toThrow("agent thread limit reached");
    opened.open();
    await expect(first).rejects.toThrow("collab spawn failed: the disk is full");
    fails = false;
    await spawn("three");
    expect(roster.list()).toHaveLength(1);
  });

  it("agents known by path take a place while they work, and of idle ones there are not endless many", async () => {
    const { spawn, roster } = family({
      version: "v2",
      limits: { places: 1, idleOnesCount: false },
      acts: Array.from({ length: 70 }, () => [answers(say("done"))]),
    });
    for (let count = 0; count < 64; count++) {
      const agent = await spawn("work");
      await roster.waitForAny([agent.threadId], 60_000, signal());
    }
    await expect(spawn("work")).rejects.toThrow("agent thread limit reached");
    await roster.closeAll();
  });

  it("a turn that takes too long is stopped, and says so", async () => {
    const { spawn, roster, clock } = family({ acts: [[never]], limits: { minutes: 10 } });
    const agent = await spawn("forever");
    await until(() => clock.sleeps.some(({ ms }) => ms === 600_000));
    clock.sleeps.find(({ ms }) => ms === 600_000)!.wake();
    const ended = await roster.waitForAny([agent.threadId], 60_000, signal());
    expect([...ended.values()]).toEqual([{ errored: "The agent was stopped: it ran longer than 10 minutes." }]);
  });

  it("a turn that takes too many tokens is stopped before its next request", async () => {
    const again: Act = (emit) => {
      emit({ type: "item.done", item: say("more") });
      return completed({ usage: usage(600, 0), endTurn: false });
    };
    const { spawn, roster, child } = family({ acts: [[again, again, again, again]] });
    const agent = await spawn("forever");
    const ended = await roster.waitForAny([agent.threadId], 60_000, signal());
    expect([...ended.values()]).toEqual([{ errored: "The agent was stopped: it used more than 1000 tokens." }]);
    expect(child(agent).model.requests).toHaveLength(2);
    expect(roster.agents[0]!.usage).toEqual({ ...noUsage, inputTokens: 1200, totalTokens: 1200 });
  });

  it("nobody in a tree is called like another", async () => {
    const acts = Array.from({ length: 40 }, () => [never]);
    const { spawn, roster } = family({ limits: { places: 40 }, acts });
    for (const _ of acts) await spawn("work");
    expect(new Set(roster.agents.map(({ nickname }) => nickname)).size).toBe(40);
    await roster.closeAll();
  });
});

describe("closing", () => {
  it("does not wait for what an agent has yet to do, and leaves what it was told in its journal", async () => {
    const { spawn, send, roster, child } = family({ acts: [[never]] });
    const agent = await spawn("one");
    await until(() => child(agent).model.requests.length === 1);
    await send(agent, "two");
    await send(agent, "three");
    await roster.close(agent);
    expect(agent.status).toBe("shutdown");
    expect(roster.find(agent.threadId)).toBeNull();
    expect(child(agent).model.requests).toHaveLength(1);
    const kept = JSON.stringify(child(agent).records);
    for (const text of ["one", "two", "three"]) expect(kept).toContain(`"text":"${text}"`);
  });

  it("of the parent ends all at once, tells the model nothing and lets nobody take new ones", async () => {
    const { spawn, roster, parent, children } = family({ acts: [[never], [never], [never]] });
    for (const text of ["a", "b", "c"]) await spawn(text);
    const coming = spawn("d");
    await roster.closeAll();
    await expect(coming).rejects.toThrow("the thread is being closed");
    expect([...children.values()].map(({ closes }) => closes)).toEqual([1, 1, 1, 1]);
    expect(parent.thread.memory.history).toEqual([]);
  });

  it("that fails is a warning, and the place is free", async () => {
    const { spawn, roster, warnings } = family({
      acts: [[never], [never]],
      limits: { places: 1 },
      closing: () => Promise.reject(new Error("no space left")),
    });
    const agent = await spawn("one");
    await roster.close(agent);
    expect(warnings).toEqual([`Sub-agent ${agent.nickname} could not be closed: no space left`]);
    await spawn("two");
    await roster.closeAll();
  });

  it("an agent at work tells its parent; one that had answered does not tell it twice", async () => {
    const { spawn, roster, parent } = family({ acts: [[never], [answers(say("done"))]] });
    const busy = await spawn("one");
    const ready = await spawn("two");
    await roster.waitForAny([ready.threadId], 60_000, signal());
    await roster.close(ready);
    await roster.close(busy);
    const told = texts(parent.thread.memory.history as ResponseItem[]);
    expect(told).toEqual([
      expect.stringContaining(`"agent_path":"${ready.threadId}","status":{"completed":"done"}`),
      expect.stringContaining(`"agent_path":"${busy.threadId}","status":"shutdown"`),
    ]);
  });
});
