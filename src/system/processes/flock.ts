import { closeSync, fstatSync, openSync, readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { basename, dirname } from "node:path";
import { helperProgram } from "../helper-program.ts";
import { nodeFiles } from "../node-files.ts";
import type { FileLock, LockHolder } from "../ports.ts";

/**
 * Node has no flock(2). A helper locks our descriptor, which it shares: the lock stays with the descriptor, that is
 * with this process, after the helper has ended. It costs about 3 ms and blocks nothing here.
 */
const helpers: readonly (readonly [string, readonly string[]])[] = [
  ["flock", ["-xn", "3"]],
  ["perl", ["-e", 'open(my $f, "+<&=", 3) or exit 2; exit(flock($f, 6) ? 0 : 1)']],
];

/** 0: locked. 1: somebody else has it. Null: this helper does not exist. */
function runHelper(command: string, args: readonly string[], descriptor: number): Promise<number | null> {
  const program = helperProgram(command);
  if (program === null) return Promise.resolve(null);
  const { spawn } = process.getBuiltinModule("node:child_process");
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ["ignore", "ignore", "ignore", descriptor] });
    child.on("error", (error: NodeJS.ErrnoException) => (error.code === "ENOENT" ? resolve(null) : reject(error)));
    child.on("close", (code) => resolve(code ?? 2));
  });
}

async function lockOne(descriptor: number): Promise<boolean> {
  for (const [command, args] of helpers) {
    const code = await runHelper(command, args, descriptor);
    if (code === 0) return true;
    if (code === 1) return false;
    if (code !== null) throw new Error(`Taking a file lock with ${command} failed (exit code ${code}).`);
  }
  throw new Error(
    "Taking a file lock needs the program flock (Debian package util-linux) or perl, and neither is in PATH.",
  );
}

/** Those from 3 on, as many as it is told: a digit for each, 1 where it is locked now. */
const manyScript = 'for (3..$ARGV[0]) { my $f; print((open($f, "+<&=", $_) and flock($f, 6)) ? 1 : 0) }';
const mostAtOnce = 64;

/** A digit a descriptor, as far as it came; "" where there is no perl. */
async function lockMany(descriptors: readonly number[]): Promise<string> {
  const program = helperProgram("perl");
  if (program === null) return "";
  const { spawn } = process.getBuiltinModule("node:child_process");
  return new Promise((resolve, reject) => {
    const args = ["-e", manyScript, String(descriptors.length + 2)];
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "ignore", ...descriptors] });
    let said = "";
    child.stdout?.on("data", (chunk: Buffer) => (said += chunk.toString("latin1")));
    child.on("error", reject);
    child.on("close", () => resolve(said));
  });
}

interface Want {
  readonly descriptor: number;
  readonly settle: (locked: Promise<boolean>) => void;
}

let wanted: Want[] = [];
let isAtWork = false;

/** A server's threads begin in crowds: what is wanted while a helper runs goes to the next one together. */
function lockDescriptor(descriptor: number): Promise<boolean> {
  return new Promise((settle) => {
    wanted.push({ descriptor, settle });
    if (!isAtWork) void lockAll();
  });
}

async function lockAll(): Promise<void> {
  isAtWork = true;
  while (wanted.length > 0) {
    const batch = wanted.slice(0, mostAtOnce);
    wanted = wanted.slice(mostAtOnce);
    // Where it cannot be started, each is tried by itself, and learns why.
    const said = batch.length === 1 ? "" : await lockMany(batch.map(({ descriptor }) => descriptor)).catch(() => "");
    const locked = batch.map(({ descriptor }, index) => {
      const digit = said[index];
      return digit === undefined ? lockOne(descriptor) : Promise.resolve(digit === "1");
    });
    batch.forEach(({ settle }, index) => settle(locked[index]!));
    await Promise.allSettled(locked);
  }
  isAtWork = false;
}

function isStillAt(descriptor: number, path: string): boolean {
  const ours = fstatSync(descriptor);
  const there = statSync(path, { throwIfNoEntry: false });
  return there !== undefined && there.ino === ours.ino && there.dev === ours.dev;
}

/** Null when somebody else holds the lock. */
export async function takeLock(path: string): Promise<FileLock | null> {
  nodeFiles.makeDirectory(dirname(path));
  // Whoever held the lock before may have removed the file between our opening and our locking it.
  for (let attempt = 0; attempt < 20; attempt++) {
    const descriptor = openSync(path, "a", 0o600);
    let held = false;
    try {
      if (!(await lockDescriptor(descriptor))) return null;
      held = isStillAt(descriptor, path);
    } finally {
      if (!held) closeSync(descriptor);
    }
    if (!held) continue;
    let open = true;
    return {
      async release() {
        if (open) closeSync(descriptor);
        open = false;
      },
    };
  }
  throw new Error(`The lock file ${path} is removed again and again.`);
}

/**
 * Those of the files that nobody is seen to hold, by `/proc/locks`, which leaves out holders in other containers. A
 * file system may show another device there than in a file's own facts, so that only inode numbers are compared.
 */
export function seemFree(paths: readonly string[]): string[] {
  let locks: string;
  try {
    locks = readFileSync("/proc/locks", "latin1");
  } catch {
    return [...paths];
  }
  const held = new Set([...locks.matchAll(/ FLOCK .*:(\d+) 0 EOF$/gm)].map((found) => Number(found[1])));
  return paths.filter((path) => {
    const there = statSync(path, { throwIfNoEntry: false });
    return there !== undefined && !held.has(there.ino);
  });
}

/** A process that has the file open; null when none can be seen. Linux only; reads all of /proc. */
export function findHolder(path: string): LockHolder | null {
  for (const name of listed("/proc")) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue;
    for (const descriptor of listed(`/proc/${name}/fd`)) {
      if (linkOf(`/proc/${name}/fd/${descriptor}`) === path) return { pid: Number(name), name: commandOf(name) };
    }
  }
  return null;
}

// Processes end and forbid looking while we look.
function listed(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
function linkOf(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch {
    return null;
  }
}

// What the main thread of any Node is called, by version.
const nodeNames = new Set(["node", "MainThread", "node-MainThread"]);

function commandOf(pid: string): string {
  try {
    const name = readFileSync(`/proc/${pid}/comm`, "utf8").trim();
    if (!nodeNames.has(name)) return name;
    const [program = "", ...args] = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
    return args.some((argument) => argument.endsWith("/bin/entry.mjs")) ? "codex-agent" : basename(program);
  } catch {
    return "";
  }
}
