import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { Answer, Question } from "../../../src/protocol/questions.ts";
import { call, message, respond, type Reply } from "../../support/fake-model.ts";
import { startLiveThread, type LiveThread } from "../../support/live-thread.ts";
import { oracle } from "../../support/run.ts";

let live: LiveThread | undefined;
afterEach(async () => live?.close());

const end = respond([message("end", "done")]);

let steps: Reply[] = [];
/** What every question gets, and those that were asked. */
let answer: Answer;
let asked: Question[] = [];

async function start(homeFiles: Record<string, string> = {}): Promise<LiveThread> {
  const thread = await startLiveThread(() => steps.shift() ?? end, {
    stage: { homeFiles },
    thread: { sandbox: "workspace-write" },
  });
  const { threadId } = thread.info;
  thread.client.subscribe(threadId, (event) => {
    if (event.type !== "question.asked") return;
    asked.push(event.question);
    void thread.client.call("question/answer", { threadId, questionId: event.questionId, answer });
  });
  return (live = thread);
}

/** A turn with one command that asks to leave the sandbox; the question, if there was one, and what the model read. */
async function command(
  thread: LiveThread,
  cmd: string,
  given: Answer,
  prefixRule?: string[],
): Promise<{ question: Question | null; output: string }> {
  const args = { cmd, sandbox_permissions: "require_escalated", justification: "why", prefix_rule: prefixRule };
  steps = [respond([call("c", "exec_command", args)]), end];
  answer = given;
  asked = [];
  await thread.say("go");
  expect(asked.length).toBeLessThan(2);
  const { input } = thread.model.requests.at(-1)!.body as { input: { output?: string }[] };
  const output = String(input.findLast((item) => item.output !== undefined)?.output);
  return { question: asked[0] ?? null, output };
}

const once: Answer = { type: "allow", scope: "once" };
const always: Answer = { type: "allow", scope: "always" };
const rulesOf = (thread: LiveThread): string => join(thread.stage.codexHome, "rules", "default.rules");

describe("a command that asks to leave the sandbox", () => {
  it("brings the user what could be allowed for good", async () => {
    const thread = await start();
    const { question } = await command(thread, "touch ../home/a b", once, ["touch"]);
    expect(question).toMatchObject({ type: "command", reason: "why", prefixRule: ["touch"] });
    expect(existsSync(join(thread.stage.home, "a"))).toBe(true);
    const again = await command(thread, "touch ../home/a b", once);
    expect(again.question).toMatchObject({ prefixRule: ["touch", "../home/a", "b"] });
    expect((await command(thread, "touch $HOME/c", once, ["touch"])).question).toMatchObject({ prefixRule: null });
  });

  it("is not asked about again in the thread once its first words are allowed there", async () => {
    const thread = await start();
    await command(thread, "touch ../home/a", { type: "allow", scope: "session", prefix: true }, ["touch"]);
    expect((await command(thread, "touch ../home/b && touch ../home/c", once)).question).toBeNull();
    expect(existsSync(join(thread.stage.home, "c"))).toBe(true);
    expect((await command(thread, "touch ../home/d && rm ../home/a", once)).question).toMatchObject({
      prefixRule: ["rm", "../home/a"],
    });
    expect(existsSync(rulesOf(thread))).toBe(false);
  });

  it("is let through by more words than were proposed, where the user says them, and by no others", async () => {
    const thread = await start();
    await command(thread, "touch ../home/a", { ...always, words: ["touch", "../home/a"] }, ["touch"]);
    expect(readFileSync(rulesOf(thread), "utf8")).toBe(
      'prefix_rule(pattern=["touch", "../home/a"], decision="allow")\n',
    );
    expect((await command(thread, "touch ../home/a", once)).question).toBeNull();
    const session: Answer = { type: "allow", scope: "session", prefix: true, words: ["touch", "../home/b"] };
    expect((await command(thread, "touch ../home/b", session, ["touch"])).question).not.toBeNull();
    expect((await command(thread, "touch ../home/b", once)).question).toBeNull();
    expect((await command(thread, "touch ../home/c", once)).question).not.toBeNull();
  });

  it("is not asked about again as it stands once it is allowed for the session", async () => {
    const thread = await start();
    const session: Answer = { type: "allow", scope: "session" };
    await command(thread, "touch ../home/a", session, ["touch"]);
    expect((await command(thread, "touch ../home/a", once)).question).toBeNull();
    expect((await command(thread, "touch ../home/b", once)).question).not.toBeNull();
  });

  it("allowed for good becomes a rule that the real Codex reads, and that other threads keep to", async () => {
    const thread = await start();
    await command(thread, "touch ../home/a", always, ["touch"]);
    await command(thread, "mkdir '../home/a b\"c'", always);
    const text = readFileSync(rulesOf(thread), "utf8");
    expect(text).toBe(
      'prefix_rule(pattern=["touch"], decision="allow")\nprefix_rule(pattern=["mkdir", "../home/a b\\"c"], decision="allow")\n',
    );
    const check = ["execpolicy", "check", "--rules", rulesOf(thread), "--", "touch", "anything"];
    const said = execFileSync(oracle().path, check, { env: thread.stage.env, encoding: "utf8" });
    expect(JSON.parse(said)).toMatchObject({ decision: "allow" });
    expect((await command(thread, "touch ../home/z", once)).question).toBeNull();

    const { threadId } = thread.info;
    await thread.client.call("thread/close", { threadId });
    await thread.client.call("thread/resume", { threadId, cwd: thread.stage.workspace, sandbox: "workspace-write" });
    expect((await command(thread, "touch ../home/y", once)).question).toBeNull();
  });

  it("is asked about or refused where a rule says so, whatever else is allowed", async () => {
    const rules = [
      'prefix_rule(pattern=["touch"], decision="allow")',
      'prefix_rule(pattern=["touch", "-c"], decision="prompt", justification="look first")',
      'prefix_rule(pattern=["touch", "-d"], decision="forbidden", justification="no dates")',
    ].join("\n");
    const thread = await start({ "rules/default.rules": rules });
    expect((await command(thread, "touch ../home/a", once)).question).toBeNull();
    const asked = await command(thread, "touch -c ../home/a", once, ["touch"]);
    expect(asked.question).toMatchObject({ reason: "why", rule: "rules/default.rules:2", prefixRule: null });
    const refused = await command(thread, "touch -d 2020-01-01 ../home/a && true", once);
    expect(refused.question).toBeNull();
    expect(refused.output).toContain("rejected: no dates");
    await command(thread, "cp ../home/a ../home/b", always, ["cp"]);
    // A last line without its end is not written into.
    expect(readFileSync(rulesOf(thread), "utf8").startsWith(`${rules}\n`)).toBe(true);
  });

  it("runs and holds for the thread where the rule cannot be kept, and the user is told", async () => {
    const thread = await start();
    writeFileSync(join(thread.stage.codexHome, "rules"), "no folder");
    const { output } = await command(thread, "touch ../home/a", always, ["touch"]);
    expect(output).toContain("exited with code 0");
    expect(thread.events).toContainEqual(
      expect.objectContaining({ type: "warning", message: expect.stringContaining("holds in this thread alone") }),
    );
    expect((await command(thread, "touch ../home/b", once)).question).toBeNull();
  });

  it("takes no words that do not begin with those that were proposed", async () => {
    const args = { cmd: "touch ../home/a", sandbox_permissions: "require_escalated", prefix_rule: ["touch"] };
    const thread = (live = await startLiveThread([respond([call("c", "exec_command", args)]), end]));
    const turn = thread.say("go");
    const { questionId } = await thread.next("question.asked");
    const give = (said: Answer) =>
      thread.client.call("question/answer", { threadId: thread.info.threadId, questionId, answer: said });
    await expect(give({ ...always, words: ["ls"] })).rejects.toMatchObject({
      code: "usage",
      message: 'words are a list of strings that begins with the first words of the question: ["touch"]',
    });
    await expect(give({ ...always, words: [] })).rejects.toMatchObject({ code: "usage" });
    await expect(give({ ...once, words: ["touch", "a"] })).rejects.toMatchObject({ code: "usage" });
    await give({ type: "deny" });
    await turn;
  });

  it("takes no answer for good where there are no first words to allow", async () => {
    const thread = (live = await startLiveThread([
      respond([call("c", "exec_command", { cmd: "echo $HOME", sandbox_permissions: "require_escalated" })]),
      end,
    ]));
    const turn = thread.say("go");
    const { questionId } = await thread.next("question.asked");
    const give = (said: Answer) =>
      thread.client.call("question/answer", { threadId: thread.info.threadId, questionId, answer: said });
    await expect(give(always)).rejects.toMatchObject({ code: "usage" });
    await expect(give({ type: "allow", scope: "session", prefix: true })).rejects.toMatchObject({ code: "usage" });
    await give({ type: "deny" });
    await turn;
  });
});

