import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { chatText } from "../support/fake-chat.ts";
import { answer, textBlock } from "../support/fake-messages.ts";
import { startFakeModel } from "../support/fake-model.ts";
import { makeStage, ours, run } from "../support/run.ts";
import { parseTomlFile } from "../../src/config/toml/toml.ts";
import { presets } from "../../src/config/providers/presets.ts";

/** A configuration of docs/providers.md, marked by a comment before it, and the API that it is for. */
const marked = /<!-- test: provider (chat|messages) -->\s*\n```toml\n([\s\S]*?)\n```/g;
const text = readFileSync(join(import.meta.dirname, "../../docs/providers.md"), "utf8");
const examples = [...text.matchAll(marked)].map(([, wire = "", config = ""]) => ({
  name: /model_provider = "(\w+)"/.exec(config)?.[1] ?? "",
  wire,
  config,
}));

test("the providers that are asked for have an example each", () => {
  expect(examples.map(({ name }) => name)).toEqual(["mine", "openrouter", "gemini", "azure", "bedrock", "gateway"]);
});

test.each(examples)("$name answers as it is configured", async ({ name, wire, config }) => {
  const reply = wire === "chat" ? chatText("hello there") : answer([textBlock("hello there")]);
  const server = await startFakeModel([reply]);
  const { origin } = new URL(server.baseUrl);
  const parsed = await parseTomlFile("providers.md", config);
  const table = (parsed["codex_agent"] as { providers?: Record<string, Record<string, string>> } | undefined)
    ?.providers?.[name];
  const preset = Object.hasOwn(presets, name) ? presets[name as keyof typeof presets] : null;
  const real = new URL(table?.["base_url"] ?? preset!.baseUrl);
  const key = table?.["env_key"] ?? preset!.envKey!;
  const stage = await makeStage({ homeFiles: { "config.toml": config }, env: { [key]: "key-of-the-example" } });
  try {
    // The same path on another host: all that is changed about it.
    const moved = `codex_agent.providers.${name}.base_url="${origin}${real.pathname}"`;
    const argv = ["exec", "--skip-git-repo-check", "--json", "-c", moved, "hi"];
    const { events, code, stderr, stdout } = await run(ours(), stage, argv);
    expect(events.findLast(({ type }) => type === "item.completed")?.["item"], stderr + stdout).toMatchObject({
      text: "hello there",
    });
    expect(code).toBe(0);
    const [request] = server.requests;
    const query = name === "azure" ? "?api-version=2025-04-01-preview" : "";
    const path = wire === "chat" ? "/chat/completions" : "/messages";
    expect(request?.url).toBe(`${real.pathname}${path}${query}`);
    const header = table?.["key_header"] ?? "authorization";
    expect(request?.headers[header]).toBe(`${header === "authorization" ? "Bearer " : ""}key-of-the-example`);
    expect(request?.body).toMatchObject({ model: parsed["model"], stream: true });
  } finally {
    await server.close();
    await stage.dispose();
  }
});
