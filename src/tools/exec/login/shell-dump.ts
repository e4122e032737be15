import { spawn } from "node:child_process";
import type { Socket } from "node:net";
import type { ProcessGroups } from "../process/process-group.ts";
import { dumpScript, isWholeDump, parseDump, type ShellState } from "./snapshot-script.ts";

const timeLimitMs = 5000;
/** A login environment of more than this is not worth loading for each command. */
const sizeLimit = 4 * 1024 * 1024;

/** Starts the shell, lets it read out its state and ends it. Null when it does not get there in five seconds. */
export function dumpShell(
  shell: string,
  flag: "-c" | "-lc",
  env: Readonly<Record<string, string>>,
  groups: ProcessGroups,
): Promise<ShellState | null> {
  return new Promise((resolve) => {
    const child = spawn(shell, [flag, dumpScript], {
      cwd: "/",
      env,
      detached: true,
      stdio: ["ignore", "ignore", "ignore", "pipe"],
    });
    let dump = "";
    const finish = (state: ShellState | null): void => {
      clearTimeout(timer);
      child.stdio?.[3]?.destroy();
      if (child.pid !== undefined && state === null) groups.kill(child.pid);
      else if (child.pid !== undefined) groups.end(child.pid);
      resolve(state);
    };
    const timer = setTimeout(() => finish(null), timeLimitMs);
    timer.unref();
    child.on("error", () => finish(null));
    if (child.pid === undefined) return;
    groups.add(child.pid);
    // Nobody's exit waits for this.
    child.unref();
    (child.stdio[3] as Socket).unref();
    child.stdio[3]!.on("data", (chunk: Buffer) => {
      dump += chunk.toString("latin1");
      if (isWholeDump(dump)) finish(parseDump(dump));
      else if (dump.length > sizeLimit) finish(null);
    });
    child.stdio[3]!.on("end", () => finish(parseDump(dump)));
    child.stdio[3]!.on("error", () => finish(null));
  });
}
