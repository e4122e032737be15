import { expect, test, vi } from "vitest";
import { Dice } from "../support/dice.ts";
import { SimulatedDisk } from "./simulated-disk.ts";
import * as calls from "./system-calls.ts";

vi.mock("node:fs", () => import("./system-calls.ts"));

const { live } = await import("./life.ts");

// A simulation that lets every mistake through would pass as well: each of these must be noticed.
test.each([
  ["no sync at the end", /turn \S+ was completed and is/],
  ["no sync before a call", /was started, and the disk does not know/],
  ["no sync of folders", /the thread does not open/],
  ["no cut at a hole", /a hole was left/],
] as const)(
  "a product that makes the mistake `%s` is found out",
  async (mistake, expected) => {
    const found: string[] = [];
    for (let seed = 1; seed <= 60; seed++) {
      const { faults, holes } = await live(seed, mistake);
      found.push(...faults, ...(holes > 0 ? ["a hole was left"] : []));
    }
    expect(found.filter((fault) => expected.test(fault)).length).toBeGreaterThan(3);
  },
  120_000,
);

const home = (disk: SimulatedDisk): SimulatedDisk => {
  calls.mount(disk);
  calls.mkdirSync("/home");
  calls.fsyncSync(calls.openSync("/", "r"));
  return disk;
};

const write = (path: string, text: string): number => {
  const descriptor = calls.openSync(path, "a");
  calls.writeSync(descriptor, Buffer.from(text));
  return descriptor;
};

/** What is found at the path after each of many power cuts; null where there is nothing. */
function outcomes(disk: SimulatedDisk, path: string): Set<string | null> {
  const found = new Set<string | null>();
  for (let seed = 1; seed <= 300; seed++) {
    calls.mount(disk.afterPowerCut(new Dice(seed)));
    found.add(calls.statSync(path) === undefined ? null : (calls.readFileSync(path, "utf8") as string));
  }
  return found;
}

test("a file whose content was synced may have lost its name", () => {
  const disk = home(new SimulatedDisk());
  calls.fsyncSync(write("/home/a", "one"));
  expect(outcomes(disk, "/home/a")).toEqual(new Set([null, "one"]));
});

test("what was synced by content and name is whole; what came later is there, missing, or zeros", () => {
  const disk = home(new SimulatedDisk());
  const descriptor = write("/home/a", "one");
  calls.fsyncSync(descriptor);
  calls.fsyncSync(calls.openSync("/home", "r"));
  calls.writeSync(descriptor, Buffer.from("-two"));
  expect(outcomes(disk, "/home/a")).toEqual(new Set(["one", "one-two", "one\0\0\0\0"]));
});

test("later pages may be kept without earlier ones", () => {
  const disk = home(new SimulatedDisk());
  const descriptor = write("/home/a", "a".repeat(4096));
  calls.writeSync(descriptor, Buffer.from("b".repeat(4096)));
  calls.fsyncSync(calls.openSync("/home", "r"));
  expect(outcomes(disk, "/home/a")).toContain(`${"\0".repeat(4096)}${"b".repeat(4096)}`);
});

test("a sync keeps what was written before it began, and nothing that came while it ran", async () => {
  const disk = home(new SimulatedDisk());
  const descriptor = write("/home/a", "one");
  calls.fsyncSync(calls.openSync("/home", "r"));
  await new Promise<void>((done) => {
    calls.fsync(descriptor, () => done());
    calls.writeSync(descriptor, Buffer.from("-two"));
  });
  const found = outcomes(disk, "/home/a");
  expect(found).toContain("one");
  expect([...found].every((text) => text?.startsWith("one"))).toBe(true);
});

test("a rename that was not synced has happened or not", () => {
  const disk = home(new SimulatedDisk());
  calls.fsyncSync(write("/home/a", "old"));
  calls.fsyncSync(calls.openSync("/home", "r"));
  calls.fsyncSync(write("/home/b", "new"));
  calls.renameSync("/home/b", "/home/a");
  expect(outcomes(disk, "/home/a")).toEqual(new Set(["old", "new"]));
});

test("a killed program leaves everything that it had written", () => {
  const disk = home(new SimulatedDisk());
  write("/home/a", "one");
  calls.mount(disk.afterKill());
  expect(calls.readFileSync("/home/a", "utf8")).toBe("one");
});
