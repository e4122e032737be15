import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { statesOf } from "../../../src/journal/rewind/changes.ts";
import { neverCovered } from "../../../src/journal/rewind/coverage.ts";
import { ShadowGit } from "../../../src/journal/rewind/shadow-git.ts";
import { takeSnapshot } from "../../../src/journal/rewind/snapshot.ts";
import { nodeSystem } from "../../../src/system/node.ts";

let root: string;
beforeEach(() => (root = realpathSync(mkdtempSync("/var/tmp/rewind-unit-"))));
afterEach(() => rmSync(root, { recursive: true }));

const write = (name: string, text: string | Uint8Array): void => {
  mkdirSync(dirname(join(root, name)), { recursive: true });
  writeFileSync(join(root, name), text);
};

function systemWith(variables: Record<string, string>) {
  const system = nodeSystem();
  const { PATH = "" } = system.environment.variables;
  const environment = {
    ...system.environment,
    home: join(root, "home"),
    variables: { PATH, HOME: join(root, "home"), ...variables },
  };
  return { ...system, environment };
}

it("homes that lie in the workspace are no part of it, by whatever path they are named", async () => {
  for (const name of ["kept", "codex/sessions/rollout", "runtime/threads/ledger", "else/codex"])
    write(`work/${name}`, name);
  mkdirSync(join(root, "work/runtime/empty"));
  symlinkSync("work", join(root, "way"));
  const system = systemWith({ CODEX_HOME: join(root, "way/codex"), AGENT_RUNTIME_DIR: join(root, "way/runtime") });
  const git = ShadowGit.open(system, join(root, "way/runtime"), join(root, "work"));
  const taken = await takeSnapshot(git, system);
  if (taken.type !== "taken") throw new Error(taken.why);
  expect([...(await statesOf(git, taken.snapshot)).keys()]).toEqual(["else/codex", "kept"]);
  expect(neverCovered(system, join(root, "work/codex"))).toContain("home");
  expect(neverCovered(system, join(root, "work/runtime"))).toContain("home");
  expect(neverCovered(system, join(root, "work/codex/worktrees"))).toBeNull();
});
