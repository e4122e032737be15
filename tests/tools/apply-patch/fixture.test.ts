import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { applyPatchCommand } from "../../../src/tools/apply-patch/command.ts";
import { contents, createWorkspace, file, snapshot } from "./support/workspace.ts";

interface FixtureCase {
  name: string;
  files: Record<string, string>;
  patch: string;
  exit_code: number;
  stdout: string;
  stderr: string;
  after: Record<string, string>;
}

const fixture = new URL("../../fixtures/codex/apply-patch-cases.json", import.meta.url);
const cases = JSON.parse(readFileSync(fixture, "utf8")) as FixtureCase[];

/** What is left in the folder where ours is meant to differ. */
const wantedAfter: Record<string, (fixtureCase: FixtureCase) => Record<string, string>> = {
  // The real one deletes the file.
  "move-to-same": () => ({ "a.txt": "one\nTWO\nthree\nfour\nfive\n" }),
  // The real one stops halfway.
  "partial-failure-second-op": ({ files }) => files,
  "partial-failure-delete-missing": ({ files }) => files,
};

test.each(cases)("$name", (fixtureCase) => {
  const { files, patch, name } = fixtureCase;
  using workspace = createWorkspace(
    Object.fromEntries(Object.entries(files).map(([path, text]) => [path, file(text)])),
  );
  const here = (text: string): string => text.replaceAll("/workspace", workspace.cwd);
  const result = applyPatchCommand(here(patch), workspace.cwd);
  expect(result).toEqual({
    exitCode: fixtureCase.exit_code,
    stdout: here(fixtureCase.stdout),
    stderr: here(fixtureCase.stderr),
  });
  const after = wantedAfter[name]?.(fixtureCase) ?? fixtureCase.after;
  const expected = Object.fromEntries(
    Object.entries(after).map(([path, text]) => [path, Buffer.from(text).toString("latin1")]),
  );
  expect(contents(snapshot(workspace.cwd))).toEqual(expected);
});
