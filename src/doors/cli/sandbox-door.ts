import { rmSync } from "node:fs";
import { findHomes } from "../../config/homes.ts";
import { gateTalk } from "../../host/walls/gated-walls.ts";
import { openWalls, type WalledCommand } from "../../host/walls/walled-command.ts";
import { wallNames } from "../../policy/sandbox/strength.ts";
import type { ThreadOptions } from "../../protocol/methods.ts";
import { closeInheritedDescriptors } from "../../system/processes/inherited-descriptors.ts";
import { nodeSystem } from "../../system/node.ts";
import { runWithin } from "../sandbox/run-sandbox.ts";
import type { TrialFlags } from "../sandbox/run-trial.ts";
import { makeWorkspace, selfTest } from "../sandbox/self-test.ts";

/** `codex-agent sandbox`: one command in the walls that a thread's commands would have. */
export async function sandboxDoor(argv: readonly string[], options: ThreadOptions): Promise<number> {
  closeInheritedDescriptors();
  const talk = gateTalk((message) => process.stderr.write(`codex-agent: ${message}\n`));
  const walled = await openWalls(options, nodeSystem(), talk);
  try {
    return await runWithin(walled, argv);
  } finally {
    await walled.close();
  }
}

/** `codex-agent sandbox --trial`: one command whose changes are shown before they are made. */
export async function trialDoor(argv: readonly string[], options: ThreadOptions, flags: TrialFlags): Promise<number> {
  closeInheritedDescriptors();
  const { unattended: _, ...attended } = options;
  const [{ openTried }, { runTrial }] = await Promise.all([
    import("../../host/trial/trial-command.ts"),
    import("../sandbox/run-trial.ts"),
  ]);
  // Where nothing may be written there is nothing to try.
  const sandbox = options.sandbox ?? "workspace-write";
  const tried = await openTried({ ...attended, sandbox }, nodeSystem());
  try {
    return await runTrial(tried, argv, flags);
  } finally {
    await tried.close();
  }
}

/** The home that is tried may lie in a temporary folder. */
const onlyTheWorkspace = [
  "sandbox_workspace_write.exclude_slash_tmp=true",
  "sandbox_workspace_write.exclude_tmpdir_env_var=true",
];

/** `codex-agent sandbox --self-test`: what the walls of this machine hold, as stated and as tried; 1 when less holds than stated. */
export async function selfTestDoor(options: ThreadOptions, json: boolean): Promise<number> {
  const { runtime } = findHomes(process.env as Record<string, string>);
  const workspace = makeWorkspace(runtime);
  const open = (more: readonly string[]): Promise<WalledCommand> => {
    const overrides = [...(options.overrides ?? []), ...onlyTheWorkspace, ...more];
    const chosen: ThreadOptions = { ...options, overrides, cwd: workspace, sandbox: "workspace-write" };
    return openWalls(
      chosen,
      nodeSystem(),
      gateTalk(() => {}),
    );
  };
  try {
    const walled = await open([]);
    const { rung, strength } = walled.walls!;
    await walled.close();
    const trials = await selfTest(open, workspace, runtime);
    const faults = trials.filter(({ wall, result }) => result === "passed" && strength[wall].held);
    process.stdout.write(json ? `${JSON.stringify({ rung, strength, trials })}\n` : report(rung, strength, trials));
    return faults.length === 0 ? 0 : 1;
  } finally {
    rmSync(workspace, { recursive: true, force: true });
  }
}

type Report = Awaited<ReturnType<typeof openWalls>>["walls"] & object;

function report(rung: string, strength: Report["strength"], trials: Awaited<ReturnType<typeof selfTest>>): string {
  const lines = [`walls: ${rung}`, ""];
  for (const name of wallNames) {
    const wall = strength[name];
    lines.push(`  ${name.padEnd(12)} ${wall.held ? "held" : `missing: ${wall.why}`}`);
  }
  lines.push("", "tried:");
  for (const { wall, attempt, result } of trials) {
    const fault = result === "passed" && strength[wall].held ? "   <- this wall does not hold" : "";
    lines.push(`  ${result.padEnd(12)} ${attempt}${fault}`);
  }
  return `${lines.join("\n")}\n`;
}
