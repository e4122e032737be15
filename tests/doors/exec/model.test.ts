import { existsSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { created, htmlPage, httpError, itemParts, message, type FakeModel } from "../../support/fake-model.ts";
import type { Stage } from "../../support/run.ts";
import { alone, answer, both, failure, fewRetries, inputOf, json, type Act } from "./both.ts";

/** The provider that needs no definition, at the address of the fake model. */
const builtIn = (stage: Stage, model: FakeModel): Promise<void> =>
  writeFile(join(stage.codexHome, "config.toml"), `openai_base_url = "${model.baseUrl}"\n`);

const reconnects = ({ events }: Act): number =>
  events.filter((event) => String(event["message"]).startsWith("Reconnecting")).length;

function toolNames({ model }: Act): string[] {
  const { tools = [] } = (model.requests[0]?.body ?? {}) as { tools?: { name?: string; type: string }[] };
  return tools.map(({ name, type }) => name ?? type);
}

describe("what asking again cannot mend", () => {
  it.each([401, 403, 404])("status %i fails at once", async (status) => {
    const seen = await both(
      { ...fewRetries, script: () => () => httpError(status, { error: { message: "no" } }) },
      (act) => [act.code, act.model.requests.length, reconnects(act)],
    );
    expect(seen).toEqual({ codex: [1, 2, 1], ours: [1, 1, 0] });
  });

  it("a refused key is told with the place that it came from", async () => {
    const seen = await both(
      { ...fewRetries, script: () => () => httpError(401, { error: { message: "no" } }) },
      (act) => failure(act)?.includes("FAKE_KEY"),
    );
    expect(seen).toEqual({ codex: false, ours: true });
  });

  it("a page instead of a stream fails at once and is named", async () => {
    const seen = await both({ ...fewRetries, script: () => () => htmlPage() }, (act) => [
      act.code,
      act.model.requests.length,
      failure(act)?.includes("text/html"),
    ]);
    expect(seen).toEqual({ codex: [1, 2, false], ours: [1, 1, true] });
  });
});

it("a response that is completed without an id is complete", async () => {
  const script = () => () => ({
    parts: [
      created(),
      ...itemParts(message("msg_1", "hello")),
      { event: { type: "response.completed", response: {} } },
    ],
  });
  const seen = await both({ ...fewRetries, script }, (act) => [act.code, act.model.requests.length, answer(act)]);
  expect(seen).toEqual({ codex: [1, 2, "hello"], ours: [0, 1, "hello"] });
});

describe("the built-in provider", () => {
  const keyed = { setup: builtIn, variables: { CODEX_API_KEY: "sk-test" } };

  it("is asked over HTTP where it has no WebSocket", async () => {
    const seen = await both(keyed, ({ code, model }) => [code, model.requests.length]);
    expect(seen).toEqual({ codex: [0, 1], ours: [0, 1] });
  });

  it("is not sent the notes that are kept about each item", async () => {
    const seen = await both(keyed, ({ model }) =>
      inputOf(model.requests[0]).some((item) => Object.keys(item).some((key) => key.startsWith("internal_"))),
    );
    expect(seen).toEqual({ codex: true, ours: false });
  });

  it("is not asked without a key when auth.json is broken", async () => {
    const seen = await both({ setup: builtIn, homeFiles: { "auth.json": '{"OPENAI_API_KEY":"sk-hidden' } }, (act) => [
      act.code,
      act.model.requests.length,
      failure(act)?.includes("auth.json"),
    ]);
    expect(seen).toEqual({ codex: [0, 1, undefined], ours: [1, 0, true] });
  });

  it("is not asked without any key", async () => {
    // The real Codex asks api.openai.com, so only ours is run.
    const seen = await alone({ setup: (stage) => rm(join(stage.codexHome, "config.toml")) }, (act) => [
      act.code,
      failure(act),
    ]);
    expect(seen).toEqual([1, expect.stringContaining("There is no API key for OpenAI: set CODEX_API_KEY")]);
  });
});

describe("what a model is shown", () => {
  it("tools are those that the real Codex shows, in its order", async () => {
    const { codex, ours } = await both({}, toolNames);
    expect(codex).toEqual(expect.arrayContaining(["request_user_input", "tool_search", "get_goal"]));
    expect(ours).toEqual(codex);
  });

  it("no skills are put into CODEX_HOME", async () => {
    const seen = await both({}, ({ stage, model }) => [
      existsSync(join(stage.codexHome, "skills")),
      model.requests[0]?.rawBody.includes("<skills_instructions>"),
    ]);
    expect(seen).toEqual({ codex: [true, true], ours: [false, false] });
  });

  it("a model of code mode gets the classic tools where they are asked for", async () => {
    const ask = ["exec", "--json", "--skip-git-repo-check", "-m", "gpt-6.1-sol"];
    const shown = async (...more: string[]): Promise<unknown> =>
      (
        await both({ argv: [...ask, ...more, "go"] }, (act) => [
          inputOf(act.model.requests[0])[0]?.type,
          toolNames(act).includes("exec_command"),
        ])
      ).ours;
    expect(await shown()).toEqual(["additional_tools", false]);
    expect(await shown("-c", 'codex_agent.tools.mode="classic"')).toEqual(["message", true]);
  });

  it("instructions are our own", async () => {
    const { codex, ours } = await both(
      { argv: json("go") },
      ({ model }) => inputOf(model.requests[0])[0]?.content?.[0]?.text ?? "",
    );
    const sentences = (text: string): string[] =>
      text
        .split(/[.\n]/)
        .map((part) => part.trim())
        .filter((part) => part.length > 30);
    expect(sentences(codex).length).toBeGreaterThan(20);
    expect(sentences(ours).length).toBeGreaterThan(5);
    expect(sentences(ours).filter((sentence) => codex.includes(sentence))).toEqual([]);
  });
});
