import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { chatCalls, chatText } from "../../support/fake-chat.ts";
import { startLocalServer } from "../../support/fake-local-servers.ts";
import { answer, textBlock, toolUse } from "../../support/fake-messages.ts";
import { httpError, startFakeModel, type FakeModel, type Script } from "../../support/fake-model.ts";
import { makeStage, ours, run, type Outcome, type Stage } from "../../support/run.ts";
import { untilPasses } from "../../support/until.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function stageOf(server: FakeModel, table: string, above = ""): Promise<Stage> {
  closing.push(() => server.close());
  const config = `model_provider = "mine"\n${above}\n[codex_agent.providers.mine]\nname = "Mine"\nbase_url = "${server.baseUrl}"\n${table}\n`;
  const stage = await makeStage({ homeFiles: { "config.toml": config } });
  closing.push(() => stage.dispose());
  return stage;
}

// Servers are in this process: where that stood still, a command asked in vain, and is repeated where it changes nothing.
const models = (stage: Stage, ...argv: string[]): Promise<Outcome> => run(ours(), stage, ["models", ...argv]);
const jsonOf = (outcome: Outcome): { models: Record<string, unknown>[]; problem: unknown } =>
  JSON.parse(outcome.stdout) as { models: Record<string, unknown>[]; problem: unknown };

describe("models", () => {
  it("shows what a local server tells of each of its models, and which one is used", async () => {
    const server = await startLocalServer("ollama", [
      { name: "qwen3:8b", window: 40_960, reasoning: true },
      { name: "llava", window: null, images: true, tools: false },
    ]);
    const stage = await stageOf(server, 'wire_api = "chat"', 'model = "qwen3:8b"');
    await untilPasses(async () => {
      const shown = await models(stage);
      expect(shown.code).toBe(0);
      expect(shown.stdout.split("\n")).toEqual([
        `Mine (${server.baseUrl}, chat)`,
        "   MODEL     WINDOW           TOOLS  IMAGES  REASONS",
        "*  qwen3:8b  40960            yes    no      yes",
        "   llava     32768 (assumed)  no     yes     no",
        "",
      ]);
    });
    expect(server.requests).toEqual([]);
    await untilPasses(async () => {
      const { models: rows } = jsonOf(await models(stage, "--json", "-m", "llava"));
      expect(rows.map(({ name, current }) => [name, current])).toEqual([
        ["llava", true],
        ["qwen3:8b", false],
      ]);
      expect(rows[1]).toMatchObject({ contextWindow: 40_960, usableWindow: 38_912, windowKnown: true, images: false });
    });
  });

  it("reads what vendors tell in their lists", async () => {
    const openrouter = await startFakeModel([], {
      facts: {
        "/v1/models": {
          data: [
            {
              id: "anthropic/claude-sonnet-5",
              context_length: 1_000_000,
              architecture: { input_modalities: ["text", "image"] },
              top_provider: { context_length: 200_000 },
              supported_parameters: ["tools", "reasoning"],
            },
          ],
        },
      },
    });
    const routing = await stageOf(openrouter, 'wire_api = "chat"');
    await untilPasses(async () =>
      expect(jsonOf(await models(routing, "--json")).models).toMatchObject([
        { name: "anthropic/claude-sonnet-5", contextWindow: 200_000, tools: true, images: true, reasoning: true },
      ]),
    );
    const anthropic = await startFakeModel([], {
      facts: {
        "/v1/models": {
          data: [
            {
              type: "model",
              id: "claude-opus-5",
              display_name: "Claude Opus 5",
              max_input_tokens: 400_000,
              capabilities: {
                image_input: { supported: true },
                thinking: { supported: true, types: {} },
                effort: {
                  supported: true,
                  low: { supported: true },
                  max: { supported: false },
                  high: { supported: true },
                },
              },
            },
          ],
          has_more: false,
        },
      },
    });
    const stage = await stageOf(anthropic, 'wire_api = "messages"\nenv_key = "FAKE_KEY"');
    await untilPasses(async () =>
      expect(jsonOf(await models(stage, "--json")).models).toMatchObject([
        { name: "claude-opus-5", contextWindow: 400_000, images: true, reasoning: true, efforts: ["low", "high"] },
      ]),
    );
    expect(anthropic.asked[0]?.headers).toMatchObject({
      "x-api-key": "sk-fake",
      "anthropic-version": expect.any(String),
    });
  });

  const calls = { id: "c", name: "answer", args: { word: "yes" } };
  it.each([
    ["chat", [chatCalls(calls), chatText("red")], { tools: true, images: true }],
    ["chat", [chatText("yes"), httpError(400, { error: { message: "no images" } })], { tools: false, images: false }],
    [
      "messages",
      [answer([toolUse("1", "answer", { word: "yes" })]), answer([textBlock("red")])],
      { tools: true, images: true },
    ],
  ] satisfies [string, Script, object][])(
    "tries over %s what the server does not tell, once, and keeps it",
    async (wire, script, can) => {
      const server = await startFakeModel(script as Script, { facts: { "/v1/models": { data: [{ id: "m" }] } } });
      const stage = await stageOf(server, `wire_api = "${wire}"`);
      const isTold = (told: object): Promise<void> =>
        untilPasses(async () =>
          expect(jsonOf(await models(stage, "--json")).models).toMatchObject([{ name: "m", ...told }]),
        );
      await isTold({ tools: null, images: null });
      expect(server.requests).toEqual([]);
      expect(jsonOf(await models(stage, "--json", "--probe")).models).toMatchObject([{ name: "m", ...can }]);
      expect(server.requests).toHaveLength(2);
      await isTold(can);
      expect(server.requests).toHaveLength(2);
      const kept = readFileSync(join(stage.home, ".agent_runtime", "cache", "models.json"), "utf8");
      expect(JSON.parse(kept)).toMatchObject({ models: { [`${server.baseUrl} m`]: { shown: can } } });
    },
  );

  it("says what is in the way: no key, a refused one, no server", async () => {
    const key = "sk-quoted-secret";
    const server = await startFakeModel([httpError(401, { error: { message: `bad key ${key}` } })]);
    const missing = await stageOf(server, 'wire_api = "chat"\nenv_key = "NOT_SET"');
    expect(await models(missing)).toMatchObject({ code: 1, stderr: expect.stringContaining("`NOT_SET`") });
    const refused = await stageOf(server, 'wire_api = "chat"\nenv_key = "FAKE_KEY"', 'model = "m"');
    refused.env["FAKE_KEY"] = key;
    const tried = await models(refused, "--probe");
    expect(tried).toMatchObject({ code: 1, stderr: expect.stringContaining("FAKE_KEY") });
    expect(tried.stderr).not.toContain(key);
    await server.close();
    const gone = await models(refused);
    expect(gone).toMatchObject({ code: 1, stderr: expect.stringContaining("no answer") });
  });

  it("tries none of a provider that speaks Responses", async () => {
    const stage = await makeStage({ baseUrl: "http://127.0.0.1:9/v1" });
    closing.push(() => stage.dispose());
    expect(await models(stage, "--probe")).toMatchObject({ code: 2, stderr: expect.stringContaining("not tried") });
  });
});

