import { defineConfig } from "vitest/config";
import { LongestFirst } from "./tests/support/longest-first.ts";

// .ci/run reads the counts of a run from this file.
const report = process.env["CODEX_AGENT_TEST_REPORT"];

// Long ones, those that put something of their own in the place of a module, and those whose helpers tidy up once per
// process. All others leave their process as they found it: they share one per worker, and do not wait for it to start.
const alone = [
  "tests/conformance/{exec,random-streams}.test.ts",
  "tests/{crash,power-cut}/**/*.test.ts",
  "tests/policy/escapes/**/*.test.ts",
  "tests/sdk/**/*.test.ts",
];
const exclude = ["tests/oracle/**", "tests/fixtures/**"];

export default defineConfig({
  test: {
    projects: [
      { extends: true, test: { name: "alone", include: alone, exclude } },
      {
        extends: true,
        test: { name: "sharing", include: ["tests/**/*.test.ts"], exclude: [...exclude, ...alone], isolate: false },
      },
    ],
    globalSetup: ["tests/support/global-setup.ts"],
    // Two more than the cores of a small machine: much of the time is waited for processes.
    maxWorkers: 4,
    sequence: { sequencer: LongestFirst },
    // Tests wait for conditions; this only ends what will never come, and leaves room on a machine that is busy.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 100_000 } },
    reporters: report === undefined ? ["default"] : ["default", ["json", { outputFile: report }]],
  },
});
