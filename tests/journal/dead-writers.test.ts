import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { RolloutStore } from "../../src/journal/store.ts";
import type { System } from "../../src/system/ports.ts";
import {
  call,
  fixture,
  idOf,
  ids,
  newThread,
  output,
  place,
  started,
  system,
  temporaryHome,
} from "./support/journals.ts";

let home: ReturnType<typeof temporaryHome>;
beforeEach(() => void (home = temporaryHome()));
afterEach(() => home.remove());

const folder = (): string => join(home.home, "thread-writer-locks");
const locks = (): string[] => readdirSync(folder()).filter((name) => name !== ".coordination.lock");
const none: ReadonlySet<string> = new Set();
const mark = { pid: 4711, startTicks: 99, bootId: "b" };

function leaveLock(id: string): void {
  mkdirSync(folder(), { recursive: true });
  writeFileSync(join(folder(), `${id}.lock`), "");
}

/** A thread whose writer ran one command, was starting another, and did neither close it nor let go of it in order. */
async function deadThread(): Promise<string> {
  const id = ids.uuid();
  const journal = home.store.create(newThread(id));
  const begun = (callId: string) => ({ type: "call.started", callId }) as const;
  journal.append([started("t"), call("t", "done", 1), call("t", "named", 1), call("t", "cut", 1)]);
  journal.append([begun("done"), begun("named"), { type: "child.started", callId: "named", process: mark }]);
  journal.append([output("t", "done", 1), begun("cut")]);
  await journal.close();
  leaveLock(id);
  return id;
}

const commandsOf = (threadId: string) => [
  { threadId, callId: "named", ownerPid: process.pid, mark },
  { threadId, callId: "cut", ownerPid: process.pid, mark: null },
];

describe("the lock file of a dead writer", () => {
  it("leads to the commands that it ran, and is taken away", async () => {
    const id = await deadThread();
    expect(await home.store.clearDeadWriters(none)).toEqual(commandsOf(id));
    expect(locks()).toEqual([]);
    expect(await home.store.clearDeadWriters(none)).toEqual([]);
  });

  it("is found by one of several who look at once", async () => {
    const threads = [await deadThread(), await deadThread(), await deadThread()];
    const stores = [home.store, new RolloutStore(system, home.home), new RolloutStore(system, home.home)];
    const found = (await Promise.all(stores.map((store) => store.clearDeadWriters(none)))).flat();
    expect(found).toHaveLength(6);
    expect(new Set(found.map(({ threadId }) => threadId))).toEqual(new Set(threads));
    expect(locks()).toEqual([]);
  });

  it("of a thread of the real Codex, or of none, is taken away and leads to nothing", async () => {
    const content = fixture("fork-parent.jsonl");
    place(home.home, idOf(content), content);
    leaveLock(idOf(content));
    leaveLock(ids.uuid());
    expect(await home.store.clearDeadWriters(none)).toEqual([]);
    expect(locks()).toEqual([]);
  });

  it("stays when the home cannot be written, and nobody is told", async () => {
    const id = await deadThread();
    const refused = async (): Promise<never> => Promise.reject(new Error("EROFS: read-only file system"));
    const stuck: System = { ...system, processes: { ...system.processes, lock: refused } };
    expect(await new RolloutStore(stuck, home.home).clearDeadWriters(none)).toEqual([]);
    expect(locks()).toEqual([`${id}.lock`]);
  });
});

describe("a thread that is at work", () => {
  it("keeps its lock file, also when nobody can be seen to hold it", async () => {
    const id = await deadThread();
    const { journal } = await home.store.resume(id);
    const blind: System = { ...system, processes: { ...system.processes, seemFree: (paths) => [...paths] } };
    expect(await home.store.clearDeadWriters(none)).toEqual([]);
    expect(await new RolloutStore(blind, home.home).clearDeadWriters(none)).toEqual([]);
    expect(locks()).toEqual([`${id}.lock`]);
    await journal.close();
    expect(locks()).toEqual([]);
  });

  it("of this process is not looked at", async () => {
    const id = await deadThread();
    expect(await home.store.clearDeadWriters(new Set([id]))).toEqual([]);
    expect(locks()).toEqual([`${id}.lock`]);
  });

  it("is not refused its lock by others who look just then", async () => {
    const id = await deadThread();
    for (let round = 0; round < 15; round++) {
      leaveLock(id);
      const others = [1, 2].map(() => new RolloutStore(system, home.home).clearDeadWriters(none));
      const { journal } = await new RolloutStore(system, home.home).resume(id);
      await expect(home.store.resume(id)).rejects.toMatchObject({ code: "thread_locked" });
      await Promise.all(others);
      expect(locks()).toEqual([`${id}.lock`]);
      await journal.close();
    }
  });
});

