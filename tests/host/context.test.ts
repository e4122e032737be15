import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { expect, it, onTestFinished } from "vitest";
import type { ThreadSettings } from "../../src/protocol/methods.ts";
import { message, respond, type RecordedRequest } from "../support/fake-model.ts";
import { startLiveThread, type LiveThread } from "../support/live-thread.ts";

type Options = Parameters<typeof startLiveThread>[1];
type Item = { role?: string; type: string; content?: { text?: string }[] };

async function live(options: Options = {}): Promise<LiveThread> {
  const thread = await startLiveThread(() => respond([message("msg_1", "done")]), {
    ...options,
    stage: { config: 'model = "gpt-5.5"', ...options.stage },
  });
  onTestFinished(() => thread.close());
  return thread;
}

const itemsOf = (request: RecordedRequest | undefined): Item[] => (request!.body as { input: Item[] }).input;
const textsOf = (items: readonly Item[]): string[] =>
  items.flatMap(({ content }) => content?.map(({ text }) => text ?? "") ?? []);

/** What the last request has that the one before it had not, the answer in between aside. */
function added({ model }: LiveThread): string[] {
  const [before, now] = model.requests.slice(-2).map(itemsOf);
  expect(before!.every((item, index) => isDeepStrictEqual(item, now![index]))).toBe(true);
  return textsOf(now!.slice(before!.length).filter(({ role }) => role !== "assistant"));
}

async function put(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}

const change = (thread: LiveThread, settings: ThreadSettings) =>
  thread.client.call("thread/settings", { threadId: thread.info.threadId, ...settings });

