import { defineConfig } from "vitest/config";
import { LongestFirst } from "./tests/support/longest-first.ts";

// .ci/run reads the counts of a run from this file.
const report = process.env["CODEX_AGENT_TEST_REPORT"];

// Neither changes what is its process's own: files of these share one, and do not wait for it to start.
const sharing = ["config", "journal", "kernel", "model", "protocol", "policy/{effects,engine,rules,shell}"].map(
  (folder) => `tests/${folder}/**/*.test.ts`,
);
const exclude = ["tests/oracle/**", "tests/fixtures/**"];

export default defineConfig({
  test: {
    projects: [
      { extends: true, test: { name: "alone", include: ["tests/**/*.test.ts"], exclude: [...exclude, ...sharing] } },
      { extends: true, test: { name: "sharing", include: sharing, exclude, isolate: false } },
    ],
    globalSetup: ["tests/support/global-setup.ts"],
    // One more than the cores of a small machine: much of the time is waited for processes.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    // Tests wait for conditions; this only ends what will never come, and leaves room on a machine that is busy.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    reporters: report === undefined ? ["default"] : ["default", ["json", { outputFile: report }]],
  },
});
