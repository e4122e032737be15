import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { appendInputHistory, readInputHistory } from "../../src/journal/input-history.ts";
import { nameThread, readThreadNames } from "../../src/journal/thread-names.ts";
import { nodeSystem } from "../../src/system/node.ts";
import type { System } from "../../src/system/ports.ts";
import { temporaryHome } from "./support/journals.ts";

let home: ReturnType<typeof temporaryHome>;
beforeEach(() => void (home = temporaryHome()));
afterEach(() => home.remove());

const system = nodeSystem();
const names = (): string => join(home.home, "session_index.jsonl");
const history = (): string => join(home.home, "history.jsonl");
const type = (on: System, text: string): void => appendInputHistory(on, home.home, { threadId: "t", text }, null);

/** Its disk takes half of what is written. `meanwhile` is done before it says so. */
function fullDisk(meanwhile = (): void => {}): System {
  const openAppend: System["files"]["openAppend"] = (path, mode) => {
    const file = system.files.openAppend(path, mode);
    return {
      ...file,
      write(text) {
        file.write(text.slice(0, text.length / 2));
        meanwhile();
        throw Object.assign(new Error("no space left on device"), { code: "ENOSPC" });
      },
    };
  };
  return { ...system, files: { ...system.files, openAppend } };
}

test("a thread is named although the list of names ends in half a line", async () => {
  await nameThread(system, home.home, "a", "first");
  writeFileSync(names(), '{"id":"b","thre', { flag: "a" });
  await nameThread(system, home.home, "b", "new name");
  expect([...readThreadNames(system.files, home.home)]).toEqual([
    ["a", "first"],
    ["b", "new name"],
  ]);
});

test("an input is kept although the history ends in half a line", () => {
  type(system, "first");
  writeFileSync(history(), '{"session_id":"t","ts":1,"te', { flag: "a" });
  type(system, "second");
  expect(readInputHistory(system, home.home, 10)).toEqual(["first", "second"]);
});

test("what a full disk took of a line is not left in the file", async () => {
  await nameThread(system, home.home, "a", "first");
  type(system, "first");
  const before = [readFileSync(names(), "utf8"), readFileSync(history(), "utf8")];
  await expect(nameThread(fullDisk(), home.home, "b", "second")).rejects.toThrow(`The list of names ${names()} cannot`);
  expect(() => type(fullDisk(), "second")).toThrow(`The list of inputs ${history()} cannot be written`);
  expect([readFileSync(names(), "utf8"), readFileSync(history(), "utf8")]).toEqual(before);
});

test("what somebody else wrote behind half a line is left in the file", () => {
  const other = '\n{"session_id":"u","ts":1,"text":"theirs"}\n';
  expect(() =>
    type(
      fullDisk(() => writeFileSync(history(), other, { flag: "a" })),
      "mine",
    ),
  ).toThrow("cannot be written");
  expect(readInputHistory(system, home.home, 10)).toEqual(["theirs"]);
});
