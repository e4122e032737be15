import { expect, test } from "vitest";
import { applyPatchCommand } from "../../../src/tools/apply-patch/command.ts";
import { realApplyPatch, type Outcome } from "./support/real-apply-patch.ts";
import { randomCase } from "./support/random-patch.ts";
import { contents, createWorkspace, snapshot } from "./support/workspace.ts";

const cases = Number(process.env["CODEX_AGENT_PATCH_CASES"] ?? 2000);
const seed = Number(process.env["CODEX_AGENT_PATCH_SEED"] ?? 3);
const atOnce = 4;

interface Run extends Outcome {
  before: Record<string, string>;
  after: Record<string, string>;
}
interface Comparison {
  patch: string;
  real: Run;
  ours: Run;
}

const isMove = (patch: string): boolean => patch.includes("*** Move to: ");
const sameFiles = (a: Run, b: Run): boolean => JSON.stringify(contents(a.after)) === JSON.stringify(contents(b.after));

/** Where the two may differ, and why that is wanted. Each names the one respect in which it excuses a case. */
const wantedDifferences: { name: string; reason: string; excuses(comparison: Comparison): boolean }[] = [
  {
    name: "move onto itself",
    reason: "the real one deletes the file that it has just written",
    excuses: ({ patch, real, ours }) =>
      isMove(patch) &&
      real.exitCode === 0 &&
      ours.exitCode === 0 &&
      real.stdout === ours.stdout &&
      Object.keys(real.after).length < Object.keys(ours.after).length &&
      Object.entries(contents(real.after)).every(([path, what]) => contents(ours.after)[path] === what),
  },
  {
    name: "mode of a moved file",
    reason: "the real one makes a new file, so that a moved script can no longer be executed",
    excuses: ({ patch, real, ours }) =>
      isMove(patch) &&
      real.exitCode === 0 &&
      ours.exitCode === 0 &&
      real.stdout === ours.stdout &&
      sameFiles(real, ours),
  },
  {
    name: "tab or carriage return in a name",
    reason: "the real one loses the character and works on another file",
    excuses: ({ patch }) => /^\s*\*\*\* (?:Add|Delete|Update|Move)[^\n]*: [^\n]*[^\s][\t\r]+[^\s]/m.test(patch),
  },
  {
    name: "words for a file that is not UTF-8",
    reason: "ours says so without the words of a library",
    excuses: ({ real, ours }) =>
      / utf-8 (?:byte )?sequence /.test(real.stderr) && ours.stderr.includes("not UTF-8 text"),
  },
  {
    name: "words for a wrong environment id",
    reason: "the text is not part of the protocol",
    excuses: ({ real, ours }) => real.stderr.includes("environment_id") && ours.stderr.includes("environment id"),
  },
];

function isSame({ real, ours }: Comparison): boolean {
  if (real.exitCode !== ours.exitCode || real.stdout !== ours.stdout || real.stderr !== ours.stderr) return false;
  return real.exitCode !== 0 || JSON.stringify(real.after) === JSON.stringify(ours.after);
}

async function runCase(index: number): Promise<Comparison> {
  const { tree, patch } = randomCase(seed, index);
  const run = async (apply: (patch: string, cwd: string) => Outcome | Promise<Outcome>): Promise<Run> => {
    using workspace = createWorkspace(tree);
    const before = snapshot(workspace.root);
    const outcome = await apply(patch.replaceAll("/workspace", workspace.cwd), workspace.cwd);
    const clean = (text: string): string =>
      text.replaceAll(workspace.cwd, "/workspace").replaceAll(workspace.root, "/root");
    const after = snapshot(workspace.root);
    return { exitCode: outcome.exitCode, stdout: clean(outcome.stdout), stderr: clean(outcome.stderr), before, after };
  };
  return { patch, real: await run(realApplyPatch), ours: await run(applyPatchCommand) };
}

test(`${cases} random patches have the verdict, the words and the files of the real Codex (seed ${seed})`, async () => {
  const excused = new Map(wantedDifferences.map(({ name }) => [name, 0]));
  let succeeded = 0;
  let next = 0;
  async function worker(): Promise<void> {
    while (next < cases) {
      const index = next++;
      const comparison = await runCase(index);
      if (comparison.ours.exitCode === 0) succeeded++;
      else {
        expect(comparison.ours.after, `case ${index}: a failed patch has changed something`).toEqual(
          comparison.ours.before,
        );
      }
      if (isSame(comparison)) continue;
      const difference = wantedDifferences.find(({ excuses }) => excuses(comparison));
      expect(difference, `case ${index} differs:\n${JSON.stringify(comparison, null, 1)}`).toBeDefined();
      excused.set(difference!.name, excused.get(difference!.name)! + 1);
    }
  }
  await Promise.all(Array.from({ length: atOnce }, worker));
  const counts = wantedDifferences.map(({ name, reason }) => `  ${excused.get(name)} x ${name}: ${reason}`);
  process.stdout.write(`${succeeded} of ${cases} patches applied; wanted differences:\n${counts.join("\n")}\n`);
  // Were nearly all patches refused, agreement would say little.
  expect(succeeded).toBeGreaterThan(cases / 5);
}, 600_000);
