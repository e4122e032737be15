import { spawn, type ChildProcess } from "node:child_process";
import { appendFileSync, existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import {
  added,
  call,
  created,
  message,
  respond,
  startFakeModel,
  textDelta,
  type FakeModel,
  type RecordedRequest,
  type Reply,
} from "../../support/fake-model.ts";
import { makeStage, oracle, ours, type Stage } from "../../support/run.ts";
import { startTmux, type TmuxTerminal } from "./tmux.ts";

const dialog = "Would you like to run the following command?";
const prompt = "Ask Codex to do anything";

/** What it says depends on what was said last: the TUI has threads of its own, which ask for titles. */
function answerTo({ body }: RecordedRequest): Reply {
  const { text, input } = body as { text?: { format?: unknown }; input: unknown[] };
  if (text?.format !== undefined) return respond([message("title", JSON.stringify({ title: "Make a note" }))]);
  const last = JSON.stringify(input.at(-1));
  if (last.includes("function_call_output")) return respond([message("m2", "The note is there.")]);
  if (last.includes("make a note")) {
    const words = { sandbox_permissions: "require_escalated", justification: "Write the note outside?" };
    return respond([call("1", "exec_command", { cmd: "echo hi > ../note", ...words })]);
  }
  if (last.includes("go on for ever")) {
    return { parts: [created(), added(message("m3", "")), textDelta("m3", "This takes a while\n\n"), { hang: true }] };
  }
  return respond([message("m1", `Hello, this is answer ${input.length}.`)]);
}

let model: FakeModel;
let stage: Stage;
let server: ChildProcess;
let url = "";
const terminals: TmuxTerminal[] = [];

beforeAll(async () => {
  model = await startFakeModel(answerTo);
  const config = `model = "gpt-5.5"\ncheck_for_update_on_startup = false\ndisable_paste_burst = true`;
  stage = await makeStage({ baseUrl: model.baseUrl, config });
  const tables = `[projects."${stage.workspace}"]\ntrust_level = "trusted"\n[tui]\nanimations = false\n`;
  appendFileSync(join(stage.codexHome, "config.toml"), tables);
  server = spawn(ours().path, ["app-server", "--listen", "ws://127.0.0.1:0"], {
    cwd: stage.workspace,
    env: stage.env,
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  server.stderr!.on("data", (chunk: Buffer) => (said += chunk.toString()));
  url = await new Promise((resolve, reject) => {
    server.stderr!.on("data", () => {
      const found = /listening on: (\S+)/.exec(said);
      if (found !== null) resolve(found[1]!);
    });
    server.once("exit", (code) => reject(new Error(`the server ended with ${code}: ${said}`)));
  });
});
afterEach(async () => {
  for (const terminal of terminals.splice(0)) await terminal.close();
});
afterAll(async () => {
  server.kill("SIGKILL");
  await model.close();
  await stage.dispose();
});

async function tui(...args: string[]): Promise<TmuxTerminal> {
  const terminal = await startTmux(stage, [oracle().path, ...args]);
  terminals.push(terminal);
  return terminal;
}

const noteIsThere = (): boolean => existsSync(join(stage.root, "note"));

test("the official TUI talks, asks, is interrupted and goes on with a thread, all on our server", async () => {
  const first = await tui("--remote", url);
  await first.see(prompt);
  await first.see("GPT-5.5");

  await first.say("good morning");
  await first.see(/• Hello, this is answer \d/);
  // Of the hidden thread.
  await first.see("· Make a note");

  await first.say("make a note");
  await first.see(dialog);
  await first.see("Write the note outside?");
  expect(noteIsThere()).toBe(false);
  await first.press("Enter");
  await first.see(/You approved codex to run echo hi > \.\.\/note/);
  await first.see("The note is there.");
  expect(noteIsThere()).toBe(true);

  await first.say("go on for ever");
  await first.see("This takes a while");
  await first.press("C-c");
  await first.see("Conversation interrupted");
  await first.say("and once more");
  await first.see(/and once more\s+• Hello, this is answer/);
  await first.say("go on for ever please");
  await first.see(/please\s+• This takes a while/);
  await first.press("Escape");
  await first.see(/Conversation interrupted[^]+Conversation interrupted/);
  expect(await first.screen()).not.toMatch(/error|failed/i);
  expect(await first.leave("C-d")).toBe(0);

  const second = await tui("resume", "--remote", url, "--last");
  await second.see("The note is there.");
  await second.see("and once more");
  await second.say("are you there");
  await second.see(/are you there\s+• Hello, this is answer/);

  // All of the thread was before the model.
  const seen = JSON.stringify(model.requests.at(-1)!.body);
  for (const part of ["good morning", "The note is there.", "go on for ever", "and once more"]) {
    expect(seen).toContain(part);
  }
  expect(await second.leave("C-d")).toBe(0);
});

test("the official TUI steers, runs a command of its user, says how things stand and sums up", async () => {
  const terminal = await tui("--remote", url);
  await terminal.see("GPT-5.5");
  await terminal.say("go on for ever");
  await terminal.see("This takes a while");
  await terminal.say("and mind the gap");
  await terminal.see(/mind the gap\s+• Hello, this is answer/);
  await terminal.say("!echo one-$((1 + 1))");
  // It sums nothing up while the user's command runs.
  await terminal.see(/one-2\s[^]*Worked for/);
  await terminal.say("/status");
  await terminal.see(/Server: +ws:/);
  await terminal.see(/Permissions: +Workspace \(Ask for approval\)/);
  await terminal.see(/Token usage: +70 total/);
  await terminal.say("/compact");
  await terminal.see("Context compacted");
  expect(await terminal.leave("C-d")).toBe(0);
});

test("what one official TUI is asked another may answer", async () => {
  const first = await tui("--remote", url);
  await first.see("GPT-5.5");
  await first.say("hello you two");
  await first.see("Hello, this is answer");
  const second = await tui("resume", "--remote", url, "--last");
  await second.see(/hello you two\s+• Hello, this is answer/);

  rmSync(join(stage.root, "note"), { force: true });
  await first.say("make a note");
  await first.see(dialog);
  await second.see(dialog);
  await second.press("Escape");
  await first.lose(dialog);
  await first.see("Conversation interrupted");
  expect(noteIsThere()).toBe(false);
});