it("tells a model in plan mode what that is, and that it is over, each once", async () => {
  const thread = await live({ thread: { collaborationMode: "plan" } });
  await thread.say("first");
  const told = textsOf(itemsOf(thread.model.requests[0])).filter((text) => text.startsWith("<collaboration_mode>"));
  expect(told).toEqual([expect.stringContaining("The mode is Plan")]);
  await thread.say("second");
  expect(added(thread)).toEqual(["second"]);
  await change(thread, { collaborationMode: "default" });
  await thread.say("third");
  expect(added(thread)).toEqual([expect.stringContaining("The mode is Default"), "third"]);
  const kept = (await readFile(thread.info.path!, "utf8"))
    .split("\n")
    .filter((line) => line.includes('"turn_context"'));
  expect(kept.map((line) => /"collaboration_mode":\{"mode":"(\w+)"/.exec(line)?.[1])).toEqual([
    "plan",
    "plan",
    "default",
  ]);
});

it("says nothing of modes to a model that did not ask, nor where the configuration leaves it out", async () => {
  const thread = await live();
  await thread.say("first");
  expect(textsOf(itemsOf(thread.model.requests[0])).join()).not.toContain("<collaboration_mode>");
  const config = 'model = "gpt-5.5"\ninclude_collaboration_mode_instructions = false';
  const silent = await live({ stage: { config }, thread: { collaborationMode: "plan" } });
  await silent.say("first");
  expect(textsOf(itemsOf(silent.model.requests[0])).join()).not.toContain("<collaboration_mode>");
});

it("plans with the effort of plan mode", async () => {
  const thread = await live({
    stage: { config: 'model = "gpt-5.5"\nmodel_reasoning_effort = "low"\nplan_mode_reasoning_effort = "high"' },
    thread: { collaborationMode: "plan" },
  });
  await thread.say("first");
  await change(thread, { collaborationMode: "default" });
  await thread.say("second");
  const efforts = thread.model.requests.map(({ body }) => (body as { reasoning: { effort: string } }).reasoning.effort);
  expect(efforts).toEqual(["high", "low"]);
});

it("takes prompt, window, efforts and tools from the new model after a switch, and keeps what was sent as it was", async () => {
  const thread = await live();
  await thread.say("first");
  await change(thread, { model: "my-own-model" });
  await thread.say("second");
  expect(added(thread)).toEqual([expect.stringMatching(/^<model_switch>[^]*You are codex-agent/), "second"]);
  const [one, other] = thread.model.requests.map(({ body }) => body as Record<string, unknown>);
  expect(one).toMatchObject({ model: "gpt-5.5", text: { verbosity: "low" }, reasoning: { effort: "medium" } });
  expect(other).toMatchObject({ model: "my-own-model", reasoning: { summary: "auto" } });
  expect(other).not.toHaveProperty("text");
  const names = (body: unknown) => (body as { tools: { name?: string }[] }).tools.map(({ name }) => name);
  expect(names(one)).toContain("apply_patch");
  expect(names(other)).not.toContain("apply_patch");
});

it("fills the personality into a model's own base prompt, also when the model is switched to", async () => {
  const entry = (slug: string) => ({
    slug,
    context_window: 10_000,
    model_messages: {
      instructions_template: `${slug}: {{ personality }}`,
      instructions_variables: { personality_default: "plain", personality_friendly: "warm" },
    },
  });
  const catalog = JSON.stringify({ models: [entry("one"), entry("two")] });
  const config = 'model = "one"\nmodel_catalog_json = "catalog.json"\npersonality = "friendly"';
  const thread = await live({ stage: { config, homeFiles: { "catalog.json": catalog } } });
  await thread.say("first");
  expect(textsOf(itemsOf(thread.model.requests[0]))[0]).toBe("one: warm");
  expect(thread.events.find((event) => event.type === "usage.updated")).toMatchObject({ contextWindow: 9500 });
  await change(thread, { model: "two" });
  await thread.say("second");
  expect(added(thread)[0]).toContain("two: warm");
});

it("gives our own base prompt a manner where one is asked for", async () => {
  const thread = await live({ stage: { config: 'model = "gpt-5.5"\npersonality = "pragmatic"' } });
  await thread.say("first");
  expect(textsOf(itemsOf(thread.model.requests[0]))[0]).toMatch(/^You are codex-agent[^]*How you talk: to the point/);
});

it("lists skills that come, change and go, and reads AGENTS.md anew", async () => {
  const thread = await live({ stage: { git: true } });
  const skill = join(thread.stage.workspace, ".agents/skills/one/SKILL.md");
  await thread.say("first");
  await put(skill, "---\nname: one\ndescription: does one\n---\nBody\n");
  await thread.say("second");
  expect(added(thread)).toEqual([expect.stringMatching(/^<skills_instructions>[^]*- one: does one/), "second"]);
  await put(skill, "---\nname: one\ndescription: does more\n---\nBody\n");
  await put(join(thread.stage.workspace, "AGENTS.md"), "Use tabs.\n");
  await thread.say("third");
  expect(added(thread)).toEqual([
    expect.stringContaining("- one: does more"),
    expect.stringContaining("Use tabs."),
    "third",
  ]);
  await writeFile(skill, "");
  await thread.say("fourth");
  expect(added(thread)).toEqual([expect.stringContaining("no skills here any more"), "fourth"]);
});

it("brings in skills that are named, and those that were chosen, each once", async () => {
  const skill = (name: string): string => `---\nname: ${name}\ndescription: does ${name}\n---\nBody of ${name}\n`;
  const files = { ".agents/skills/one/SKILL.md": skill("one"), ".agents/skills/two/SKILL.md": skill("two") };
  const thread = await live({ stage: { git: true, files } });
  const path = join(thread.stage.workspace, ".agents/skills/one/SKILL.md");
  const { threadId } = thread.info;
  const start = (input: Parameters<typeof thread.client.call<"turn/start">>[1]["input"]) =>
    thread.client.call("turn/start", { threadId, input });
  const ended = thread.next("turn.completed");
  await start([
    { type: "skill", name: "one", path },
    { type: "text", text: "use $one and $two" },
  ]);
  await ended;
  const texts = textsOf(itemsOf(thread.model.requests[0]));
  expect(texts.slice(-3)).toEqual([
    "use $one and $two",
    expect.stringMatching(/^<skill>\n<name>one<\/name>\n<path>.*SKILL.md<\/path>\n[^]*Body of one/),
    expect.stringContaining("Body of two"),
  ]);
  await expect(start([{ type: "skill", name: "three", path: "/no/SKILL.md" }])).rejects.toMatchObject({
    code: "usage",
  });
});

it("survives folders that lead into themselves and files that are no skills, and tells of each once", async () => {
  const thread = await live({ stage: { git: true } });
  const skills = join(thread.stage.workspace, ".agents/skills");
  await put(join(skills, "good/SKILL.md"), "---\nname: good\ndescription: works\n---\n");
  await put(join(skills, "huge/SKILL.md"), `---\nname: huge\ndescription: x\n---\n${"x".repeat(10_000_000)}`);
  await put(join(skills, "bare/SKILL.md"), "no front matter\n");
  await symlink(skills, join(skills, "good/again"));
  await thread.say("first");
  await thread.say("second");
  const warnings = thread.events.flatMap((event) => (event.type === "warning" ? [event.message] : []));
  expect(warnings.toSorted()).toEqual([
    expect.stringMatching(/bare\/SKILL.md is left out: it does not start with a front matter/),
    expect.stringMatching(/huge\/SKILL.md is left out: it is larger than/),
  ]);
  const listed = textsOf(itemsOf(thread.model.requests[0])).find((text) => text.startsWith("<skills_instructions>"))!;
  expect(listed.match(/^- /gm)).toHaveLength(1);
});

it("keeps the list of skills within its room", async () => {
  const files = Object.fromEntries(
    Array.from({ length: 40 }, (_, index) => [
      `.agents/skills/s${index}/SKILL.md`,
      `---\nname: s${index}\ndescription: ${"words ".repeat(200)}\n---\n`,
    ]),
  );
  for (const [tokens, all] of [
    [2000, true],
    [300, false],
  ] as const) {
    const config = `model = "gpt-5.5"\n[skills]\nmax_context_tokens = ${tokens}`;
    const thread = await live({ stage: { git: true, files, config } });
    await thread.say("first");
    const text = textsOf(itemsOf(thread.model.requests[0])).find((part) => part.startsWith("<skills_instructions>"))!;
    expect(text.length).toBeLessThan(4 * tokens + 200);
    expect(text.match(/^- s/gm)!.length === 40).toBe(all);
    expect(/more are not listed/.test(text)).toBe(!all);
  }
});

it("sends the key that a command prints, and asks the provider for no list of models", async () => {
  const thread = await live({ stage: { provider: "" } });
  const config = join(thread.stage.codexHome, "config.toml");
  const text = (await readFile(config, "utf8")).replace('env_key = "FAKE_KEY"\n', "");
  await writeFile(config, `${text}[model_providers.fake.auth]\ncommand = "printf"\nargs = ["token-of-command"]\n`);
  const { threadId } = await thread.client.call("thread/start", { cwd: thread.stage.workspace });
  const ended = new Promise<void>((resolve) =>
    thread.client.subscribe(threadId, (event) => event.type === "turn.completed" && resolve()),
  );
  await thread.client.call("turn/start", { threadId, input: [{ type: "text", text: "hi" }] });
  await ended;
  expect(thread.model.requests.map(({ method, headers }) => [method, headers["authorization"]])).toEqual([
    ["POST", "Bearer token-of-command"],
  ]);
});
