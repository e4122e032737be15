import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { AgentEvent } from "../../../src/protocol/events.ts";
import type { ThreadOptions } from "../../../src/protocol/methods.ts";
import { chatCalls, chatText, messagesOf } from "../../support/fake-chat.ts";
import { localFacts, type LocalModel } from "../../support/fake-local-servers.ts";
import { answer, textBlock } from "../../support/fake-messages.ts";
import type { FakeModelOptions, RecordedRequest, Reply, Script } from "../../support/fake-model.ts";
import { startLiveThread, type LiveThread } from "../../support/live-thread.ts";
import type { StageOptions } from "../../support/run.ts";

let live: LiveThread | undefined;
afterEach(async () => {
  await live?.close();
  live = undefined;
});

interface Place {
  facts?: FakeModelOptions["facts"];
  /** Keys of `codex_agent.providers.fake`, in TOML. */
  says?: readonly string[];
  /** Model null: none is named. */
  thread?: Omit<ThreadOptions, "model"> & { model?: string | null };
  stage?: StageOptions;
}

/** A thread whose provider speaks chat completions, unless it says otherwise. */
async function start(script: Script, { facts, says = [], thread = {}, stage = {} }: Place = {}): Promise<LiveThread> {
  const own = ["wire_api=chat", ...says].map((line) => `codex_agent.providers.fake.${line}`);
  const { model: name = "qwen", ...options } = thread;
  const overrides = [...own, ...(thread.overrides ?? [])];
  live = await startLiveThread(script, {
    stage,
    ...(facts && { facts }),
    thread: { ...(name !== null && { model: name }), sandbox: "danger-full-access", ...options, overrides },
  });
  return live;
}

const bodyOf = (request: RecordedRequest | undefined): Record<string, unknown> =>
  request?.body as Record<string, unknown>;
const toolsOf = (request: RecordedRequest | undefined): string[] =>
  (bodyOf(request)["tools"] as { function: { name: string } }[]).map((tool) => tool.function.name);
const model = (more: Partial<LocalModel> = {}): LocalModel => ({ name: "qwen", window: 40_000, ...more });
const pixel =
  "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGP4z8DwHwAFAAH/iZk9HQAAAABJRU5ErkJggg==";

async function sayWithImage(thread: LiveThread): Promise<void> {
  const ended = thread.next("turn.completed");
  await thread.client.call("turn/start", {
    threadId: thread.info.threadId,
    input: [
      { type: "text", text: "look" },
      { type: "image", url: pixel },
    ],
  });
  await ended;
}

