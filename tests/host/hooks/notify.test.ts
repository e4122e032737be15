import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { httpError, message, respond, startFakeModel } from "../../support/fake-model.ts";
import { makeStage, oracle, ours, run, type Binary, type Stage } from "../../support/run.ts";
import { textOf } from "./kit.ts";
import { until } from "../../support/until.ts";

const flags = ["exec", "--json", "--skip-git-repo-check", "-m", "gpt-5.5"];
/** Writes what it is told, and whether it was told anything on standard input. */
const note = `notify = ["/bin/bash", "-c", "cat > input; printf %s \\"$1\\" > told.part; mv told.part told", "first"]`;

/** Null: nothing came of it. Ours ends the program a moment after the thread, the real Codex never. */
async function toldOnce(binary: Binary): Promise<Record<string, unknown> | null> {
  const model = await startFakeModel([respond([message("msg_1", 'an "answer" of ä')])]);
  const stage = await makeStage({ baseUrl: model.baseUrl, config: note });
  try {
    const { events } = await run(binary, stage, [...flags, "do it"]);
    const file = join(stage.workspace, "told");
    if (binary.name === "codex") await until(() => textOf(file) !== "");
    if (textOf(file) === "") return null;
    expect(readFileSync(join(stage.workspace, "input"), "utf8")).toBe("");
    const said = JSON.parse(textOf(file)) as Record<string, unknown>;
    expect(said["thread-id"]).toBe(events[0]?.["thread_id"]);
    expect(said["turn-id"]).toMatch(/^[0-9a-f-]{36}$/);
    expect(said["cwd"]).toBe(stage.workspace);
    return { ...said, "thread-id": "", "turn-id": "", cwd: "" };
  } finally {
    await model.close();
    await stage.dispose();
  }
}

/** On a machine that is busy, the moment may be over before the program has begun, but hardly each time. */
async function told(binary: Binary): Promise<Record<string, unknown>> {
  for (let runs = 1; runs <= 5; runs++) {
    const said = await toldOnce(binary);
    if (said !== null) return said;
  }
  throw new Error(`${binary.name} told nothing in five runs`);
}

test("a program is told of the end of a turn in the words of the real Codex", async () => {
  const [real, got] = [await told(oracle()), await told(ours())];
  expect(Object.entries(got)).toEqual(Object.entries(real));
  const captured = JSON.parse(
    readFileSync(join(import.meta.dirname, "../../fixtures/codex/notify.json"), "utf8"),
  ) as object;
  expect(Object.keys(got)).toEqual(Object.keys(captured));
});

async function timed(
  config: string,
  script: Parameters<typeof startFakeModel>[0],
): Promise<{ ms: number; stage: Stage; done(): Promise<void> }> {
  const model = await startFakeModel(script);
  const stage = await makeStage({ baseUrl: model.baseUrl, config });
  const since = performance.now();
  await run(ours(), stage, [...flags, "do it"]);
  const done = async (): Promise<void> => {
    await model.close();
    await stage.dispose();
  };
  return { ms: performance.now() - since, stage, done };
}

test("a turn that fails is not told of, and a program that is not there troubles nobody", async () => {
  const failed = await timed(note, [httpError(400, { error: { message: "bad" } })]);
  expect(textOf(join(failed.stage.workspace, "told"))).toBe("");
  await failed.done();
  const absent = await timed('notify = ["/nonexistent/program"]', [respond([message("msg_1", "answer")])]);
  await absent.done();
});

test("a program that does not end is ended with the thread, after a moment", async () => {
  const { ms, done } = await timed('notify = ["/bin/sleep", "76.3"]', [respond([message("msg_1", "answer")])]);
  expect(ms).toBeLessThan(60_000);
  await done();
});
