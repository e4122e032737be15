import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import type { Answer } from "../../../src/protocol/questions.ts";
import {
  call,
  completed,
  created,
  customCall,
  done,
  message,
  type ModelItem,
  type Reply,
} from "../../support/fake-model.ts";
import { startLiveThread, type LiveThread } from "../../support/live-thread.ts";

let live: LiveThread;
afterEach(() => live.close());

const reply = (...items: ModelItem[]): Reply => ({ parts: [created(), ...items.map(done), completed()] });
const end = reply(message("msg_end", "done"));

/** A command that wants out of the walls. */
const escaping = (id: string, cmd: string): ModelItem =>
  call(id, "exec_command", {
    cmd,
    sandbox_permissions: "require_escalated",
    justification: "it has to be outside",
  });

const asking = (cmd: string): Reply => reply(escaping("1", cmd));

async function open(...replies: Reply[]): Promise<void> {
  live = await startLiveThread([...replies, end, end], {
    stage: { config: 'model = "gpt-5.5"\napproval_policy = "on-request"\nsandbox_mode = "workspace-write"' },
  });
}

const outputs = (): string[] => {
  const last = live.model.requests.at(-1)!.body as { input: { type: string; output?: string }[] };
  return last.input.filter(({ type }) => type.endsWith("_output")).map(({ output }) => output ?? "");
};

async function answer(given: Answer): Promise<void> {
  const { questionId } = await live.next("question.asked");
  await live.client.call("question/answer", { threadId: live.info.threadId, questionId, answer: given });
}

const target = (): string => join(live.stage.root, "outside");

describe("a command that asks to run without the walls", () => {
  test("waits for the user, and runs there once it is allowed", async () => {
    await open(asking('echo out > "$HOME/../outside"'));
    const turn = live.say("go");
    const { question, questionId } = await live.next("question.asked");
    expect(question).toEqual({
      type: "command",
      callId: "call_1",
      argv: ["/bin/bash", "-lc", 'echo out > "$HOME/../outside"'],
      cwd: live.stage.workspace,
      reason: "it has to be outside",
      prefixRule: null,
      effects: { reads: [], writes: [target()], hosts: [], signals: [], programs: ["echo"], unknown: [] },
    });
    expect(existsSync(target())).toBe(false);
    await live.client.call("question/answer", {
      threadId: live.info.threadId,
      questionId,
      answer: { type: "allow", scope: "once" },
    });
    expect(await turn).toMatchObject({ type: "turn.completed" });
    expect(readFileSync(target(), "utf8")).toBe("out\n");
    expect(live.events.find(({ type }) => type === "question.closed")).toMatchObject({ answer: { type: "allow" } });
  });

  test("is told to the model as refused when the user says no, and the turn goes on", async () => {
    await open(asking('echo out > "$HOME/../outside"'));
    const turn = live.say("go");
    await answer({ type: "deny" });
    expect(await turn).toMatchObject({ type: "turn.completed" });
    expect(existsSync(target())).toBe(false);
    expect(outputs()).toEqual(['exec_command failed: CreateProcess { message: "Rejected(\\"rejected by user\\")" }']);
  });

  test("ends the turn when the user stops it, and leaves a thread that goes on", async () => {
    await open(asking('echo out > "$HOME/../outside"'));
    const turn = live.say("go");
    await answer({ type: "cancel" });
    expect(await turn).toMatchObject({ type: "turn.interrupted" });
    expect(existsSync(target())).toBe(false);
    expect(await live.say("and now?")).toMatchObject({ type: "turn.completed" });
    expect(outputs()).toHaveLength(1);
  });

  test("is asked for once in a thread when it was allowed for the session, and another one again", async () => {
    const cmd = 'echo out >> "$HOME/../outside"';
    await open(reply(escaping("1", cmd)), reply(escaping("2", cmd)), reply(escaping("3", `${cmd} && true`)));
    const turn = live.say("go");
    await answer({ type: "allow", scope: "session" });
    const second = await live.next("question.asked");
    expect(second.question).toMatchObject({ callId: "call_3" });
    expect(readFileSync(target(), "utf8")).toBe("out\nout\n");
    await live.client.call("turn/interrupt", { threadId: live.info.threadId });
    expect(await turn).toMatchObject({ type: "turn.interrupted" });
    const closed = live.events.filter(({ type }) => type === "question.closed");
    expect(closed.at(-1)).toMatchObject({ questionId: second.questionId, answer: null });
  });
});

describe("a patch outside of the writable folders", () => {
  const patch = (path: string): string => `*** Begin Patch\n*** Add File: ${path}\n+hello\n*** End Patch\n`;

  test("asks with its changes, and is applied once it is allowed", async () => {
    await open(reply(customCall("p", "apply_patch", patch("../outside"))));
    const turn = live.say("go");
    const { question, questionId } = await live.next("question.asked");
    expect(question).toMatchObject({ type: "patch", changes: [{ path: target(), kind: "add" }] });
    expect(existsSync(target())).toBe(false);
    const { threadId } = live.info;
    await live.client.call("question/answer", { threadId, questionId, answer: { type: "allow", scope: "once" } });
    expect(await turn).toMatchObject({ type: "turn.completed" });
    expect(readFileSync(target(), "utf8")).toBe("hello\n");
  });

  test("into our own homes is refused without a question", async () => {
    await open(reply(customCall("p", "apply_patch", patch("../codex-home/rules/default.rules"))));
    expect(await live.say("go")).toMatchObject({ type: "turn.completed" });
    expect(live.events.filter(({ type }) => type === "question.asked")).toEqual([]);
    expect(outputs()[0]).toContain("writing outside of the project");
  });
});

describe("answers", () => {
  test("that fit no open question are refused by name", async () => {
    await open(asking("true"));
    const turn = live.say("go");
    const { questionId } = await live.next("question.asked");
    const give = (id: string, given: Answer): Promise<unknown> =>
      live.client.call("question/answer", { threadId: live.info.threadId, questionId: id, answer: given });
    await expect(give("nothing", { type: "deny" })).rejects.toMatchObject({ code: "question_not_found" });
    await expect(give(questionId, { type: "choices", answers: {} })).rejects.toMatchObject({ code: "usage" });
    await give(questionId, { type: "deny" });
    await expect(give(questionId, { type: "deny" })).rejects.toMatchObject({ code: "question_not_found" });
    expect(await turn).toMatchObject({ type: "turn.completed" });
  });
});
