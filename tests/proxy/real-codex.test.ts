import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { ChatRequest } from "../../src/protocol/chat/chat-completions.ts";
import { chatCalls, chatText } from "../support/fake-chat.ts";
import { answer, textBlock, thinkingBlock, toolUse } from "../support/fake-messages.ts";
import { httpError, type RecordedRequest, type Script } from "../support/fake-model.ts";
import { makeStage, oracle, ours, run, type Binary, type Outcome } from "../support/run.ts";
import type { Backend } from "../../src/proxy/options.ts";
import { bridgeTo } from "./on-stage.ts";

const patch =
  "*** Begin Patch\n*** Update File: notes.txt\n@@\n-one\n+two\n*** Add File: more.txt\n+three\n*** End Patch";
const read = { cmd: "cat notes.txt" };
const binaries: Record<string, () => Binary> = { codex: oracle, "codex-agent": ours };

const scripts: Record<Backend, Script> = {
  chat: [
    chatCalls({ id: "call_read", name: "exec_command", args: read }),
    chatCalls({ id: "call_patch", name: "apply_patch", args: { input: patch } }),
    chatText("It is two now."),
  ],
  messages: [
    answer([thinkingBlock("I have to look first."), toolUse("read", "exec_command", read)]),
    answer([textBlock("Now I change it."), toolUse("patch", "apply_patch", { input: patch })]),
    answer([textBlock("It is two now.")]),
  ],
};

async function task(
  binary: Binary,
  backend: Backend,
): Promise<{ outcome: Outcome; files: string[]; requests: RecordedRequest[] }> {
  const { bridge, model } = await bridgeTo(scripts[backend], { upstream: { backend }, token: "sk-fake" });
  const stage = await makeStage({
    baseUrl: bridge.url,
    config: `model = "gpt-5.5"`,
    git: true,
    files: { "notes.txt": "one\n" },
  });
  onTestFinished(() => stage.dispose());
  const outcome = await run(binary, stage, ["exec", "--json", "-s", "workspace-write", "Change one to two"]);
  const files = await Promise.all(
    ["notes.txt", "more.txt"].map((name) => readFile(join(stage.workspace, name), "utf8").catch(() => "(missing)")),
  );
  return { outcome, files, requests: model.requests };
}

const cases = Object.keys(binaries).flatMap((name) =>
  (["chat", "messages"] as const).map((backend) => ({ name, backend })),
);

test.each(cases)(
  "$name runs a task with a command and a patch on a model behind $backend",
  async ({ name, backend }) => {
    const { outcome, files, requests } = await task(binaries[name]!(), backend);
    expect(outcome.stderr).not.toMatch(/error/i);
    expect(outcome.code).toBe(0);
    expect(files).toEqual(["two\n", "three\n"]);
    const items = outcome.events.flatMap(({ type, item }) =>
      type === "item.completed" ? [item as Record<string, unknown>] : [],
    );
    expect(items.find(({ type }) => type === "command_execution")).toMatchObject({
      exit_code: 0,
      aggregated_output: "one\n",
    });
    expect(items.find(({ type }) => type === "file_change")).toMatchObject({ status: "completed" });
    expect(items.at(-1)).toMatchObject({ type: "agent_message", text: "It is two now." });
    expect(outcome.events.at(-1)).toMatchObject({
      type: "turn.completed",
      usage: { input_tokens: 300, output_tokens: 30 },
    });
    expect(requests).toHaveLength(3);
    expect(outputs[backend](requests[2]!)).toEqual([
      expect.stringContaining("one"),
      expect.stringMatching(/Success|Updated/),
    ]);
  },
);

/** What the model was told of its calls. */
const outputs: Record<Backend, (request: RecordedRequest) => unknown[]> = {
  chat: ({ body }) =>
    (body as ChatRequest).messages.flatMap((message) => (message.role === "tool" ? [message.content] : [])),
  messages: ({ body }) =>
    (body as { messages: { content: { type: string; content?: unknown }[] }[] }).messages
      .flatMap(({ content }) => (Array.isArray(content) ? content : []))
      .flatMap(({ type, content }) => (type === "tool_result" ? [JSON.stringify(content)] : [])),
};

test("the real one says what the model's server refused", async () => {
  const { bridge, model } = await bridgeTo([httpError(400, { error: { message: "this model has no such tools" } })]);
  const stage = await makeStage({ baseUrl: bridge.url, config: `model = "gpt-5.5"`, git: true });
  onTestFinished(() => stage.dispose());
  const outcome = await run(oracle(), stage, ["exec", "--json", "hi"]);
  expect(outcome.code).toBe(1);
  expect(outcome.stdout).toContain("this model has no such tools");
  expect(model.requests).toHaveLength(1);
});