describe("what a model of another API is shown", () => {
  it("gets plain functions, no search of its provider's, and nothing that only Responses models know", async () => {
    const thread = await start([chatText("hello")]);
    await thread.say("hi");
    const [request] = thread.model.requests;
    expect(request?.url).toBe("/v1/chat/completions");
    expect(toolsOf(request).slice(0, 7)).toEqual([
      "exec_command",
      "write_stdin",
      "update_plan",
      "apply_patch",
      "read_file",
      "list_dir",
      "grep_files",
    ]);
    expect(request?.rawBody).not.toMatch(/encrypted|web_search|"type":"custom"/);
    expect(bodyOf(request)).toMatchObject({ model: "qwen", stream: true });
    expect(bodyOf(request)).not.toHaveProperty("reasoning_effort");
  });

  it("is asked for an effort when the user wants one, in the words of its server", async () => {
    const thread = await start([chatText("hello")], {
      says: ["effort=reasoning"],
      thread: { overrides: ["model_reasoning_effort=high"] },
    });
    await thread.say("hi");
    expect(bodyOf(thread.model.requests[0])["reasoning"]).toEqual({ effort: "high" });
  });

  it("gets what its table adds to requests, and not what it takes out of them", async () => {
    const thread = await start([chatText("hello")], {
      says: ["extra_body={top_k=20, chat_template_kwargs={enable_thinking=false}}", 'drop=["stream_options"]'],
    });
    await thread.say("hi");
    const body = bodyOf(thread.model.requests[0]);
    expect(body).toMatchObject({ top_k: 20, chat_template_kwargs: { enable_thinking: false } });
    expect(body).not.toHaveProperty("stream_options");
  });

  it("is told in words of images of the conversation that it cannot see, and has no tool to look at them", async () => {
    const facts = localFacts.ollama([model({ name: "eyes", images: true }), model({ name: "blind" })]);
    const thread = await start([chatText("red"), chatText("red, they said")], { facts, thread: { model: "eyes" } });
    await sayWithImage(thread);
    expect(thread.model.requests[0]?.rawBody).toContain(pixel);
    await thread.client.call("thread/settings", { threadId: thread.info.threadId, model: "blind" });
    await thread.say("and now?");
    const [, request] = thread.model.requests;
    expect(request?.rawBody).not.toContain("iVBOR");
    expect(JSON.stringify(messagesOf(request!))).toMatch(/image/i);
    expect(toolsOf(request)).not.toContain("view_image");
    await expect(sayWithImage(thread)).rejects.toThrow("this model reads no images");
  });

  it.each([
    ["its server says so", [], true],
    ["its table says so, whatever its server says", ["vision=true"], false],
  ])("sees images where %s", async (_why, says, images) => {
    const thread = await start([chatText("red")], { says, facts: localFacts.llamacpp([model({ images })]) });
    await sayWithImage(thread);
    expect(thread.model.requests[0]?.rawBody).toContain(pixel);
    expect(toolsOf(thread.model.requests[0])).toContain("view_image");
  });

  it("calls tools whose names its server would refuse by others, and the call arrives at the tool", async () => {
    const name = "Größe.messen/jetzt";
    let wireName = "";
    const script: Script = [
      (request): Reply => {
        wireName = toolsOf(request).at(-1)!;
        return chatCalls({ id: "c1", name: wireName, args: { of: "x" } });
      },
      chatText("measured"),
    ];
    const tool = {
      name,
      description: "Measures.",
      inputSchema: { type: "object", properties: { of: { type: "string" } } },
    };
    const thread = await start(script, { thread: { tools: [tool] } });
    const ended = thread.say("measure");
    const { questionId, question } = await thread.next("question.asked");
    expect(question).toMatchObject({ type: "toolCall", tool: name, arguments: { of: "x" } });
    expect(wireName).toMatch(/^[a-zA-Z0-9_-]{1,64}$/);
    await thread.client.call("question/answer", {
      threadId: thread.info.threadId,
      questionId,
      answer: { type: "toolResult", ok: true, content: [{ type: "text", text: "42" }] },
    });
    expect((await ended).type).toBe("turn.completed");
    expect(JSON.stringify(messagesOf(thread.model.requests[1]!).at(-1))).toContain("42");
  });
});

describe("what is known of a model", () => {
  it.each([
    ["vllm", 40_000],
    ["llamacpp", 40_000],
    ["lmstudio", 40_000],
    ["ollama", 40_000],
  ] as const)("takes the window from %s", async (kind, window) => {
    const thread = await start([], { facts: localFacts[kind]([model({ window })]) });
    expect(thread.info.contextWindow).toBe(Math.floor(window * 0.95));
    expect(thread.info.warnings.join()).not.toContain("metadata");
  });

  it("says that a window which is configured larger than the model's does not count", async () => {
    const facts = localFacts.vllm([model()]);
    const thread = await start([], { facts, thread: { overrides: ["model_context_window=200000"] } });
    expect(thread.info.contextWindow).toBe(38_000);
    expect(thread.info.warnings.join("\n")).toContain(
      "model_context_window is 200000, but the server of `qwen` reads 40000 tokens at most",
    );
  });

  it("takes a smaller window that is configured", async () => {
    const facts = localFacts.vllm([model()]);
    const thread = await start([], { facts, thread: { overrides: ["model_context_window=20000"] } });
    expect(thread.info.contextWindow).toBe(19_000);
    expect(thread.info.warnings).toEqual([]);
  });

  it("warns of a window that work does not fit into, of a model without tools, and of one that is not loaded", async () => {
    const small = await start([], { facts: localFacts.ollama([model({ window: 4096, tools: false })]) });
    expect(small.info.warnings.join("\n")).toMatch(/reads 4096 tokens, which is little/);
    expect(small.info.warnings.join("\n")).toMatch(/calls no tools/);
    await small.close();
    const cold = await start([], { facts: localFacts.ollama([model({ window: null, trained: 200_000 })]) });
    expect(cold.info.warnings.join("\n")).toMatch(/does not say yet how much of its 200000 tokens/);
    expect(cold.info.contextWindow).toBe(Math.floor(32_768 * 0.95));
  });

  it("keeps what it was told in a file of its own, for when the server says nothing", async () => {
    const thread = await start([], { facts: localFacts.vllm([model()]) });
    const file = join(thread.stage.home, ".agent_runtime", "cache", "models.json");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const key = `${thread.model.baseUrl} qwen`;
    expect(JSON.parse(readFileSync(file, "utf8"))).toMatchObject({
      models: { [key]: { told: { contextWindow: 40_000 } } },
    });
  });

  it("asks a Responses provider nothing", async () => {
    live = await startLiveThread([], { thread: { model: "qwen" } });
    expect(live.model.asked).toEqual([]);
  });

  it("takes the only model of a server where none is named, and lists them where there are several", async () => {
    const one = localFacts.vllm([model({ name: "only" })]);
    const thread = await start([chatText("hi")], { facts: one, thread: { model: null } });
    expect(thread.info.model).toBe("only");
    await thread.close();
    const two = localFacts.vllm([model({ name: "first" }), model({ name: "second" })]);
    await expect(start([], { facts: two, thread: { model: null } })).rejects.toThrow(
      "No model of fake is named: name one with -m, or set `model`; there are: first, second",
    );
  });
});

