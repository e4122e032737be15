import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { oracle, ours, run } from "../../support/run.ts";
import { message, respond, startFakeModel } from "../../support/fake-model.ts";
import { makeStage, type Binary, type Stage } from "../../support/run.ts";
import type { FakeModel } from "../../support/fake-model.ts";

let stage: Stage;
let model: FakeModel;
afterEach(async () => {
  await model.close();
  await stage.dispose();
});

const said = (at: number): string[] =>
  (model.requests.at(at)!.body as { input: { type: string; role?: string; content?: { text?: string }[] }[] }).input
    .filter(({ type, role }) => type === "message" && (role === "user" || role === "assistant"))
    .flatMap(({ content = [] }) => content.map(({ text = "" }) => text))
    .filter((text) => /^(first|second|third|fourth|answer \d)$/.test(text));

/** A thread of three turns, made by either program. */
async function threeTurns(binary: Binary): Promise<string> {
  let count = 0;
  model = await startFakeModel(() => respond([message(`m${++count}`, `answer ${count}`)], { id: `r${count}` }));
  stage = await makeStage({ baseUrl: model.baseUrl });
  const started = await exec(binary, "first");
  const id = String(started.events.find(({ type }) => type === "thread.started")?.["thread_id"]);
  await exec(binary, "resume", id, "second");
  await exec(binary, "resume", id, "third");
  return id;
}

const exec = (binary: Binary, ...args: string[]): ReturnType<typeof run> =>
  run(binary, stage, ["exec", "--json", "--skip-git-repo-check", ...args]);

async function agent(...args: string[]): Promise<Record<string, unknown>> {
  const ran = await run(ours(), stage, [...args, "--json"]);
  if (ran.code !== 0) throw new Error(`${ran.code} ${ran.stdout} ${ran.stderr}`);
  return JSON.parse(ran.stdout) as Record<string, unknown>;
}

const rollouts = (): Record<string, string> =>
  Object.fromEntries(
    (readdirSync(join(stage.codexHome, "sessions"), { recursive: true }) as string[])
      .filter((name) => name.endsWith(".jsonl"))
      .map((name) => [name, readFileSync(join(stage.codexHome, "sessions", name), "utf8")]),
  );

it.each([
  ["ours", ours],
  ["the real Codex's", oracle],
])(
  "a thread of %s goes on from where it was rewound to, here and in the real Codex",
  async (_, make) => {
    const id = await threeTurns(make());
    const before = rollouts();
    expect(await agent("rewind", id, "--to", "1", "--chat")).toMatchObject({ done: true, kept: 1 });
    // Every file is as it was; one has come.
    expect(rollouts()).toMatchObject(before);
    expect(Object.keys(rollouts())).toHaveLength(2);
    expect((await exec(oracle(), "resume", id, "fourth")).code).toBe(0);
    expect(said(-1)).toEqual(["first", "answer 1", "fourth"]);
    expect((await exec(ours(), "resume", id, "second")).code).toBe(0);
    expect(said(-1)).toEqual(["first", "answer 1", "fourth", "answer 4", "second"]);
    const shown = await agent("sessions", "show", id);
    expect(shown["turns"]).toHaveLength(3);
  },
  120_000,
);

it("all of a conversation can be taken back, and the first prompt is a first one again", async () => {
  const id = await threeTurns(ours());
  await agent("rewind", id, "--to", "0", "--chat");
  await exec(oracle(), "resume", id, "fourth");
  expect(said(-1)).toEqual(["fourth"]);
  await agent("rewind", id, "--to", "0", "--chat");
  await exec(ours(), "resume", id, "second");
  expect(said(-1)).toEqual(["second"]);
}, 120_000);

it("an undo brings the conversation back, here and in the real Codex, unless it went on", async () => {
  const id = await threeTurns(ours());
  await agent("rewind", id, "--to", "1", "--chat");
  await agent("rewind", id, "--undo");
  await exec(oracle(), "resume", id, "fourth");
  expect(said(-1)).toEqual(["first", "answer 1", "second", "answer 2", "third", "answer 3", "fourth"]);
  await agent("rewind", id, "--to", "2");
  await exec(ours(), "resume", id, "third");
  expect(said(-1)).toEqual(["first", "answer 1", "second", "answer 2", "third"]);
  const refused = await run(ours(), stage, ["rewind", id, "--undo"]);
  expect(refused.code).toBe(1);
  expect(refused.stdout).toContain("the thread went on since (1 turn)");
  expect(await agent("rewind", id, "--undo", "--overwrite")).toMatchObject({ done: true });
  await exec(oracle(), "resume", id, "second");
  expect(said(-1).slice(-3)).toEqual(["fourth", "answer 4", "second"]);
}, 120_000);

it("a turn's id serves as well, and what does not exist is named", async () => {
  const id = await threeTurns(ours());
  const shown = (await agent("sessions", "show", id)) as { turns: { id: string }[] };
  const preview = await agent("rewind", "last", "--to", shown.turns[0]!.id, "--preview");
  expect(preview).toMatchObject({ kept: 1, done: false, turns: [{ text: "second" }, { text: "third" }] });
  const wrong = async (...args: string[]): Promise<[number | null, string]> => {
    const { code, stderr } = await run(ours(), stage, args);
    return [code, stderr];
  };
  expect(await wrong("rewind", id, "--to", "4")).toEqual([
    1,
    expect.stringContaining("the thread has 3 turns; 4 cannot be kept"),
  ]);
  expect(await wrong("rewind", id, "--to", "3")).toEqual([1, expect.stringContaining("nothing to take back")]);
  expect(await wrong("rewind", id, "--undo")).toEqual([1, expect.stringContaining("nothing to undo")]);
  expect(await wrong("rewind", id)).toEqual([2, expect.stringContaining("give either --to <TURNS> or --undo")]);
  expect(await wrong("rewind", "nobody", "--to", "0")).toEqual([
    1,
    expect.stringContaining("No active session found matching 'nobody'"),
  ]);
  expect(await wrong("diff", id, "--turn", "9")).toEqual([1, expect.stringContaining("the thread has 3 turns")]);
}, 120_000);
