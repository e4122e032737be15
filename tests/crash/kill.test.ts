import { expect, it } from "vitest";
import { type CrashReport, crashOnce } from "./crash-run.ts";

const seeds = Array.from({ length: 20 }, (_, index) => index + 1);
const reports: CrashReport[] = [];

// Chance in time comes on top of a seed: `npm run crash -- 10 SEED` tries one and those after it again.
it.each(seeds)("a turn of 20 calls that is killed breaks no promise, seed %i", { timeout: 120_000 }, async (seed) => {
  const report = await crashOnce(seed);
  reports.push(report);
  expect(report.faults.map((fault) => `seed ${seed}: ${fault}`)).toEqual([]);
});

it("these kills hit what they are for", ({ skip }) => {
  // Of some of the seeds alone nothing can be said.
  if (reports.length < seeds.length) skip();
  const sum = (key: "kills" | "unknownOutcomes" | "leftBehind" | "realResumes"): number =>
    reports.reduce((total, report) => total + report[key], 0);
  expect(sum("kills")).toBeGreaterThan(10);
  expect(sum("unknownOutcomes")).toBeGreaterThan(0);
  expect(sum("leftBehind")).toBeGreaterThan(0);
  expect(sum("realResumes")).toBeGreaterThan(0);
});
