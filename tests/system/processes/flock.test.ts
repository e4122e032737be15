import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { takeLock } from "../../../src/system/processes/flock.ts";
import { scratchFolder } from "../../support/scratch.ts";

function folder(): string {
  const made = mkdtempSync(join(scratchFolder, "locks-"));
  onTestFinished(() => rmSync(made, { recursive: true }));
  return made;
}

test.each([
  ["with perl", process.env["PATH"]],
  ["with flock alone", null],
])("of locks that are wanted at once, each goes to one, %s", async (_what, path) => {
  const usual = process.env["PATH"];
  onTestFinished(() => void (process.env["PATH"] = usual));
  const place = folder();
  if (path === null) {
    symlinkSync("/usr/bin/flock", join(place, "flock"));
    process.env["PATH"] = place;
  }
  const names = Array.from({ length: 100 }, (_, index) => join(place, `lock-${index}`));
  const [first, second] = await Promise.all([names, names].map((all) => Promise.all(all.map(takeLock))));
  for (const [index] of names.entries()) {
    expect([first![index], second![index]].filter((lock) => lock !== null)).toHaveLength(1);
  }
  expect(await takeLock(names[7]!)).toBeNull();
  await Promise.all([...first!, ...second!].map((lock) => lock?.release()));
  const again = await Promise.all(names.map(takeLock));
  expect(again.every((lock) => lock !== null)).toBe(true);
  await Promise.all(again.map((lock) => lock?.release()));
});

test("locks are refused while no helper can be started, and taken afterwards", async () => {
  const names = Array.from({ length: 5 }, (_, index) => join(folder(), `lock-${index}`));
  // More than a program may be given: the start itself throws, as it does when memory is short.
  process.env["TOO_LARGE"] = "x".repeat(300_000);
  onTestFinished(() => void delete process.env["TOO_LARGE"]);
  const refused = await Promise.allSettled(names.map(takeLock));
  expect(refused.map((each) => each.status === "rejected" && String(each.reason))).toEqual(
    names.map(() => "Error: spawn E2BIG"),
  );
  delete process.env["TOO_LARGE"];
  const locks = await Promise.all(names.map(takeLock));
  expect(locks.every((lock) => lock !== null)).toBe(true);
  await Promise.all(locks.map((lock) => lock?.release()));
});
