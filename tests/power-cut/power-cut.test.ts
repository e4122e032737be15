import { expect, test, vi } from "vitest";

vi.mock("node:fs", () => import("./system-calls.ts"));

// Every stop of the machine is an error or several, and nobody reads where they come from.
Error.stackTraceLimit = 0;

const { live } = await import("./life.ts");

const seeds = 2000;
const first = Number(process.env["POWER_CUT_SEED"] ?? 1);

test(`whatever a power cut leaves, no promise of the journal is broken (${seeds} seeds)`, async () => {
  const failed: string[] = [];
  let turns = 0;
  let holes = 0;
  for (let seed = first; seed < first + seeds; seed++) {
    const client = await live(seed);
    turns += client.turns;
    holes += client.holes;
    if (client.faults.length > 0) failed.push(`seed ${seed}: ${client.faults.slice(0, 4).join("; ")}`);
  }
  expect(`${failed.length} seeds\n${failed.slice(0, 12).join("\n")}`).toBe("0 seeds\n");
  expect(turns).toBeGreaterThan(seeds);
  // A turn that reached the disk as a whole before its end was synced, without what was written right before it.
  expect(holes).toBeLessThan(seeds / 200);
}, 240_000);
