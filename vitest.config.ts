import { defineConfig } from "vitest/config";

// .ci/run reads the counts of a run from this file.
const report = process.env["CODEX_AGENT_TEST_REPORT"];

export default defineConfig({
  test: {
    include: ["tests/**/*.test.ts"],
    exclude: ["tests/oracle/**", "tests/fixtures/**"],
    globalSetup: ["tests/support/global-setup.ts"],
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 30_000,
    reporters: report === undefined ? ["default"] : ["default", ["json", { outputFile: report }]],
  },
});