describe("what the model is told of the commands that may leave the sandbox", () => {
  const developerTexts = (thread: LiveThread): string[] => {
    const { input } = thread.model.requests.at(-1)!.body as {
      input: { role?: string; content?: { text: string }[] }[];
    };
    return input
      .filter(({ role }) => role === "developer")
      .flatMap(({ content = [] }) => content.map(({ text }) => text));
  };
  const said = "Approved command prefix saved:\n";

  it("is told of a saved prefix with the next request, once, as Codex tells it", async () => {
    const thread = await start();
    await command(thread, "touch ../home/a", always, ["touch"]);
    const { input } = thread.model.requests.at(-1)!.body as { input: { type: string; content?: { text: string }[] }[] };
    expect(input.slice(-2).map(({ type, content }) => content?.[0]?.text ?? type)).toEqual([
      "function_call_output",
      `${said}- ["touch"]`,
    ]);
    await command(thread, "touch ../home/b", once, ["touch"]);
    expect(developerTexts(thread).filter((text) => text.startsWith(said))).toHaveLength(1);
    const rollout = readFileSync(thread.info.path!, "utf8");
    expect(rollout).toContain('"permissions.approved_command_prefix_saved"');
    expect(rollout).toContain('"state":{"permissions":{"approved_command_prefixes":[["touch"]]}}');
  });

  it("lists at the start what was allowed before", async () => {
    const rules = { "rules/default.rules": 'prefix_rule(pattern=["npm", "test"], decision="allow")\n' };
    const script = (): Reply => end;
    live = await startLiveThread(script, { stage: { homeFiles: rules }, thread: { sandbox: "workspace-write" } });
    await live.say("hi");
    expect(developerTexts(live).join("\n")).toContain('- ["npm", "test"]');
    await live.client.call("thread/settings", { threadId: live.info.threadId, approvalPolicy: "never" });
    await live.say("hi");
    expect(developerTexts(live).at(-1)).toContain("`never`");
    expect(developerTexts(live).at(-1)).not.toContain("npm");
  });
});
