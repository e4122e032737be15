import { existsSync, readFileSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import type { Answer } from "../../../src/protocol/questions.ts";
import { nodeSystem } from "../../../src/system/node.ts";
import { call, customCall, message, respond, type Reply } from "../../support/fake-model.ts";
import { startLiveThread, type LiveThread } from "../../support/live-thread.ts";
import { ours, run } from "../../support/run.ts";

const threads: LiveThread[] = [];
afterEach(async () => {
  for (const each of threads.splice(0).toReversed()) await each.close();
});

const config = 'model = "gpt-5.5"\napproval_policy = "on-request"\nsandbox_mode = "workspace-write"';
const end = respond([message("msg_end", "done")]);
let ids = 0;
/** A turn in which a command asks to run without the walls. */
const asking = (cmd: string): Reply[] => [
  respond([
    call(String(++ids), "exec_command", { cmd, sandbox_permissions: "require_escalated", justification: "because" }),
  ]),
  end,
];

/** Homes lie outside of the workspace, and so of what the sandbox lets a command write. */
const outside = 'echo >> "$HOME/made"';

async function open(replies: Reply[], more: Parameters<typeof startLiveThread>[1] = {}): Promise<LiveThread> {
  const thread = await startLiveThread(replies, { stage: { config }, ...more });
  threads.push(thread);
  return thread;
}

const give = (thread: LiveThread, questionId: string, answer: Answer) =>
  thread.client.call("question/answer", { threadId: thread.info.threadId, questionId, answer });

async function answer(thread: LiveThread, given: Answer) {
  const { question, questionId } = await thread.next("question.asked");
  await give(thread, questionId, given);
  return question;
}

const questions = (thread: LiveThread): number => thread.events.filter(({ type }) => type === "question.asked").length;
const made = (thread: LiveThread): number => readFileSync(join(thread.stage.home, "made"), "utf8").length;
const approvals = (thread: LiveThread, ...argv: string[]) => run(ours(), thread.stage, ["approvals", ...argv]);

/** A clock that stands still, and is moved by hand. */
function movedClock() {
  const { clock } = nodeSystem();
  let now = clock.now();
  return {
    clock: { ...clock, now: () => now },
    move: (seconds: number) => void (now += seconds * 1000),
  };
}

describe("a yes", () => {
  test("for the turn holds in that turn, and not in the next one", async () => {
    const [ask] = asking(outside);
    const [again] = asking(outside);
    const thread = await open([ask!, again!, end, ...asking(outside)]);
    const first = thread.say("go");
    await answer(thread, { type: "allow", scope: "turn" });
    await first;
    expect([questions(thread), made(thread)]).toEqual([1, 2]);
    const second = thread.say("again");
    await answer(thread, { type: "deny" });
    await second;
    expect([questions(thread), made(thread)]).toEqual([2, 2]);
  });

  test("for the folder is what the explanation of the command names", async () => {
    const thread = await open([respond([call("c1", "exec_command", { cmd: outside })]), end], {
      thread: { mode: "auto" },
    });
    const explain = async () => {
      const words = ["policy", "explain", "--json", "--mode", "auto", "--cwd", thread.stage.workspace, "--", outside];
      return JSON.parse((await run(ours(), thread.stage, words)).stdout) as { decision: string; rule: string };
    };
    expect((await explain()).decision).toBe("ask");
    const turn = thread.say("go");
    await answer(thread, { type: "allow", scope: "folder" });
    await turn;
    expect(await explain()).toMatchObject({ decision: "allow", rule: expect.stringMatching(/^approval:/) });
  });

  test("for the folder holds in every thread there until somebody takes it back, from another process too", async () => {
    const one = await open([...asking(outside), ...asking(outside)]);
    const first = one.say("go");
    await answer(one, { type: "allow", scope: "folder" });
    await first;
    const other = await open([...asking(outside), ...asking(outside)], { on: one.stage, stage: { config } });
    await other.say("go");
    expect([questions(other), made(one)]).toEqual([0, 2]);

    const listed = await approvals(one, "list", "--json");
    const [held] = (JSON.parse(listed.stdout) as { approvals: { id: string; what: string }[] }).approvals;
    expect(held).toMatchObject({
      kind: "grant",
      scope: "folder",
      folder: one.stage.workspace,
      state: "held",
      effects: { writes: [join(one.stage.home, "made")] },
    });
    expect((await approvals(one, "revoke", held!.id)).stdout).toContain(`revoked ${held!.id}: `);
    expect((await approvals(one, "revoke", held!.id)).stderr).toContain("no approval has the id");
    expect((await approvals(one, "list")).stdout).toBe("Nothing is allowed for longer than one call.\n");
    expect((await approvals(one, "list", "--all")).stdout).toContain("revoked");

    for (const thread of [one, other]) {
      const turn = thread.say("again");
      await answer(thread, { type: "deny" });
      await turn;
    }
    expect(made(one)).toBe(2);
  });

  test("for the session is listed while its thread is open, and taken back from elsewhere at once", async () => {
    const thread = await open([...asking(outside), ...asking(outside), ...asking(outside)]);
    const first = thread.say("go");
    await answer(thread, { type: "allow", scope: "session" });
    await first;
    await thread.say("again");
    expect([questions(thread), made(thread)]).toEqual([1, 2]);
    expect((await approvals(thread, "list")).stdout).toContain(`in thread ${thread.info.threadId}`);
    await approvals(thread, "revoke", "--all");
    const third = thread.say("more");
    await answer(thread, { type: "deny" });
    await third;
    await thread.client.call("thread/close", { threadId: thread.info.threadId });
    expect((await approvals(thread, "list")).stdout).toContain("Nothing is allowed");
  });

  test("for first words is taken back as well: for the session by its id, for good by its line", async () => {
    const touch = (name: string) => `touch "$HOME/../${name}"`;
    const thread = await open([
      ...asking("touch ../a"),
      ...asking("touch ../a b"),
      ...asking("touch ../a c"),
      ...asking(touch("d")),
    ]);
    const first = thread.say("go");
    await answer(thread, { type: "allow", scope: "session", prefix: true });
    await first;
    await thread.say("again");
    expect(questions(thread)).toBe(1);
    await approvals(thread, "revoke", "--all");
    const second = thread.say("more");
    await answer(thread, { type: "allow", scope: "always" });
    await second;
    const file = join(thread.stage.codexHome, "rules/default.rules");
    const own = 'prefix_rule(pattern=["mine"], decision="allow") # by hand\n';
    writeFileSync(file, `${own}${readFileSync(file, "utf8")}`);
    expect((await approvals(thread, "list")).stdout).toContain("rules/default.rules, everywhere");
    await approvals(thread, "revoke", "--all");
    expect(readFileSync(file, "utf8")).toBe(own);
    const { approvals: left } = await thread.client.call("approval/list", {});
    expect(left).toEqual([]);
  });

  test("that expires holds as long as it says, whatever the clock does", async () => {
    const { clock, move } = movedClock();
    const thread = await open(
      [1, 2, 3, 4].flatMap(() => asking(outside)),
      { clock },
    );
    const first = thread.say("go");
    await answer(thread, { type: "allow", scope: "folder", expiresInSeconds: 60 });
    await first;
    move(59);
    await thread.say("again");
    expect(questions(thread)).toBe(1);
    // Before it was given, it holds as little as after it has expired.
    move(-120);
    const third = thread.say("back");
    await answer(thread, { type: "deny" });
    await third;
    move(122);
    const fourth = thread.say("late");
    await answer(thread, { type: "deny" });
    await fourth;
    expect(made(thread)).toBe(2);
    const { approvals: all } = await thread.client.call("approval/list", { all: true });
    expect(all.map(({ state }) => state)).toEqual(["expired"]);
  });

  test("is for what was shown: another script behind the same name asks again", async () => {
    const thread = await open(
      [1, 2, 3].flatMap(() => asking("./tool.sh")),
      {
        stage: { config, files: { "tool.sh": '#!/bin/sh\necho >> "$HOME/made"\n' } },
      },
    );
    const first = thread.say("go");
    const question = await answer(thread, { type: "allow", scope: "session" });
    expect(question).toMatchObject({ files: [join(thread.stage.workspace, "tool.sh")] });
    await first;
    await thread.say("again");
    expect([questions(thread), made(thread)]).toEqual([1, 2]);
    writeFileSync(join(thread.stage.workspace, "tool.sh"), '#!/bin/sh\nrm "$HOME/made"\n');
    const third = thread.say("more");
    await answer(thread, { type: "deny" });
    await third;
    expect(made(thread)).toBe(2);
  });

  test("is for what was shown: a link that leads elsewhere asks again", async () => {
    const thread = await open([1, 2].flatMap(() => asking("echo > ../link")));
    const link = join(thread.stage.root, "link");
    symlinkSync(join(thread.stage.home, "one"), link);
    const first = thread.say("go");
    await answer(thread, { type: "allow", scope: "session" });
    await first;
    unlinkSync(link);
    symlinkSync(join(thread.stage.home, "two"), link);
    const second = thread.say("again");
    await answer(thread, { type: "deny" });
    await second;
    expect([existsSync(join(thread.stage.home, "one")), existsSync(join(thread.stage.home, "two"))]).toEqual([
      true,
      false,
    ]);
  });

  test("to a patch is for those files, and for no other", async () => {
    const patch = (path: string) => `*** Begin Patch\n*** Add File: ${path}\n+x\n*** End Patch\n`;
    const asks = (path: string) => [respond([customCall(String(++ids), "apply_patch", patch(path))]), end];
    const thread = await open([...asks("../home/a"), ...asks("../home/a"), ...asks("../home/b")]);
    const first = thread.say("go");
    await answer(thread, { type: "allow", scope: "folder" });
    await first;
    unlinkSync(join(thread.stage.home, "a"));
    await thread.say("again");
    expect([questions(thread), existsSync(join(thread.stage.home, "a"))]).toEqual([1, true]);
    const third = thread.say("more");
    await answer(thread, { type: "deny" });
    await third;
    expect(existsSync(join(thread.stage.home, "b"))).toBe(false);
  });
});

test("of two answers at once the first counts, and the other is told so", async () => {
  const thread = await open(asking(outside));
  const turn = thread.say("go");
  const { questionId } = await thread.next("question.asked");
  const both = await Promise.allSettled([
    give(thread, questionId, { type: "allow", scope: "once" }),
    give(thread, questionId, { type: "deny" }),
  ]);
  await turn;
  expect(both.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
  expect(both[1]).toMatchObject({ reason: { code: "question_not_found" } });
  expect(made(thread)).toBe(1);
});

test("answers that mean nothing are refused, and the question stays open", async () => {
  const thread = await open(asking(outside));
  const turn = thread.say("go");
  const { questionId } = await thread.next("question.asked");
  const wrong = [
    { type: "allow", scope: "forever" },
    { type: "allow", scope: "once", expiresInSeconds: 5 },
    { type: "allow", scope: "always" },
    { type: "allow", scope: "folder", expiresInSeconds: 0 },
    { type: "allow", scope: "folder", expiresInSeconds: 1e12 },
    { type: "allow", scope: "folder", prefix: true },
  ] as Answer[];
  for (const each of wrong) await expect(give(thread, questionId, each)).rejects.toMatchObject({ code: "usage" });
  await give(thread, questionId, { type: "deny" });
  await turn;
});

test("what was decided is a line of the journal, with what was shown, by whom, and for how long", async () => {
  const thread = await open(asking(outside));
  const turn = thread.say("go");
  await answer(thread, { type: "allow", scope: "session", expiresInSeconds: 60 });
  await turn;
  const lines = readFileSync(thread.info.path!, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { payload: { type?: string } });
  expect(lines.find(({ payload }) => payload.type === "approval_decided")?.payload).toMatchObject({
    asked: { type: "command", effects: { writes: [join(thread.stage.home, "made")] } },
    decision: "allow",
    scope: "session",
    by: { type: "person", door: "tests" },
    grant_id: expect.any(String),
    expires_at_ms: expect.any(Number),
  });
});
