import { existsSync, readFileSync } from "node:fs";
import { afterEach, beforeEach, expect, test } from "vitest";
import { RolloutStore } from "../../src/journal/store.ts";
import type { AppendFile, System } from "../../src/system/ports.ts";
import { ActedModel, answers, bench, call, input, say, tool } from "../kernel/kit.ts";
import {
  answer,
  completed,
  ids,
  newThread,
  prompt,
  sketch,
  started,
  system,
  temporaryHome,
} from "../journal/support/journals.ts";
import { expectSound } from "./support/stages.ts";

let home: ReturnType<typeof temporaryHome>;
beforeEach(() => void (home = temporaryHome()));
afterEach(() => home.remove());

const errorOf = (code: string): Error => Object.assign(new Error(`${code}: it fails`), { code });

/** The home's threads, on a disk whose open files do something else now and then. */
function storeWith(change: (file: AppendFile) => Partial<AppendFile>): RolloutStore {
  const openAppend = (path: string, mode?: number): AppendFile => {
    const file = system.files.openAppend(path, mode);
    return { ...file, ...change(file) };
  };
  const failing: System = { ...system, files: { ...system.files, openAppend } };
  return new RolloutStore(failing, home.home);
}

const failingSync = (code: string, times: number): RolloutStore => {
  let left = times;
  return storeWith((file) => ({ sync: () => (left-- > 0 ? Promise.reject(errorOf(code)) : file.sync()) }));
};

const failed = (message: RegExp) =>
  expect.objectContaining({ code: "storage_failed", message: expect.stringMatching(message) });

test("after a sync that failed nothing is promised any more: the next one would succeed without what was lost", async () => {
  const journal = failingSync("EIO", 1).create(newThread(ids.uuid()));
  journal.append([started("t1"), prompt("t1", "one", 0)]);
  await expect(journal.sync()).rejects.toEqual(
    failed(/cannot be written: EIO.* Check its disk, then resume the thread\.$/),
  );
  await expect(journal.sync()).rejects.toEqual(failed(/EIO/));
  await journal.close();
  const again = await home.store.resume(journal.threadId);
  await again.journal.sync();
  await again.journal.close();
});

test("a sync that only lacked a descriptor is tried again", async () => {
  const journal = failingSync("EMFILE", 1).create(newThread(ids.uuid()));
  journal.append([started("t1")]);
  await expect(journal.sync()).rejects.toEqual(failed(/EMFILE.* Raise the limit on open files/));
  await journal.sync();
  await journal.close();
});

test("a call that must not run twice does not run when its start cannot be synced, and the turn says why", async () => {
  let ran = 0;
  const journal = failingSync("EIO", 100).create(newThread(ids.uuid()));
  const table = bench({
    client: new ActedModel([answers(call("c1", "change")), answers(say("end"))]),
    tools: [tool("change", () => (ran++, "done"), { effect: "once" })],
    journal: () => journal,
  });
  table.thread.submit(input("go"));
  await table.thread.idle();
  await table.thread.close();
  expect(ran).toBe(0);
  expect(table.ofType("turn.completed")).toEqual([]);
  expect(table.ofType("turn.failed").map(({ error }) => error.code)).toEqual(["storage_failed"]);
});

test("a thread is not opened when what is in it cannot be synced, and is given free", async () => {
  const journal = home.store.create(newThread(ids.uuid()));
  journal.append([started("t1"), completed("t1", null)]);
  await journal.close();
  await expect(failingSync("EIO", 1).resume(journal.threadId)).rejects.toEqual(failed(/EIO/));
  const again = await home.store.resume(journal.threadId);
  await again.journal.close();
});

test("half a line that cannot be cut off at once is cut off before the next", async () => {
  let broken = false;
  const store = storeWith((file) => ({
    write(text) {
      file.write(broken ? text.slice(0, 100) : text);
      if (broken) throw errorOf("EIO");
    },
    truncate(length) {
      if (broken) throw errorOf("EIO");
      file.truncate(length);
    },
  }));
  const journal = store.create(newThread(ids.uuid()));
  journal.append([started("t1"), prompt("t1", "one", 0)]);
  broken = true;
  expect(() => journal.append([answer("t1", "lost", 1)])).toThrow(failed(/EIO/));
  expect(() => journal.append([answer("t1", "lost", 1)])).toThrow(failed(/EIO/));
  broken = false;
  journal.append([answer("t1", "kept", 1), completed("t1", "kept")]);
  await journal.close();
  expectSound(readFileSync(journal.path!, "utf8"));
  expect(sketch(home.store.read(journal.threadId).history)).toEqual(["user: one", "assistant: kept"]);
});

test("a file whose first line could not be written is not left behind", async () => {
  const journal = storeWith(() => ({
    write() {
      throw errorOf("ENOSPC");
    },
  })).create(newThread(ids.uuid()));
  expect(() => journal.append([started("t1")])).toThrow(failed(/ENOSPC/));
  await journal.close();
  expect(existsSync(journal.path!)).toBe(false);
});
