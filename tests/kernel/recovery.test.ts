import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { RolloutStore } from "../../src/journal/store.ts";
import type { JournalRecord, NewThread } from "../../src/kernel/journal-port.ts";
import { createIds } from "../../src/system/ids.ts";
import { nodeSystem } from "../../src/system/node.ts";
import { ActedModel, answers, bench, call, expectValid, input, permissions, say, told } from "./kit.ts";

const system = nodeSystem();
const ids = createIds(system.clock, system.random);
let home: string;
beforeEach(() => void (home = mkdtempSync(join(tmpdir(), "recovery-"))));
afterEach(() => rmSync(home, { recursive: true, force: true }));

const store = (): RolloutStore => new RolloutStore(system, home);
const meta = (): NewThread => ({
  id: ids.uuid(),
  cwd: "/work",
  originator: "test",
  source: "exec",
  modelProvider: "acted",
  baseInstructions: { text: "Base.", model: null },
  git: null,
  windowId: ids.uuid(),
});

/** A thread whose process died in the middle of a turn. */
async function crashed(): Promise<{ id: string; path: string }> {
  const thread = meta();
  const journal = store().create(thread);
  const turnId = ids.uuid();
  const item = (of: object): JournalRecord => ({ type: "response.item", turnId, item: of as never, sampledThrough: 1 });
  journal.append([
    { type: "turn.started", turnId, startedAtMs: 1, contextWindow: 1000, trigger: "exec" },
    item({ type: "message", id: "msg_1", role: "user", content: [{ type: "input_text", text: "go" }] }),
    { type: "world.state", full: true, state: { model: "acted" } },
    { type: "turn.context", turnId, cwd: "/work", model: "acted", permissions, effort: null, summary: null },
    item(call("c1", "once")),
    item(call("c2", "once")),
    item(call("c3", "once")),
    item({ type: "custom_tool_call", id: "ctc_4", call_id: "c4", name: "patch", input: "x" }),
    { type: "call.started", callId: "c1" },
    { type: "call.started", callId: "c2" },
    item({ type: "function_call_output", id: "fco_2", call_id: "c2", output: "kept" }),
  ]);
  await journal.sync();
  await journal.close();
  return { id: thread.id, path: journal.path! };
}

test("after a crash a started call has an unknown outcome, one that was not started is aborted, and both are kept once", async () => {
  const { id, path } = await crashed();
  const seen: string[][] = [];
  for (const prompt of ["second", "third"]) {
    const { journal, thread: stored } = await store().resume(id);
    const client = new ActedModel([answers(say(`answer to ${prompt}`))]);
    const table = bench({ client, stored, journal: () => journal });
    table.thread.submit(input(prompt));
    await table.thread.idle();
    expect(table.events.at(-1)?.type).toBe("turn.completed");
    await table.thread.close();
    expectValid(client.requests[0]!.input);
    seen.push(told(client.requests[0]!.input));
  }
  const [second = [], third = []] = seen;
  expect(second.slice(0, 5)).toEqual(["user: go", "call c1", "call c2", "call c3", "call c4"]);
  expect(second[5]).toMatch(/^output c1: .*unknown/i);
  expect(second.slice(6)).toEqual(["output c2: kept", "output c3: aborted", "output c4: aborted", "user: second"]);
  // Read from the disk the second time, it is the same, and only continued.
  expect(third.slice(0, second.length)).toEqual(second);
  expect(third.slice(second.length)).toEqual(["assistant: answer to second", "user: third"]);
  const text = readFileSync(path, "utf8");
  for (const callId of ["c1", "c2", "c3", "c4"]) {
    expect(
      text.split("\n").filter((line) => line.includes("call_output") && line.includes(`"${callId}"`)),
      callId,
    ).toHaveLength(1);
  }
  expect(text.split('"turn_aborted"').length - 1).toBe(1);
});

test("a thread that is opened after a crash and says nothing stays as it is", async () => {
  const { id, path } = await crashed();
  const before = readFileSync(path, "utf8");
  const { journal, thread: stored } = await store().resume(id);
  const table = bench({ client: new ActedModel([]), stored, journal: () => journal });
  await table.thread.close();
  expect(readFileSync(path, "utf8")).toBe(before);
});

test("a turn that was interrupted is resumed from the disk as it was in memory", async () => {
  const thread = meta();
  const journal = store().create(thread);
  const never = new Promise<never>(() => undefined);
  const client = new ActedModel([
    (emit) => {
      emit({ type: "item.done", item: say("before") });
      emit({ type: "item.done", item: call("c1", "hang") });
      return never;
    },
  ]);
  const table = bench({ client, journal: () => journal });
  table.thread.submit(input("go"));
  await table.event("item.completed", 2);
  table.thread.interrupt();
  await table.thread.idle();
  await table.thread.close();
  const resumed = await store().resume(thread.id);
  const later = new ActedModel([answers(say("end"))]);
  const again = bench({ client: later, stored: resumed.thread, journal: () => resumed.journal });
  again.thread.submit(input("next"));
  await again.thread.idle();
  await again.thread.close();
  const words = told(later.requests[0]!.input);
  expect(words.slice(0, 3)).toEqual(["user: go", "assistant: before", "call c1"]);
  expect(words[3]).toMatch(/^output c1: /);
  expect(words[4]).toMatch(/^user: <turn_aborted>/);
  expect(words[5]).toBe("user: next");
});

test("an output whose call was lost with a damaged line is not sent", async () => {
  const { id, path } = await crashed();
  const lines = readFileSync(path, "utf8").split("\n");
  const at = lines.findIndex((line) => line.includes('"function_call"') && line.includes('"c2"'));
  writeFileSync(path, lines.with(at, "lost").join("\n"));
  const { journal, thread: stored } = await store().resume(id);
  const client = new ActedModel([answers(say("end"))]);
  const table = bench({ client, stored, journal: () => journal });
  table.thread.submit(input("second"));
  await table.thread.idle();
  await table.thread.close();
  expectValid(client.requests[0]!.input);
  expect(told(client.requests[0]!.input).join()).not.toContain("c2");
});