describe("exec --oss", () => {
  it("works with the model of the server that is named, and downloads nothing", async () => {
    const server = await startLocalServer(
      "ollama",
      [{ name: "qwen3:8b", window: 40_960 }],
      [chatCalls({ id: "c1", name: "exec_command", args: { cmd: "echo local" } }), chatText("It said local.")],
    );
    closing.push(() => server.close());
    const config = `[codex_agent.providers.ollama]\nbase_url = "${server.baseUrl}"\n`;
    const stage = await makeStage({ homeFiles: { "config.toml": config } });
    closing.push(() => stage.dispose());
    const argv = ["exec", "--oss", "--local-provider", "ollama", "--skip-git-repo-check", "--json", "say local"];
    const events = await untilPasses(async () => {
      const { events, code } = await run(ours(), stage, argv);
      expect(code).toBe(0);
      return events;
    });
    const items = events.filter(({ type }) => type === "item.completed").map(({ item }) => item as { type: string });
    expect(items).toMatchObject([
      { type: "command_execution", aggregated_output: "local\n", exit_code: 0 },
      { type: "agent_message", text: "It said local." },
    ]);
    expect(server.requests.map(({ url }) => url)).toEqual(["/v1/chat/completions", "/v1/chat/completions"]);
    expect(server.asked.some(({ url }) => url.includes("pull"))).toBe(false);
  });

  it("says what to do where no server runs", async () => {
    const stage = await makeStage({ env: { CODEX_OSS_PORT: "9" } });
    closing.push(() => stage.dispose());
    for (const flags of [
      ["--oss", "--local-provider", "ollama"],
      ["--local-provider", "ollama"],
    ]) {
      const { code, stderr } = await run(ours(), stage, ["exec", ...flags, "--skip-git-repo-check", "hi"]);
      expect(code).toBe(1);
      expect(stderr).toContain(
        "No running Ollama server was found at http://127.0.0.1:9/v1; start it with `ollama serve`",
      );
    }
  });
});
