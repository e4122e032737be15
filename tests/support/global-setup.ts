import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Placeholders } from "../../src/policy/sandbox/placeholders.ts";
import { protectedNames } from "../../src/policy/sandbox/walls.ts";
import { nodeSystem } from "../../src/system/node.ts";

const root = join(import.meta.dirname, "..", "..");
const parts = ["node_modules/@openai/codex/package.json", "node_modules/@openai/codex-sdk/package.json"];

/**
 * A folder for this run, with the rights of the one that it is in. Linux keeps a file system's new files near their
 * folder, and goes there past each one that was deleted in the last minutes: many of ours would lie there. With this
 * attribute every folder in it gets a place of its own; where there is no such thing, tests only take longer.
 */
function makeScratch(parent: string): string {
  const folder = mkdtempSync(join(parent, "ca-"));
  chmodSync(folder, 0o1777);
  spawnSync("chattr", ["+T", folder], { stdio: "ignore" });
  return folder;
}

/** A test that finds no real Codex to compare with would prove nothing: the run stops here instead. */
export default function setup(): () => void {
  const missing = parts.filter((part) => !existsSync(join(root, "tests", "oracle", part)));
  if (missing.length > 0) {
    const names = missing.join(", ");
    throw new Error(`The real Codex is not installed (tests/oracle: ${names}); \`npm test\` installs it.`);
  }
  const [scratch, temporary] = [makeScratch("/var/tmp"), makeScratch(tmpdir())];
  // Found there, it is run: nobody else may write to it.
  mkdirSync(join(scratch, "compiled"), { mode: 0o700 });
  process.env["CODEX_AGENT_TEST_SCRATCH"] = scratch;
  process.env["TMPDIR"] = temporary;
  // Every real Codex of these tests guards them in /tmp, knows only of those with its own TMPDIR, and removes them when it
  // ends: a command that another has just planned would not start.
  const guarded = new Placeholders(nodeSystem());
  guarded.hold(protectedNames.map((name) => join("/tmp", name)));
  return () => {
    guarded.close();
    for (const folder of [scratch, temporary]) {
      try {
        rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
      } catch (error) {
        process.stderr.write(`${folder} is left, with what tests have left in it: ${String(error)}\n`);
      }
    }
  };
}
