import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Ledger, openLedger } from "../../../src/journal/ledger/ledger.ts";
import { LedgerDayBook } from "../../../src/journal/ledger/usage-day.ts";
import type { Bucket, Tokens as Counts } from "../../../src/journal/usage/file-usage.ts";
import { type DatedUsage, localDay } from "../../../src/journal/usage/report.ts";
import { measure, type Tokens } from "../../../src/policy/budget/amounts.ts";
import type { Booking } from "../../../src/policy/budget/day-book.ts";
import { Prices } from "../../../src/model/prices.ts";
import { createIds } from "../../../src/system/ids.ts";
import { nodeSystem } from "../../../src/system/node.ts";

const system = nodeSystem();
const ids = createIds(system.clock, system.random);
const day = "2026-11-21";
const booking: Booking = { day, threadId: "t", model: "m", tokens: { input: 1000, cached: 0, output: 0 } };

let home = "";
let ledger: Ledger;
beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), "usage-day-"));
  ledger = await openLedger(home, system);
});
afterEach(() => {
  ledger.close();
  rmSync(home, { recursive: true, force: true });
});

/** A book of a process of that number, of which `alive` are seen. */
const bookOf = (pid: number, alive: readonly number[] = []): LedgerDayBook =>
  new LedgerDayBook(ledger, { ...system.processes, pid, isAlive: (other) => alive.includes(other) }, ids);

/** Of a thread that used this in a quarter of an hour. */
function usageAt(quarter: number, tokens: Counts): DatedUsage {
  const bucket: Bucket = {
    quarter,
    model: "m",
    requests: 1,
    tokens,
    reasoning: 0,
    causes: {},
    misses: {},
    lost: { requests: 0, tokens: 0 },
  };
  return { threadId: "t", parentThreadId: null, cwd: "/", modifiedMs: 0, buckets: [bucket] };
}

/** Tokens that a day has used, bookings included. */
function usedOn(book: LedgerDayBook, when: string): number | null {
  let seen: number | null = null;
  book.reserve({ ...booking, day: when }, (used) => {
    seen = measure(used, "tokens", new Prices());
    return false;
  });
  return seen;
}

test("a request counts as booked while it is under way, and then as what it took", () => {
  const book = bookOf(1);
  const id = book.reserve(booking, () => true)!;
  expect(usedOn(book, day)).toBe(1000);
  book.settle(id, booking, { input: 900, cached: 100, output: 50 }, day);
  expect(usedOn(book, day)).toBe(950);
});

test("what does not fit leaves nothing behind", () => {
  const book = bookOf(1);
  expect(book.reserve(booking, () => false)).toBeNull();
  expect(usedOn(book, day)).toBe(0);
});

test("each day has its own sums, in whichever order the clock brings them", () => {
  const book = bookOf(1);
  const id = book.reserve(booking, () => true)!;
  expect(usedOn(book, "2026-11-22")).toBe(0);
  book.settle(id, booking, { input: 1000, cached: 0, output: 10 }, day);
  expect(usedOn(book, "2026-11-22")).toBe(0);
  expect(usedOn(book, day)).toBe(1010);
});

describe("a request whose answer comes after midnight", () => {
  const answered = new Date(2026, 10, 22, 0, 1).getTime();
  const next = localDay(answered);
  const took: Tokens = { input: 1200, cached: 0, output: 30 };
  /** What its thread's file tells of it. */
  const filed = [usageAt(Math.floor(answered / 900_000), [1200, 0, 30])];

  test("counts on the day of its answer alone, as its thread's file has it", () => {
    const book = bookOf(1);
    const id = book.reserve(booking, () => true)!;
    book.settle(id, booking, took, next);
    book.takeUp(next, filed);
    expect([usedOn(book, day), usedOn(book, next)]).toEqual([0, 1230]);
  });

  test("takes back what others counted for it on the day before", () => {
    const hidden = bookOf(1);
    const id = hidden.reserve(booking, () => true)!;
    const other = bookOf(2);
    expect(usedOn(other, day)).toBe(1000);
    hidden.settle(id, booking, took, next);
    other.takeUp(next, filed);
    expect([usedOn(other, day), usedOn(other, next)]).toEqual([0, 1230]);
  });
});

