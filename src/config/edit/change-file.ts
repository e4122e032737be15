import { join } from "node:path";
import { AgentError, messageOf } from "../../protocol/errors.ts";
import { takeLock } from "../../system/processes/flock.ts";
import type { FileLock } from "../../system/ports.ts";
import { replaceAtomically } from "../atomic-write.ts";
import type { Homes } from "../homes.ts";
import { readConfigText } from "../read-text.ts";

const retryMs = 5;
const patienceMs = 5000;

/** Writers of this process take turns: each reads what the one before it has written. */
let last: Promise<unknown> = Promise.resolve();

/**
 * Changes one of the user's files of settings, unless nothing changes. `change` gets the text that is there, "" without one; it
 * is called again where another program has written meanwhile. @throws AgentError `config` where it cannot be written
 */
export function changeFile(
  homes: Homes,
  file: string,
  change: (text: string) => string | Promise<string>,
): Promise<void> {
  const mine = last.then(async () => {
    const lock = await waitForLock(homes.runtime);
    try {
      await replace(file, change);
    } finally {
      await lock?.release();
    }
  });
  last = mine.catch(() => {});
  return mine;
}

async function replace(file: string, change: (text: string) => string | Promise<string>): Promise<void> {
  for (;;) {
    const text = readConfigText(file);
    const changed = await change(text ?? "");
    if (changed === (text ?? "")) return;
    try {
      if (replaceAtomically(file, changed, () => readConfigText(file) === text)) return;
    } catch (error) {
      throw new AgentError("config", `${file} cannot be written: ${messageOf(error)}`);
    }
  }
}

/** Writers of other processes take turns, too. Null where one holds on for too long, or no lock can be had: nobody waits for that. */
async function waitForLock(runtimeHome: string): Promise<FileLock | null> {
  const end = Date.now() + patienceMs;
  for (;;) {
    try {
      const lock = await takeLock(join(runtimeHome, "config.lock"));
      if (lock !== null || Date.now() >= end) return lock;
    } catch {
      return null;
    }
    await new Promise((resolve) => setTimeout(resolve, retryMs));
  }
}
