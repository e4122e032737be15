import { spawn } from "node:child_process";
import { performance } from "node:perf_hooks";
import { killTree, residentBytes } from "./process-tree.ts";

const limitMs = 180_000;
const memoryEveryMs = 10;

export interface Ended {
  /** From the start of the process to its exit, ms. */
  wallMs: number;
  stdout: string;
  /** The largest sum over the process tree that was seen, resident bytes; null when nobody looked. */
  peakBytes: number | null;
}

export interface StartOptions {
  cwd: string;
  env: Record<string, string>;
  watchMemory?: boolean;
}

/** Runs a program to its end, with stdin closed. Rejects when it fails or takes longer than three minutes; then its whole tree is ended. */
export async function startAndWait([program = "", ...args]: string[], options: StartOptions): Promise<Ended> {
  const startedAt = performance.now();
  const child = spawn(program, args, { cwd: options.cwd, env: options.env, stdio: ["ignore", "pipe", "pipe"] });
  let wallMs = 0;
  let peak = 0;
  child.once("exit", () => (wallMs = performance.now() - startedAt));
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
  const { pid } = child;
  const look = (): void => {
    if (pid !== undefined) peak = Math.max(peak, residentBytes(pid));
  };
  const watch = options.watchMemory === true ? setInterval(look, memoryEveryMs) : undefined;
  const limit = setTimeout(() => pid !== undefined && killTree(pid), limitMs);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve(code));
  }).finally(() => {
    clearTimeout(limit);
    clearInterval(watch);
  });
  const text = Buffer.concat(stdout).toString("utf8");
  if (code !== 0) {
    const words = `${Buffer.concat(stderr).toString("utf8")}\n${text}`.trim().slice(-500);
    throw new Error(`${[program, ...args].join(" ")} ended with ${String(code)}: ${words}`);
  }
  return { wallMs, stdout: text, peakBytes: options.watchMemory === true ? peak : null };
}
