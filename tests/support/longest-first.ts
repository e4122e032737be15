import { relative } from "node:path";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Files that take more than ten seconds, the longest first: begun last, one of them would keep the others waiting. */
const longest = [
  "tests/conformance/exec.test.ts",
  "tests/conformance/random-streams.test.ts",
  "tests/policy/escapes/bubblewrap.test.ts",
  "tests/crash/kill.test.ts",
  "tests/policy/escapes/landlock.test.ts",
  "tests/policy/escapes/helper.test.ts",
  "tests/policy/escapes/bare.test.ts",
  "tests/crash/cut.test.ts",
  "tests/conformance/compaction.test.ts",
  "tests/tools/apply-patch/like-the-real-codex.test.ts",
  "tests/conformance/app-server/app-server.test.ts",
  "tests/conformance/app-server/same-as-exec.test.ts",
  "tests/conformance/bad-input.test.ts",
  "tests/tools/code-mode/hostile.test.ts",
  "tests/docs/commands.test.ts",
  "tests/conformance/sdk.test.ts",
  "tests/crash/together.test.ts",
];

/**
 * Order of a fresh clone, where no run has left its times, and of every other. Files that share a process come after those
 * that do not: it is kept only as long as the next file shares it too.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId, project }: TestSpecification): number => {
      const found = longest.indexOf(relative(project.config.root, moduleId));
      return (project.config.isolate ? 0 : longest.length + 1) + (found === -1 ? longest.length : found);
    };
    return (await super.sort(files)).sort((one, other) => place(one) - place(other));
  }
}
