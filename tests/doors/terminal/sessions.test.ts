import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { message, respond, startFakeModel, type FakeModel } from "../../support/fake-model.ts";
import { makeStage, oracle, ours, run, type Binary, type Outcome, type Stage } from "../../support/run.ts";

let model: FakeModel;
let stage: Stage;
beforeAll(async () => {
  model = await startFakeModel(() => respond([message("m", "an answer")]));
  stage = await makeStage({ baseUrl: model.baseUrl });
});
afterAll(async () => {
  await model.close();
  await stage.dispose();
});

const sessions = (...argv: string[]): Promise<Outcome> => run(ours(), stage, ["sessions", ...argv]);

async function thread(binary: Binary, prompt: string): Promise<string> {
  const { events } = await run(binary, stage, ["exec", "--skip-git-repo-check", "--json", prompt]);
  return String(events[0]!["thread_id"]);
}

const files = (folder: string): string[] => globSync(`${folder}/**/*.jsonl`, { cwd: stage.codexHome });
const names = (): string => readFileSync(join(stage.codexHome, "session_index.jsonl"), "utf8");

describe("codex-agent sessions", () => {
  test("lists, shows and exports threads of both programs", async () => {
    const theirs = await thread(oracle(), "a prompt for codex");
    const mine = await thread(ours(), "a prompt for ours");
    const list = await sessions("list");
    expect(list.stdout.split("\n").filter((line) => line !== "")).toEqual([
      expect.stringMatching(new RegExp(`^${mine}  \\S+ \\S+  a prompt for ours$`)),
      expect.stringMatching(new RegExp(`^${theirs}  \\S+ \\S+  a prompt for codex$`)),
    ]);
    const json = JSON.parse((await sessions("list", "--json", "--limit", "1")).stdout) as { threads: { id: string }[] };
    expect(json.threads.map(({ id }) => id)).toEqual([mine]);
    expect((await sessions("show", theirs)).stdout).toContain("[1]U> a prompt for codex\n[1]A> an answer\n");
    expect((await sessions("export", mine)).stdout).toContain(
      "## User\n\na prompt for ours\n\n## Agent\n\nan answer\n",
    );
    const exported = JSON.parse((await sessions("export", "--json", mine)).stdout) as { turns: { status: string }[] };
    expect(exported.turns).toMatchObject([{ status: "completed" }]);
  });

  test("names a thread as Codex does, which finds it by that name", async () => {
    const id = await thread(ours(), "to be named");
    expect((await sessions("rename", id, "  my\nname ")).stdout).toBe(`Renamed session ${id}: my name\n`);
    expect(JSON.parse(names().trimEnd().split("\n").at(-1)!)).toEqual({
      id,
      thread_name: "my name",
      updated_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z$/),
    });
    const resumed = await run(oracle(), stage, [
      "exec",
      "resume",
      "--skip-git-repo-check",
      "--json",
      "my name",
      "go on",
    ]);
    expect(resumed.events[0]).toMatchObject({ thread_id: id });
    expect((await sessions("show", "my name")).stdout).toContain("[2]U> go on");
    // It keeps a list of threads of its own, which it has made by now.
    await sessions("rename", id, "another");
    const index = new DatabaseSync(join(stage.codexHome, "state_5.sqlite"), { readOnly: true });
    expect(index.prepare("SELECT name FROM threads WHERE id = ?").get(id)).toMatchObject({ name: "another" });
    index.close();
  });

  test("archives and takes back what Codex then takes back and archives", async () => {
    const id = await thread(ours(), "to be put away");
    expect((await sessions("archive", id)).stdout).toBe(`Archived session ${id}.\n`);
    const [away] = files("archived_sessions");
    expect(away).toMatch(new RegExp(`^archived_sessions/rollout-[^/]*-${id}.jsonl$`));
    expect((await sessions("list")).stdout).not.toContain(id);
    expect((await sessions("list", "--archived")).stdout).toContain(id);
    const refused = await run(ours(), stage, ["exec", "resume", "--skip-git-repo-check", id, "go on"]);
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining(`session ${id} is archived`)]);
    expect((await run(oracle(), stage, ["unarchive", id])).stdout).toBe(`Unarchived session ${id}.\n`);
    expect(files("sessions").filter((file) => file.includes(id))).toHaveLength(1);
    expect((await run(oracle(), stage, ["archive", id])).code).toBe(0);
    expect((await sessions("unarchive", id)).stdout).toBe(`Unarchived session ${id}.\n`);
    const back = files("sessions").filter((file) => file.includes(id));
    expect(back).toEqual([expect.stringMatching(/^sessions\/\d{4}\/\d\d\/\d\d\//)]);
    const again = await sessions("unarchive", id);
    expect([again.code, again.stderr]).toEqual([1, expect.stringContaining("no archived rollout found")]);
    const resumed = await run(oracle(), stage, ["exec", "resume", "--skip-git-repo-check", "--json", id, "go on"]);
    expect(resumed.code).toBe(0);
  });

  test("deletes a thread with its name, and only when it is sure", async () => {
    const id = await thread(ours(), "to be deleted");
    await sessions("rename", id, "doomed");
    const asked = await sessions("delete", "doomed");
    expect([asked.code, asked.stderr]).toEqual([1, expect.stringContaining("cannot confirm session deletion")]);
    const named = await sessions("delete", "--force", "doomed");
    expect([named.code, named.stderr]).toEqual([1, expect.stringContaining("--force requires a session UUID")]);
    expect((await sessions("delete", "--force", id)).stdout).toBe(`Deleted session ${id}.\n`);
    expect([...files("sessions"), ...files("archived_sessions")].join()).not.toContain(id);
    expect(names()).not.toContain(id);
    expect((await sessions("delete", "--force", id)).code).toBe(1);
  });

  test("does not delete the past of a fork, and says whose", async () => {
    const id = await thread(ours(), "the past");
    const forked = await run(ours(), stage, ["exec", "fork", "--skip-git-repo-check", "--json", id, "the fork"]);
    const fork = String(forked.events[0]!["thread_id"]);
    const refused = await sessions("delete", "--force", id);
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining(fork)]);
    expect((await sessions("show", fork)).stdout).toContain("[1]U> the past");
    // Put away, it is still the fork's past.
    expect((await sessions("archive", id)).code).toBe(0);
    expect((await sessions("show", fork)).stdout).toContain("[1]U> the past");
    expect((await sessions("delete", "--force", fork)).code).toBe(0);
    expect((await sessions("delete", "--force", id)).code).toBe(0);
    expect(existsSync(join(stage.codexHome, "thread-writer-locks", `${id}.lock`))).toBe(false);
  });

  test.each(["show", "export", "archive", "unarchive"])("%s of a thread that is not there says so", async (action) => {
    const { code, stderr } = await sessions(action, "nobody");
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^Error: No .* session found matching 'nobody'\.\n$/)]);
  });

  test("does not put away what somebody writes", async () => {
    const id = await thread(ours(), "being written");
    const { nodeProcesses } = await import("../../../src/system/processes/node-processes.ts");
    const lock = await nodeProcesses.lock(join(stage.codexHome, "thread-writer-locks", `${id}.lock`));
    try {
      const { code, stderr } = await sessions("archive", id);
      expect([code, stderr]).toEqual([1, expect.stringContaining("is being written by")]);
    } finally {
      await lock?.release();
    }
  });
});