describe("keys", () => {
  const failureOf = (event: AgentEvent): string => JSON.stringify(event);

  it("says which variable is missing, before anything is sent", async () => {
    const thread = await start([chatText("hi")], { says: ["env_key=NOT_SET"] });
    expect(failureOf(await thread.say("hi"))).toContain("Missing environment variable: `NOT_SET`");
    expect(thread.model.requests).toEqual([]);
    expect(thread.model.asked).toEqual([]);
  });

  it("sends a key as each API wants it, or as the table says", async () => {
    const headersOf = async (says: string[], reply: Reply): Promise<Record<string, string>> => {
      const thread = await start([reply], { says, stage: { env: { FAKE_KEY: "sk-secret-1" } } });
      await thread.say("hi");
      const { headers, url } = thread.model.requests[0]!;
      await thread.close();
      return { ...headers, url };
    };
    expect(await headersOf([], chatText("hi"))).toMatchObject({ authorization: "Bearer sk-secret-1" });
    const azure = await headersOf(['key_header="api-key"', 'query_params={api-version="2026-01-01"}'], chatText("hi"));
    expect(azure).toMatchObject({ "api-key": "sk-secret-1", url: "/v1/chat/completions?api-version=2026-01-01" });
    expect(azure).not.toHaveProperty("authorization");
    const said = answer([textBlock("hi")]);
    expect(await headersOf(["wire_api=messages"], said)).toMatchObject({
      "x-api-key": "sk-secret-1",
      "anthropic-version": expect.any(String),
      url: "/v1/messages",
    });
    const bearer = await headersOf(["wire_api=messages", "key_header=authorization"], said);
    expect(bearer).toMatchObject({ authorization: "Bearer sk-secret-1" });
    expect(bearer).not.toHaveProperty("x-api-key");
  });

  it("shows commands no key of a table, and no message either", async () => {
    const script = [chatCalls({ id: "c1", name: "exec_command", args: { cmd: "env" } }), chatText("seen")];
    const thread = await start(script, {
      says: ["env_key=MY_SERVER_WORD", 'env_http_headers={"x-more"="MY_OTHER_WORD"}'],
      stage: { env: { MY_SERVER_WORD: "sk-word-one-1", MY_OTHER_WORD: "word-two-2" } },
    });
    await thread.say("hi");
    expect(thread.model.requests[0]?.headers).toMatchObject({
      authorization: "Bearer sk-word-one-1",
      "x-more": "word-two-2",
    });
    const told = JSON.stringify(messagesOf(thread.model.requests[1]!));
    expect(told).toContain("PATH=");
    expect(told).not.toMatch(/sk-word-one-1|word-two-2/);
    expect(JSON.stringify(thread.events)).not.toMatch(/sk-word-one-1|word-two-2/);
  });

  it("takes a refused key out of what the server says of it", async () => {
    const refused: Reply = {
      status: 401,
      headers: { "content-type": "application/json" },
      parts: [{ raw: JSON.stringify({ error: { message: "bad key sk-quoted-secret" } }) }],
    };
    const thread = await start([refused], { stage: { env: { FAKE_KEY: "sk-quoted-secret" } } });
    const failed = failureOf(await thread.say("hi"));
    expect(failed).toContain("FAKE_KEY");
    expect(failed).not.toContain("sk-quoted-secret");
  });
});
