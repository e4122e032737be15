import { appendFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import type { ThreadOptions } from "../../../src/protocol/methods.ts";
import { call, customCall, message, respond } from "../../support/fake-model.ts";
import type { LiveThread } from "../../support/live-thread.ts";
import { end, group, hookedThread, outputs, print, run, runs, shell, textOf, told, type Hooks } from "./kit.ts";
import { until } from "../../support/until.ts";

let live: LiveThread | null = null;
afterEach(async () => {
  await live?.close();
  live = null;
});

async function start(...given: Parameters<typeof hookedThread>): Promise<LiveThread> {
  return (live = await hookedThread(...given));
}

const asking: { thread: ThreadOptions } = {
  thread: { sandbox: "workspace-write", overrides: ['approval_policy="on-request"'] },
};
const permission = (behavior: "allow" | "deny", message?: string): string =>
  print({
    hookSpecificOutput: {
      hookEventName: "PermissionRequest",
      decision: { behavior, ...(message !== undefined && { message }) },
    },
  });
const outside = run(1, "echo out", { sandbox_permissions: "require_escalated", justification: "why" });

describe("where a person would be asked", () => {
  test("a hook can allow it", async () => {
    const hooks: Hooks = { PermissionRequest: group(shell(`cat > told; ${permission("allow")}`)) };
    const thread = await start(hooks, [outside, end], asking);
    await thread.say("go");
    expect(outputs(thread)[0]).toContain("out\n");
    expect(thread.events.some(({ type }) => type === "question.asked")).toBe(false);
    expect(JSON.parse(textOf(join(thread.stage.workspace, "told")))).toMatchObject({
      hook_event_name: "PermissionRequest",
      permission_mode: "default",
      tool_name: "Bash",
      tool_input: { command: "echo out", description: "why" },
    });
    expect(runs(thread)[0]?.id).toBe(`permission-request:0:${join(thread.stage.codexHome, "hooks.json")}:call_1`);
  });

  test("a hook can refuse it, whatever another one says", async () => {
    const hooks: Hooks = { PermissionRequest: group(shell(permission("allow")), shell(permission("deny", "NO"))) };
    const thread = await start(hooks, [outside, end], asking);
    await thread.say("go");
    expect(outputs(thread)).toEqual(['exec_command failed: CreateProcess { message: "Rejected(\\"NO\\")" }']);
  });

  test("a patch that a hook refuses brings the hook's words", async () => {
    const hooks: Hooks = { PermissionRequest: group(shell(permission("deny", "NO PATCH"))) };
    const patch = "*** Begin Patch\n*** Add File: /outside/a.txt\n+x\n*** End Patch";
    const thread = await start(hooks, [respond([customCall("1", "apply_patch", patch)]), end], asking);
    await thread.say("go");
    const { body } = thread.model.requests.at(-1) as { body: { input: { type: string; output?: string }[] } };
    expect(body.input.at(-1)).toMatchObject({ type: "custom_tool_call_output", output: "NO PATCH" });
  });

  test("hooks that leave it to the person do so", async () => {
    const hooks: Hooks = { PermissionRequest: group(shell("exit 1"), shell("echo '{}'")) };
    const thread = await start(hooks, [outside, end], asking);
    const said = thread.say("go");
    const { questionId } = await thread.next("question.asked");
    const answer = { type: "allow", scope: "once" } as const;
    await thread.client.call("question/answer", { threadId: thread.info.threadId, questionId, answer });
    await said;
    expect(outputs(thread)[0]).toContain("out\n");
  });
});

describe("a guarding hook that fails", () => {
  const failing: Hooks = { PreToolUse: group(shell("exit 7")) };
  const blocking = { stage: { config: '[codex_agent.hooks]\non_failure = "block"' } };

  test("lets the call through, as with Codex", async () => {
    const thread = await start(failing, [run(1, "echo hi"), end]);
    await thread.say("go");
    expect(outputs(thread)[0]).toContain("hi\n");
  });

  test("blocks where that is configured", async () => {
    const thread = await start(failing, [run(1, "echo hi"), end], blocking);
    await thread.say("go");
    expect(outputs(thread)[0]).toMatch(/^Command blocked by PreToolUse hook: .*exited with code 7.*Command: echo hi$/);
    expect(runs(thread)[0]).toMatchObject({ status: "blocked", entries: [{ kind: "error" }, { kind: "feedback" }] });
  });

  test("blocks a prompt and a permission there, too", async () => {
    const prompt = await start({ UserPromptSubmit: group(shell("sleep 9", { timeout: 1 })) }, [end], blocking);
    await prompt.say("go");
    expect(prompt.model.requests).toHaveLength(0);
    await prompt.close();
    const thread = await start({ PermissionRequest: group(shell("exit 3")) }, [outside, end], {
      ...blocking,
      ...asking,
    });
    await thread.say("go");
    expect(outputs(thread)[0]).toContain("exited with code 3");
  });

  test("a word that is not known there is an error", async () => {
    const stage = { config: '[codex_agent.hooks]\non_failure = "explode"' };
    await expect(hookedThread(failing, [end], { stage })).rejects.toThrow(
      /on_failure` must be one of "continue", "block", found the string "explode"/,
    );
  });
});

test("a prompt that a hook refuses reaches neither the model nor the journal, and the user is told why", async () => {
  const hooks: Hooks = {
    UserPromptSubmit: group(shell(`IN=$(cat); case "$IN" in *secret*) echo 'no secrets' >&2; exit 2;; esac`)),
  };
  const thread = await start(hooks, [end]);
  const refused = await thread.say("the secret word");
  expect(refused).toMatchObject({ type: "turn.completed", lastMessage: null });
  expect(thread.events).toContainEqual({
    type: "warning",
    threadId: thread.info.threadId,
    message: "A UserPromptSubmit hook stopped this prompt: the model was not asked: no secrets",
  });
  expect(textOf(thread.info.path ?? "")).not.toContain("the secret word");
  await thread.say("fine");
  expect(told(thread)).toContain("fine");
  expect(told(thread)).not.toContain("the secret word");
});

test("words for a turn that runs are shown to hooks as well; those that they refuse are dropped", async () => {
  const hooks: Hooks = {
    UserPromptSubmit: group(shell(`IN=$(cat); case "$IN" in *bad*) echo no >&2; exit 2;; *more*) echo NOTED;; esac`)),
  };
  const thread = await start(hooks, [run(1, "sleep 1"), end]);
  const said = thread.say("go");
  await until(() =>
    thread.events.some((event) => event.type === "item.started" && event.item.type === "commandExecution"),
  );
  const { threadId } = thread.info;
  await thread.client.call("turn/steer", { threadId, input: [{ type: "text", text: "bad words" }] });
  await thread.client.call("turn/steer", { threadId, input: [{ type: "text", text: "more words" }] });
  await said;
  const texts = told(thread);
  expect(texts.slice(-2)).toEqual(["more words", "NOTED"]);
  expect(texts).not.toContain("bad words");
});

test("hooks that are not trusted do not run, and one warning says so", async () => {
  const hooks: Hooks = { SessionStart: group(shell("touch ran")), Stop: group(shell("touch ran")) };
  const thread = await start(hooks, [end, end], { thread: { bypassHookTrust: false } });
  const [warning, ...others] = thread.info.warnings;
  expect(others).toEqual([]);
  expect(warning).toMatch(/^2 hooks do not run, for nobody has trusted them/);
  expect(warning).toContain(`${join(thread.stage.codexHome, "hooks.json")}:session_start:0:0`);
  await thread.say("go");
  expect(textOf(join(thread.stage.workspace, "ran"))).toBe("");
  expect(thread.events.some(({ type }) => type === "warning")).toBe(false);
});

test("trust counts for what was listed, and no longer once that has changed", async () => {
  const hooks: Hooks = { SessionStart: group(shell("echo CONTEXT")) };
  const thread = await start(hooks, [end, end], { thread: { bypassHookTrust: false } });
  const { client, stage } = thread;
  const cwd = stage.workspace;
  const [hook] = (await client.call("hook/list", { cwd })).hooks;
  expect(hook).toMatchObject({ trustStatus: "untrusted", enabled: true, isManaged: false, timeoutSec: 600 });
  const { key, currentHash: hash } = hook!;
  await expect(client.call("hook/trust", { cwd, key, hash: "sha256:0" })).rejects.toThrow(/has changed/);
  await expect(client.call("hook/trust", { cwd, key: "other", hash })).rejects.toThrow(/no hook has the key/);
  await client.call("hook/trust", { cwd, key, hash });
  expect((await client.call("hook/list", { cwd })).hooks[0]?.trustStatus).toBe("trusted");
  const next = await client.call("thread/start", { cwd, sandbox: "danger-full-access" });
  expect(next.warnings).toEqual([]);
  await appendFile(join(stage.codexHome, "hooks.json"), " ");
  expect((await client.call("hook/list", { cwd })).hooks[0]?.trustStatus).toBe("trusted");
});

test("a hook that keeps a turn going is an item of it", async () => {
  const hooks: Hooks = {
    Stop: group(shell(`IN=$(cat); case "$IN" in *'"stop_hook_active":false'*) echo MORE >&2; exit 2;; esac`)),
  };
  const thread = await start(hooks, [respond([message("msg_1", "first")]), end]);
  await thread.say("go");
  const item = thread.events
    .flatMap((event) => (event.type === "item.completed" ? [event.item] : []))
    .find(({ type }) => type === "hookPrompt");
  const hookRunId = `stop:0:${join(thread.stage.codexHome, "hooks.json")}`;
  expect(item).toMatchObject({ fragments: [{ text: "MORE", hookRunId }] });
  expect(told(thread)).toContain(`<hook_prompt hook_run_id="${hookRunId}">MORE</hook_prompt>`);
  const { turns } = await thread.client.call("thread/read", { threadId: thread.info.threadId });
  expect(turns[0]?.items.map(({ type }) => type)).toContain("hookPrompt");
});

test("calls of one response each have their contexts before the outputs, live and when the thread is read again", async () => {
  const pre = print({ hookSpecificOutput: { hookEventName: "PreToolUse", additionalContext: "PRE" } });
  const post = print({ hookSpecificOutput: { hookEventName: "PostToolUse", additionalContext: "POST" } });
  const two = respond([call("1", "exec_command", { cmd: "echo one" }), call("2", "exec_command", { cmd: "echo two" })]);
  const thread = await start({ PreToolUse: group(shell(pre)), PostToolUse: group(shell(post)) }, [two, end, end]);
  await thread.say("go");
  const inputOf = (at: number): { type: string }[] =>
    (thread.model.requests.at(at) as { body: { input: { type: string }[] } }).body.input;
  const before = inputOf(-1);
  const { threadId } = thread.info;
  await thread.client.call("thread/close", { threadId });
  await thread.client.call("thread/resume", { threadId, sandbox: "danger-full-access", cwd: thread.stage.workspace });
  await thread.client.call("turn/start", { threadId, input: [{ type: "text", text: "again" }] });
  await thread.model.seen(3);
  expect(inputOf(-1).slice(0, before.length)).toEqual(before);
  const kinds = before.slice(-8).map(({ type }) => type);
  expect(kinds.slice(-2)).toEqual(["function_call_output", "function_call_output"]);
  expect(kinds.slice(0, 2)).toEqual(["function_call", "function_call"]);
});
