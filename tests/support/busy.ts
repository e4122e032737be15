/** What a busy machine does to this process: it looks up late, and much has happened by then. */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";

const cell = new Int32Array(new SharedArrayBuffer(4));
const limitMs = 60_000;

function stall(check: () => boolean, moreMs: number): void {
  const since = performance.now();
  while (!check()) {
    if (performance.now() - since > limitMs) throw new Error(`did not come within ${limitMs / 1000} s: ${check}`);
    Atomics.wait(cell, 0, 0, 5);
  }
  Atomics.wait(cell, 0, 0, moreMs);
}

/**
 * Keeps the whole process from its work until the check gives true, and for `moreMs` after that. Timers whose time is
 * over by then come before anything is read.
 */
export async function busyUntil(check: () => boolean, moreMs: number): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  stall(check, moreMs);
}

/** It has ended, and nobody has asked for its code yet. */
const isOver = (pid: number): boolean => readFileSync(`/proc/${pid}/stat`, "latin1").includes(") Z ");

/**
 * Has the process `pid` end while this one is busy, in such a way that its end is noticed before what it wrote last is
 * read: in the same look as another's end. Resolves before anything more is read, `moreMs` later.
 *
 * @param letGo has it write and end
 */
export function endsUnread(pid: number, letGo: () => void, moreMs = 0): Promise<void> {
  const other = spawn("/bin/echo", ["noise"], { stdio: ["ignore", "pipe", "ignore"] });
  const looked = new Promise<void>((resolve, reject) => {
    other.once("error", reject);
    other.stdout.once("data", () => {
      letGo();
      stall(() => isOver(pid), 0);
      setImmediate(() => {
        stall(() => true, moreMs);
        resolve();
      });
    });
  });
  const { pid: noise } = other;
  if (noise !== undefined) stall(() => isOver(noise), 0);
  return looked;
}
