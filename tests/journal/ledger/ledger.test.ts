import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { openLedger } from "../../../src/journal/ledger/ledger.ts";
import { nodeSystem } from "../../../src/system/node.ts";

const homes: string[] = [];

function makeHome(): string {
  const home = join(mkdtempSync(join(tmpdir(), "ledger-")), "runtime");
  homes.push(home);
  return home;
}

afterEach(() => {
  for (const home of homes.splice(0)) rmSync(join(home, ".."), { recursive: true, force: true });
});

test("the ledger can be read by its user alone", async () => {
  const home = makeHome();
  const ledger = await openLedger(home, nodeSystem());
  ledger.database.run("CREATE TABLE example (name TEXT)");
  const modes = readdirSync(home).map((name) => statSync(join(home, name)).mode & 0o777);
  expect(modes.length).toBeGreaterThan(1);
  expect(new Set(modes)).toEqual(new Set([0o600]));
  expect(statSync(home).mode & 0o777).toBe(0o700);
  ledger.close();
});

test("what was written is there for the next one, and half a change is not", async () => {
  const home = makeHome();
  const first = await openLedger(home, nodeSystem());
  first.database.run("CREATE TABLE example (name TEXT)");
  first.database.run("INSERT INTO example VALUES (?)", "kept");
  expect(() =>
    first.database.transaction(() => {
      first.database.run("INSERT INTO example VALUES (?)", "lost");
      throw new Error("stopped");
    }),
  ).toThrow("stopped");
  first.close();
  const second = await openLedger(home, nodeSystem());
  expect(second.database.all("SELECT name FROM example")).toEqual([{ name: "kept" }]);
  expect(second.warnings).toEqual([]);
  second.close();
});

test("who writes waits half a minute for another process that is held up while it writes", async () => {
  const ledger = await openLedger(makeHome(), nodeSystem());
  expect(ledger.database.all("PRAGMA busy_timeout")).toEqual([{ timeout: 30_000 }]);
  ledger.close();
});

test("a damaged ledger is put aside, said, and begun anew", async () => {
  const home = makeHome();
  (await openLedger(home, nodeSystem())).close();
  writeFileSync(join(home, "ledger.sqlite"), "this is no database, whatever its name says".repeat(100));
  const ledger = await openLedger(home, nodeSystem());
  expect(ledger.warnings[0]).toMatch(/damaged .* put aside/);
  expect(readdirSync(home).some((name) => name.startsWith("ledger.sqlite.damaged-"))).toBe(true);
  expect(ledger.database.all("SELECT 1 AS one")).toEqual([{ one: 1 }]);
  ledger.close();
});