describe("a start where all ended well", () => {
  it("costs one look into a folder", async () => {
    await (await home.store.resume(await deadThread())).journal.close();
    const seen: string[] = [];
    const watched: System = {
      ...system,
      files: new Proxy(system.files, {
        get: (files, name: keyof System["files"]) => (seen.push(name), files[name]),
      }),
      processes: new Proxy(system.processes, {
        get: (processes, name: keyof System["processes"]) => (seen.push(name), processes[name]),
      }),
    };
    const store = new RolloutStore(watched, home.home);
    seen.length = 0;
    expect(await store.clearDeadWriters(none)).toEqual([]);
    expect(seen).toEqual(["list"]);
  });

  it("makes no folder", async () => {
    expect(await home.store.clearDeadWriters(none)).toEqual([]);
    expect(existsSync(folder())).toBe(false);
  });
});

describe("the commands of a fork's source", () => {
  it("are not the fork's", async () => {
    const id = await deadThread();
    const { journal, thread } = await home.store.fork(id, newThread(ids.uuid()));
    await journal.close();
    expect(thread.children).toEqual([]);
    expect(home.store.read(id).children).toEqual(commandsOf(id));
  });

  it("are left out where a fork copies", async () => {
    const content = fixture("rollout-minimal.jsonl");
    const id = idOf(content);
    place(home.home, id, content);
    const source = await home.store.resume(id);
    source.journal.append([started("t"), { type: "child.started", callId: "c", process: mark }]);
    await source.journal.close();
    const { journal, thread } = await home.store.fork(id, newThread(ids.uuid()));
    await journal.close();
    expect(home.store.read(id).children).toHaveLength(1);
    expect(thread.children).toEqual([]);
    expect(readFileSync(journal.path!, "utf8")).toContain("remember BLUE");
  });
});

describe("what a writer says of itself", () => {
  const own = (file: string): string[] =>
    readFileSync(file, "utf8")
      .split("\n")
      .filter((line) => line.includes("codex_agent"));

  it("is written once, and again by the next writer", async () => {
    const id = ids.uuid();
    const journal = home.store.create(newThread(id));
    const run = (callId: string) => [
      call("t", callId, 1),
      { type: "call.started", callId } as const,
      { type: "child.started", callId, process: mark } as const,
    ];
    journal.append([started("t"), ...run("a"), ...run("b")]);
    await journal.close();
    const other = { ...system, processes: { ...system.processes, pid: 815 } };
    const next = await new RolloutStore(other, home.home).resume(id);
    next.journal.append(run("c"));
    await next.journal.close();
    const said = own(home.store.read(id).meta.path).map((line) => line.match(/"(owner|boot|call_id)":/g) ?? []);
    expect(said.map((names) => names.length)).toEqual([2, 1, 1, 0, 2, 1]);
    expect(home.store.read(id).children).toEqual([
      { threadId: id, callId: "a", ownerPid: process.pid, mark },
      { threadId: id, callId: "b", ownerPid: process.pid, mark },
      { threadId: id, callId: "c", ownerPid: 815, mark },
    ]);
  });

  it("names the call of a child again where another call began before it", async () => {
    const id = ids.uuid();
    const journal = home.store.create(newThread(id));
    const callStarted = (callId: string) => ({ type: "call.started", callId }) as const;
    const childStarted = (callId: string, pid: number) =>
      ({ type: "child.started", callId, process: { ...mark, pid } }) as const;
    journal.append([started("t"), call("t", "a", 1), call("t", "b", 2), callStarted("a"), callStarted("b")]);
    journal.append([childStarted("a", 71), childStarted("b", 72)]);
    journal.append([childStarted("b", 73)]);
    await journal.close();
    const { children } = home.store.read(id);
    expect(children.map((child) => [child.callId, child.mark?.pid])).toEqual([
      ["a", 71],
      ["b", 72],
      ["b", 73],
    ]);
  });

  it("is read from every line of journals that say it each time", async () => {
    const id = await deadThread();
    const { path } = home.store.read(id).meta;
    const time = '"timestamp":"2026-11-21T15:57:29.971Z",';
    const older = [
      `{${time}"type":"codex_agent","payload":{"type":"call_started","turn_id":"t","call_id":"old","tool":"x","effect":"once","owner":12}}`,
      `{${time}"type":"codex_agent","payload":{"type":"child_started","call_id":"old","owner":12,"pid":13,"start":14,"boot":"b2"}}`,
    ];
    appendFileSync(path, `${older.join("\n")}\n`);
    const old = { threadId: id, callId: "old", ownerPid: 12, mark: { pid: 13, startTicks: 14, bootId: "b2" } };
    expect(home.store.read(id).children).toContainEqual(old);
  });
});
