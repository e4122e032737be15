import * as fs from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import type { Answer, Question } from "../../../src/protocol/questions.ts";
import { call, message, respond, type ModelItem } from "../../support/fake-model.ts";
import { startLiveThread, type LiveThread } from "../../support/live-thread.ts";

let live: LiveThread;
afterEach(() => live.close());

type Patch = Extract<Question, { type: "patch" }>;
const command = (cmd: string, extra: object = {}): ModelItem => call("1", "exec_command", { cmd, ...extra });

/** What it does cannot be told from its text. */
const unknown = (script: string): string => `node -e ${JSON.stringify(script)}`;

async function open(item: ModelItem, config = ""): Promise<void> {
  live = await startLiveThread([respond([item]), respond([message("msg_end", "done")])], {
    stage: { config: `model = "gpt-5.5"\n[codex_agent]\nmode = "ask"\ntrial = "unknown"\n${config}` },
  });
}

const at = (...names: string[]): string => join(live.stage.workspace, ...names);
const output = (): string => {
  const { input } = live.model.requests.at(-1)!.body as { input: { type: string; output?: string }[] };
  return input.findLast(({ type }) => type === "function_call_output")!.output ?? "";
};
const notes = (): Record<string, unknown>[] =>
  fs
    .readFileSync(live.info.path!, "utf8")
    .split("\n")
    .filter((line) => line.includes('"type":"codex_agent"'))
    .map((line) => (JSON.parse(line) as { payload: Record<string, unknown> }).payload)
    .filter(({ type }) => type === "trial");

async function asked(): Promise<{ question: Patch; answer: (answer: Answer) => Promise<unknown> }> {
  const { questionId, question } = await live.next("question.asked");
  expect(question.type).toBe("patch");
  return {
    question: question as Patch,
    answer: (answer) => live.client.call("question/answer", { threadId: live.info.threadId, questionId, answer }),
  };
}

const script = `
  const fs = require("fs");
  fs.writeFileSync("made.txt", "made\\n"); fs.appendFileSync("kept.txt", "more\\n"); fs.rmSync("gone.txt");
  fs.mkdirSync("deep/er", { recursive: true }); fs.writeFileSync("deep/er/file", "x"); fs.symlinkSync("made.txt", "link");
  console.log("said");`.replaceAll("\n", " ");

function prepare(): void {
  fs.writeFileSync(at("kept.txt"), "kept\n");
  fs.writeFileSync(at("gone.txt"), "gone\n");
}

test("a command that nobody can judge runs first, and what it did is asked about", async () => {
  await open(command(unknown(script)));
  prepare();
  const turn = live.say("go");
  const { question, answer } = await asked();
  expect(fs.readdirSync(live.stage.workspace).filter((name) => !name.startsWith("."))).toEqual([
    "gone.txt",
    "kept.txt",
  ]);
  expect(question.changes).toEqual([
    { path: at("deep/er/file"), kind: "add", diff: "x" },
    { path: at("gone.txt"), kind: "delete", diff: "gone\n" },
    { path: at("kept.txt"), kind: "update", diff: "@@ -1 +1,2 @@\n kept\n+more\n" },
    { path: at("link"), kind: "add", diff: "a link to made.txt\n" },
    { path: at("made.txt"), kind: "add", diff: "made\n" },
  ]);
  expect(question.trial).toMatchObject({ exitCode: 0, hosts: [], conflicts: [], refusal: null });
  expect(question.reason).toContain("ran as a trial and ended with code 0; nothing is changed yet");
  await answer({ type: "allow", scope: "once" });
  await turn;
  expect(fs.readFileSync(at("kept.txt"), "utf8")).toBe("kept\nmore\n");
  expect(fs.readFileSync(at("deep/er/file"), "utf8")).toBe("x");
  expect(fs.readlinkSync(at("link"))).toBe("made.txt");
  expect(fs.existsSync(at("gone.txt"))).toBe(false);
  expect(output()).toMatch(/exited with code 0[^]*said\n$/);
  expect(notes()).toMatchObject([{ outcome: "kept", file_count: 5 }]);
});

