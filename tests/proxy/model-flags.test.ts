import { expect, onTestFinished, test } from "vitest";
import type { ChatRequest } from "../../src/protocol/chat/chat-completions.ts";
import { chatCalls, chatText } from "../support/fake-chat.ts";
import { answer, textBlock } from "../support/fake-messages.ts";
import { startFakeModel, type Script } from "../support/fake-model.ts";
import { makeStage, ours, run, type Outcome } from "../support/run.ts";

async function exec(
  script: Script,
  flags: (url: string) => string[],
  isConfigured: boolean,
): Promise<{ outcome: Outcome; urls: string[]; bodies: unknown[]; keys: unknown[] }> {
  const model = await startFakeModel(script);
  onTestFinished(() => model.close());
  const stage = await makeStage({ git: true, ...(isConfigured && { baseUrl: model.baseUrl }) });
  onTestFinished(() => stage.dispose());
  const outcome = await run(ours(), stage, [
    "exec",
    "--json",
    "-m",
    "some-model",
    ...flags(new URL(model.baseUrl).origin),
    "hi",
  ]);
  const { requests } = model;
  return {
    outcome,
    urls: requests.map(({ url }) => url),
    bodies: requests.map(({ body }) => body),
    keys: requests.map(({ headers }) => headers["authorization"] ?? headers["x-api-key"]),
  };
}

test("--vllm-endpoint asks the server there without a key, tool calls and all", async () => {
  const script = [chatCalls({ id: "c1", name: "exec_command", args: { cmd: "echo found" } }), chatText("Done")];
  const { outcome, urls, bodies, keys } = await exec(script, (url) => ["--vllm-endpoint", url], false);
  expect(outcome).toMatchObject({ code: 0 });
  expect(urls).toEqual(["/v1/chat/completions", "/v1/chat/completions"]);
  expect(keys).toEqual([undefined, undefined]);
  expect(JSON.stringify((bodies[1] as ChatRequest).messages.at(-1))).toContain("found");
});

test.each([
  ["--use-chat-completion", chatText("Hi"), "/v1/chat/completions", "Bearer sk-fake"],
  ["--use-messages", answer([textBlock("Hi")]), "/v1/messages", "sk-fake"],
])("%s asks the configured provider in that API, with its key", async (flag, reply, url, key) => {
  const { outcome, urls, keys } = await exec([reply], () => [flag], true);
  expect(outcome).toMatchObject({ code: 0, stdout: expect.stringContaining('"text":"Hi"') });
  expect(urls).toEqual([url]);
  expect(keys).toEqual([key]);
});

test.each(["--vllm-endpoint=http://127.0.0.1:1", "--use-chat-completion"])(
  "--use-messages and %s do not go together",
  async (other) => {
    const { outcome, urls } = await exec([], () => ["--use-messages", other], true);
    expect(outcome.code).toBe(2);
    expect(outcome.stderr).toContain("--use-messages");
    expect(outcome.stderr).toContain(other.split("=")[0]);
    expect(urls).toEqual([]);
  },
);
