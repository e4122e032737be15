import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { takeLock } from "../../src/system/processes/flock.ts";
import { RolloutStore } from "../../src/journal/store.ts";
import { fixture, idOf, ids, newThread, place, started, system, temporaryHome } from "./support/journals.ts";

let home: ReturnType<typeof temporaryHome>;
beforeEach(() => void (home = temporaryHome()));
afterEach(() => home.remove());

const content = fixture("fork-parent.jsonl");
const id = idOf(content);
const locks = (): string[] => readdirSync(join(home.home, "thread-writer-locks")).sort();

describe("one writer a thread", () => {
  it("the second one is refused until the first has closed", async () => {
    place(home.home, id, content);
    const first = await home.store.resume(id);
    const other = new RolloutStore(system, home.home);
    await expect(other.resume(id)).rejects.toMatchObject({ code: "thread_locked" });
    expect(other.read(id).history).toHaveLength(4);
    await first.journal.close();
    const second = await other.resume(id);
    await second.journal.close();
    expect(locks()).toEqual([".coordination.lock"]);
  });

  it("another process is named", async () => {
    place(home.home, id, content);
    const path = join(home.home, "thread-writer-locks", `${id}.lock`);
    mkdirSync(join(home.home, "thread-writer-locks"));
    const holder = spawn("flock", ["-x", path, "sh", "-c", "echo held; read line"], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    try {
      await new Promise((done) => holder.stdout.once("data", done));
      await expect(home.store.resume(id)).rejects.toMatchObject({
        code: "thread_locked",
        message: expect.stringMatching(/is being written by process \d+ \((flock|sh)\)/),
      });
    } finally {
      holder.stdin.end();
      await new Promise((done) => holder.once("close", done));
    }
    const { journal } = await home.store.resume(id);
    await journal.close();
  });

  it("a new thread holds its lock while it is open", async () => {
    const journal = home.store.create(newThread(ids.uuid()));
    journal.append([started("t1")]);
    await journal.sync();
    expect(locks()).toContain(`${journal.threadId}.lock`);
    await expect(new RolloutStore(system, home.home).resume(journal.threadId)).rejects.toMatchObject({
      code: "thread_locked",
    });
    await journal.close();
    expect(locks()).not.toContain(`${journal.threadId}.lock`);
  });

  it("threads that close together take the lock of their folder once, and leave none of theirs", async () => {
    let asked = 0;
    const counted = {
      ...system,
      processes: {
        ...system.processes,
        lock: (path: string) => {
          if (path.endsWith("/.coordination.lock")) asked++;
          return system.processes.lock(path);
        },
      },
    };
    const store = new RolloutStore(counted, home.home);
    const journals = Array.from({ length: 8 }, () => store.create(newThread(ids.uuid())));
    for (const journal of journals) journal.append([started("t1")]);
    await Promise.all(journals.map((journal) => journal.sync()));
    expect(locks()).toHaveLength(8);
    await Promise.all(journals.map((journal) => journal.close()));
    expect(locks()).toEqual([".coordination.lock"]);
    expect(asked).toBe(1);
    // It was given back.
    const free = await takeLock(join(home.home, "thread-writer-locks", ".coordination.lock"));
    expect(free).not.toBeNull();
    await free?.release();
  });

  it("an unknown thread leaves nothing behind", async () => {
    await expect(home.store.resume(id)).rejects.toMatchObject({ code: "thread_not_found" });
    expect(existsSync(join(home.home, "thread-writer-locks"))).toBe(false);
  });

  it("a damaged thread does not stay locked", async () => {
    const path = place(home.home, id, "nonsense\n");
    await expect(home.store.resume(id)).rejects.toMatchObject({ code: "thread_damaged" });
    writeFileSync(path, content);
    const { journal } = await home.store.resume(id);
    await journal.close();
  });

  it("what another writer added before the lock was free is read", async () => {
    place(home.home, id, content);
    let added = false;
    const late = {
      ...system,
      processes: {
        ...system.processes,
        async lock(path: string) {
          const lock = await system.processes.lock(path);
          // The file was read while this lock was awaited; now it grows.
          if (!added && path.includes(id)) {
            added = true;
            const lines = content.trimEnd().split("\n");
            place(
              home.home,
              id,
              `${lines.join("\n")}\n${lines[7]!.replace('"ordinal":7', '"ordinal":14').replace('"q1"', '"late"')}\n`,
            );
          }
          return lock;
        },
      },
    };
    const { journal, thread } = await new RolloutStore(late, home.home).resume(id);
    expect(JSON.stringify(thread.history.at(-1))).toContain("late");
    await journal.close();
  });
});

describe("a file lock", () => {
  it("is not taken on a file that was removed meanwhile", async () => {
    const path = join(home.home, "x.lock");
    const first = await takeLock(path);
    rmSync(path);
    const second = await takeLock(path);
    expect(second).not.toBeNull();
    expect(await takeLock(path)).toBeNull();
    await first!.release();
    expect(await takeLock(path)).toBeNull();
    await second!.release();
  });

  it("works with perl where flock is missing, and says what it needs where both are", async () => {
    const path = join(home.home, "x.lock");
    const before = process.env["PATH"];
    const bin = join(home.home, "bin");
    mkdirSync(bin);
    try {
      writeFileSync(join(bin, "perl"), '#!/bin/sh\nexec /usr/bin/perl "$@"\n', { mode: 0o755 });
      process.env["PATH"] = bin;
      const lock = await takeLock(path);
      expect(await takeLock(path)).toBeNull();
      await lock!.release();
      rmSync(join(bin, "perl"));
      await expect(takeLock(path)).rejects.toThrow(/util-linux/);
    } finally {
      process.env["PATH"] = before;
    }
  });
});