test("dropped, it has changed nothing, and the model is told", async () => {
  await open(command(unknown(script)));
  prepare();
  const turn = live.say("go");
  const { answer } = await asked();
  await answer({ type: "deny", message: "not like this" });
  await turn;
  expect(fs.readdirSync(live.stage.workspace).filter((name) => !name.startsWith("."))).toEqual([
    "gone.txt",
    "kept.txt",
  ]);
  expect(output()).toMatch(/said[^]*ran as a trial, and nothing that it changed was kept: not like this\.$/);
  expect(notes()).toMatchObject([{ outcome: "dropped", reason: "not like this" }]);
});

test("stopped instead of answered, the turn ends and nothing has changed", async () => {
  await open(command(unknown(script)));
  prepare();
  const turn = live.say("go");
  const { answer } = await asked();
  await answer({ type: "cancel" });
  expect((await turn).type).toBe("turn.interrupted");
  expect(fs.existsSync(at("made.txt"))).toBe(false);
});

test("what changes nothing is not asked about", async () => {
  await open(command(unknown("console.log(1 + 1)")));
  await live.say("go");
  expect(live.events.some(({ type }) => type === "question.asked")).toBe(false);
  expect(output()).toMatch(/2\n$/);
  expect(notes()).toMatchObject([{ outcome: "unchanged" }]);
});

test("a rule for the paths that were changed decides in the user's place", async () => {
  const rules = '[[codex_agent.rules]]\npath = "made/**"\naccess = "write"\ndecision = "allow"\n';
  await open(command(unknown(`fs.mkdirSync("made"); fs.writeFileSync("made/file", "x")`)), rules);
  await live.say("go");
  expect(live.events.some(({ type }) => type === "question.asked")).toBe(false);
  expect(fs.readFileSync(at("made/file"), "utf8")).toBe("x");
  expect(notes()).toMatchObject([{ outcome: "kept", rule: "config:codex_agent.rules[0]" }]);
});

test("a rule that forbids a path that was changed drops all of it", async () => {
  const rules = '[[codex_agent.rules]]\npath = "secret/**"\ndecision = "deny"\nreason = "hands off"\n';
  await open(
    command(unknown(`fs.mkdirSync("secret"); fs.writeFileSync("secret/x", "x"); fs.writeFileSync("y", "y")`)),
    rules,
  );
  await live.say("go");
  expect(fs.existsSync(at("y"))).toBe(false);
  expect(output()).toContain("hands off");
});

test("protected files are named in the question", async () => {
  await open(command(unknown(`fs.writeFileSync(".en" + "v", "KEY=1")`)));
  const turn = live.say("go");
  const { question, answer } = await asked();
  expect(question.rule).toBe("protected:.env");
  await answer({ type: "deny" });
  await turn;
  expect(fs.existsSync(at(".env"))).toBe(false);
});

test("what somebody else changed meanwhile is shown, and never overwritten unasked", async () => {
  await open(command(unknown(`fs.writeFileSync("kept.txt", "by the command")`)));
  prepare();
  const turn = live.say("go");
  const { answer } = await asked();
  fs.writeFileSync(at("kept.txt"), "by the user");
  await answer({ type: "allow", scope: "once" });
  await turn;
  expect(fs.readFileSync(at("kept.txt"), "utf8")).toBe("by the user");
  expect(output()).toMatch(/nothing that it changed was kept: .*kept\.txt: it was changed meanwhile/);
});

test("a command whose effects are known is asked about before it runs, as ever", async () => {
  await open(command("touch plain"));
  const turn = live.say("go");
  const { question, questionId } = await live.next("question.asked");
  expect(question.type).toBe("command");
  await live.client.call("question/answer", { threadId: live.info.threadId, questionId, answer: { type: "deny" } });
  await turn;
  expect(notes()).toEqual([]);
});
