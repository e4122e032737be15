import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { configure } from "../src/host/configure.ts";
import { CommandWalls, surroundings } from "../src/host/walls/command-walls.ts";
import { openTrial } from "../src/host/trial/trial.ts";
import { wallsFor } from "../src/policy/sandbox/walls.ts";
import { nodeSystem } from "../src/system/node.ts";

/**
 * What a trial costs beyond the same command in the sandbox, with everything that belongs to it: the folders of the view, the
 * look at what was written. `node bench/trial.ts [RUNS]`
 */
const runs = Number(process.argv[2] ?? 40);
const scratch = mkdtempSync("/var/tmp/codex-agent-bench-trial-");
const workspace = join(scratch, "workspace");
for (let folder = 0; folder < 100; folder++) {
  const path = join(workspace, `folder-${folder}`);
  mkdirSync(path, { recursive: true });
  for (let file = 0; file < 100; file++) writeFileSync(join(path, `file-${file}`), "x".repeat(2000));
}
const machine = nodeSystem();
const variables = {
  ...machine.environment.variables,
  CODEX_HOME: join(scratch, "home"),
  AGENT_RUNTIME_DIR: join(scratch, "runtime"),
};
mkdirSync(variables.CODEX_HOME);
const system = { ...machine, environment: { ...machine.environment, variables } };
const config = await configure({ cwd: workspace, sandbox: "workspace-write" }, system);
const walls = new CommandWalls(system);
const around = surroundings(config, system);
const place = { config, surroundings: around, walls, system };

const run = (argv: readonly string[]): void =>
  void execFileSync(argv[0]!, argv.slice(1), { cwd: workspace, stdio: "ignore" });
const timed = async (work: () => Promise<void>): Promise<number> => {
  const start = performance.now();
  await work();
  return performance.now() - start;
};

async function sandboxed(command: readonly string[]): Promise<void> {
  const { sandbox } = await walls.find(config);
  const { argv, release } = sandbox!.enclose(command, workspace, wallsFor(around));
  run(argv);
  release();
}

/** Up to the answer; what is thrown away goes behind it. */
async function tried(command: readonly string[]): Promise<number> {
  const start = performance.now();
  const trial = await openTrial(place);
  if (typeof trial === "string") throw new Error(trial);
  const { argv, release } = trial.enclose(command, workspace);
  run(argv);
  release();
  await trial.look();
  const end = performance.now();
  await trial.close();
  return end - start;
}

const median = (values: readonly number[]): number => values.toSorted((one, other) => one - other)[values.length >> 1]!;
const commands = {
  "changes nothing": ["/bin/true"],
  "changes three files": ["/bin/sh", "-c", "for f in 1 2 3; do echo x > folder-$f/file-1; done"],
};
for (const [what, command] of Object.entries(commands)) {
  await sandboxed(command);
  await tried(command);
  const plain: number[] = [];
  const trials: number[] = [];
  for (let index = 0; index < runs; index++) {
    plain.push(await timed(() => sandboxed(command)));
    trials.push(await tried(command));
  }
  const told = (name: string, of: (values: readonly number[]) => number): string => {
    const [before, after] = [of(plain), of(trials)];
    return `${name}: ${before.toFixed(1)} ms in the sandbox, ${after.toFixed(1)} as a trial, ${(after - before).toFixed(1)} more`;
  };
  process.stdout.write(`${what}; ${told("median", median)}; ${told("least", (values) => Math.min(...values))}\n`);
}
await walls.close();
rmSync(scratch, { recursive: true, force: true });