test("bookings of a living process stand, those of a dead one count as used", () => {
  bookOf(1).reserve(booking, () => true);
  bookOf(2).reserve(booking, () => true);
  const book = bookOf(3, [2]);
  expect(usedOn(book, day)).toBe(2000);
  expect(ledger.database.all("SELECT pid FROM day_booked")).toEqual([{ pid: 2 }]);
});

test("a process that was taken for dead corrects what was counted for it", () => {
  const hidden = bookOf(1);
  const id = hidden.reserve(booking, () => true)!;
  const other = bookOf(2);
  expect(usedOn(other, day)).toBe(1000);
  hidden.settle(id, booking, { input: 1200, cached: 0, output: 30 }, day);
  expect(usedOn(other, day)).toBe(1230);
});

test("what threads used without being counted is taken up, once", () => {
  const quarter = Math.floor(Date.now() / 900_000);
  const today = localDay(Date.now());
  const usage = (tokens: Counts): DatedUsage => {
    const { buckets, ...rest } = usageAt(quarter, tokens);
    return { ...rest, buckets: [...buckets, ...usageAt(quarter - 500, [7, 0, 0]).buckets] };
  };
  const book = bookOf(1);
  book.takeUp(today, [usage([500, 100, 20])]);
  book.takeUp(today, [usage([500, 100, 20])]);
  expect(usedOn(book, today)).toBe(520);
  book.settle(
    book.reserve({ ...booking, day: today }, () => true)!,
    { ...booking, day: today },
    { input: 80, cached: 0, output: 0 },
    today,
  );
  // Counted here as well by now: the file says no more than the ledger.
  book.takeUp(today, [usage([580, 100, 20])]);
  expect(usedOn(book, today)).toBe(600);
});

test("processes side by side are granted together what one alone would be", async () => {
  const source = (path: string): string => JSON.stringify(join(import.meta.dirname, "../../../src", path));
  const script = `
    import { openLedger } from ${source("journal/ledger/ledger.ts")};
    import { LedgerDayBook } from ${source("journal/ledger/usage-day.ts")};
    import { createIds } from ${source("system/ids.ts")};
    import { nodeSystem } from ${source("system/node.ts")};
    const system = nodeSystem();
    const book = new LedgerDayBook(await openLedger(process.argv[1], system), system.processes, createIds(system.clock, system.random));
    const booking = { day: "${day}", threadId: String(process.pid), model: "m", tokens: { input: 1000, cached: 0, output: 0 } };
    const fits = (used) => [...used.values()].reduce((sum, { input }) => sum + input, 0) + 1000 <= 30_000;
    let granted = 0;
    for (let id = book.reserve(booking, fits); id !== null; id = book.reserve(booking, fits)) {
      granted++;
      if (granted % 2 === 0) book.settle(id, booking, booking.tokens, booking.day);
    }
    console.log(granted);`;
  const granted = await Promise.all(
    Array.from({ length: 3 }, async () => {
      const child = spawn(process.execPath, ["--input-type=module-typescript", "-e", script, home], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      let said = "";
      child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
      await once(child, "close");
      return Number(said);
    }),
  );
  expect(granted.reduce((sum, each) => sum + each, 0)).toBe(30);
});

test("the local day follows the zone of the clock", () => {
  const source = `import { type DatedUsage, localDay } from ${JSON.stringify(join(import.meta.dirname, "../../../src/journal/usage/report.ts"))};
    console.log(localDay(Date.parse("2026-11-21T23:30:00Z")));`;
  const dayIn = (zone: string): string =>
    spawnSync(process.execPath, ["--input-type=module-typescript", "-e", source], {
      env: { ...process.env, TZ: zone },
      encoding: "utf8",
    }).stdout.trim();
  expect(dayIn("Etc/UTC")).toBe("2026-11-21");
  expect(dayIn("Asia/Kolkata")).toBe("2026-11-22");
});
