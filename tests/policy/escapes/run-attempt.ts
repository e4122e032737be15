import { spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import type { Sandbox } from "../../../src/policy/sandbox/sandbox.ts";
import { wallsFor, type Walls } from "../../../src/policy/sandbox/walls.ts";
import { WallsError } from "../../../src/policy/sandbox/mount-plan.ts";
import { afterCatchingUp } from "../../../src/system/late.ts";
import { nodeFiles } from "../../../src/system/node-files.ts";
import { type Attempt, type Inherited, type Outcome } from "./attempt.ts";
import { isOwn } from "./account.ts";
import { outlived } from "./evidence.ts";
import { processesWith, readFile, stateOf } from "./processes.ts";
import type { Scene } from "./scene.ts";

export type Mode = "read-only" | "workspace-write";

// Handed over as text: the folder of the tests may be closed to the account.
const agentScript = fs.readFileSync(join(import.meta.dirname, "agent.pl"), "utf8");
const limitMs = 60_000;

/** Runs the commands of an attempt, and notes what can be seen of it. */
export async function runAttempt(attempt: Attempt, scene: Scene, sandbox: Sandbox, mode: Mode): Promise<Outcome> {
  const outcome = { output: "", agentLog: "", stopped: false, descriptors: [] as string[], survivors: [] as string[] };
  const within = sandbox.rung === "external" ? ["/usr/bin/env", "BARE=1", ...(attempt.bare?.within ?? [])] : [];
  for (const command of attempt.commands) {
    const enclosed = enclose(sandbox, command, attempt, scene, mode);
    if (enclosed === null) continue;
    try {
      const run = start([...within, ...enclosed.argv], attempt, scene, outcome);
      const more =
        attempt.meanwhile === undefined ? null : repeat(attempt, attempt.meanwhile, run, scene, sandbox, mode);
      await run;
      await more;
      const expected = sandbox.rung === "external" && attempt.reached === outlived;
      outcome.survivors.push(...(await survivors(scene, sandbox, expected)));
    } finally {
      enclosed.release();
    }
  }
  outcome.agentLog = fs.readFileSync(agentLog(scene), { encoding: "utf8", flag: "a+" });
  return outcome;
}

/** Enough for every attempt but those on the limits themselves. */
const limits = { memoryMb: 200, processes: 60, fileMb: 8 };

function walls({ walls: attacked, gated }: Attempt, scene: Scene, mode: Mode): Walls {
  return wallsFor({
    permissions: {
      sandbox: mode,
      networkAccess: false,
      writableRoots: scene.writableRoots,
      excludeTmpdir: false,
      excludeSlashTmp: true,
      approvalPolicy: "never",
    },
    cwd: scene.work,
    temporaryDirectory: scene.temporary,
    homes: [scene.codex, scene.runtime, scene.ladder],
    secrets: [join(scene.codex, "auth.json"), join(scene.codex, ".env"), scene.runtime, scene.ladder],
    files: nodeFiles,
    gate: gated === true ? scene.gate : null,
    ...(attacked.includes("limits") && { limits }),
  });
}

const none: Walls = { writable: [], guarded: [], hidden: [], shown: [], network: true };

/** Null when the walls cannot be built as things lie: then nothing runs, and nothing escapes. */
function enclose(
  sandbox: Sandbox,
  argv: readonly string[],
  attempt: Attempt,
  scene: Scene,
  mode: Mode,
): ReturnType<Sandbox["enclose"]> | null {
  try {
    return sandbox.enclose(
      argv,
      scene[attempt.folder ?? "work"],
      sandbox.rung === "external" ? none : walls(attempt, scene, mode),
    );
  } catch (error) {
    if (error instanceof WallsError) return null;
    throw error;
  }
}

async function repeat(
  attempt: Attempt,
  command: readonly string[],
  run: Promise<void>,
  scene: Scene,
  sandbox: Sandbox,
  mode: Mode,
): Promise<void> {
  let over = false;
  const end = run.then(() => (over = true));
  while (!over) {
    const enclosed = enclose(sandbox, command, attempt, scene, mode);
    if (enclosed === null) await Promise.race([end, new Promise((resolve) => setTimeout(resolve, 5))]);
    else {
      await start(enclosed.argv, {}, scene, null);
      enclosed.release();
    }
  }
}

const agentLog = (scene: Scene): string => join(scene.base, "agent.log");

type Notes = { output: string; stopped: boolean; descriptors: string[] };

async function start(
  argv: readonly string[],
  { descriptors = [], terminal, look }: Pick<Attempt, "descriptors" | "terminal" | "look">,
  scene: Scene,
  notes: Notes | null,
): Promise<void> {
  const handles = await Promise.all(descriptors.map((each) => open(each, scene)));
  const log = notes === null ? "/dev/null" : agentLog(scene);
  if (notes !== null) {
    fs.closeSync(fs.openSync(log, "a", 0o666));
    if (!isOwn(scene.account)) fs.chownSync(log, scene.account.uid, scene.account.gid);
  }
  const child = spawn(
    "/usr/bin/perl",
    ["-e", agentScript, log, join(scene.codex, "auth.json"), terminal ? "1" : "", ...argv],
    {
      cwd: scene.work,
      env: { ...scene.variables, AGENT_SECRET: scene.secret },
      stdio: ["pipe", "pipe", "pipe", ...handles],
      // A session of its own, so that a signal to the group of processes does not meet the tests.
      detached: true,
      ...(!isOwn(scene.account) && { uid: scene.account.uid, gid: scene.account.gid }),
    },
  );
  for (const handle of handles) {
    if (typeof handle === "number") fs.closeSync(handle);
    else handle.destroy();
  }
  const pid = child.pid ?? 0;
  child.stdin?.on("error", () => {});
  let tail = "";
  const read = (bytes: Buffer): void => {
    if (notes === null) return;
    const text = bytes.toString("latin1");
    notes.output += text;
    tail += text;
    if (!/^LOOK \d+$/m.test(tail)) return;
    tail = "";
    look?.(scene);
    notes.descriptors.push(...processesWith(scene.mark).flatMap(descriptorsOf));
    child.stdin?.end();
  };
  child.stdout?.on("data", read);
  child.stderr?.on("data", read);
  await new Promise<void>((resolve, reject) => {
    child.on("error", reject);
    const watch = setInterval(() => {
      if (stateOf(pid) !== "T") return;
      if (notes !== null) notes.stopped = true;
      signal(pid, "SIGCONT");
    }, 25);
    const limit = setTimeout(() => signal(-pid, "SIGKILL"), limitMs);
    child.on("exit", () => {
      clearInterval(watch);
      clearTimeout(limit);
      // What lives on may hold the pipes open.
      afterCatchingUp(1000, () => {
        child.stdout?.destroy();
        child.stderr?.destroy();
      });
    });
    child.on("close", () => resolve());
  });
}

/** What a command inherits by mistake. */
async function open(inherited: Inherited, scene: Scene): Promise<number | Socket> {
  if (inherited === "server") {
    const socket = connect(scene.harbour.tcpPort, "127.0.0.1");
    await once(socket, "connect");
    return socket;
  }
  const path = inherited.path.replace("outside", scene.outside).replace("codex", scene.codex);
  return fs.openSync(path, inherited.write === true ? "r+" : "r");
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended meanwhile.
  }
}

function descriptorsOf(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  try {
    return fs.readdirSync(folder).map((name) => fs.readlinkSync(`${folder}/${name}`));
  } catch {
    return [];
  }
}

/**
 * Processes that live on after the end, also when a busy machine was given time to end them; they are ended then. Where
 * there are some for certain, they are looked for until they are found.
 */
async function survivors(scene: Scene, { strength }: Sandbox, expected: boolean): Promise<string[]> {
  const end = performance.now() + (strength.processes.held ? 10_000 : 1000);
  while (true) {
    const left = processesWith(scene.mark);
    // One that moves on to a new process all the time can be missed by a look or two.
    if (left.length === 0 && !expected && [1, 2].every(() => processesWith(scene.mark).length === 0)) return [];
    if (performance.now() > end + (expected && left.length === 0 ? 10_000 : 0)) {
      const names = left.map((pid) => `${pid} ${readFile(`/proc/${pid}/cmdline`).replaceAll("\0", " ").slice(0, 60)}`);
      for (const pid of left) signal(pid, "SIGKILL");
      return names;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
