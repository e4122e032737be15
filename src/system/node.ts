import { randomFillSync } from "node:crypto";
import { readlinkSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { nodeDatabases } from "./node-databases.ts";
import { nodeFiles } from "./node-files.ts";
import { nodeProcesses } from "./processes/node-processes.ts";
import type { Clock, Environment, System } from "./ports.ts";

const clock: Clock = {
  now: () => Date.now(),
  // Not the global `performance`, nor the global `crypto` below: Node loads much behind each, and neither says more.
  monotonic() {
    const [seconds, nanoseconds] = process.hrtime();
    return seconds * 1000 + nanoseconds / 1e6;
  },
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const stop = (): void => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener("abort", stop);
        resolve();
      }, ms);
      signal?.addEventListener("abort", stop, { once: true });
    }),
  timeZone: () => process.env["TZ"] || systemZone() || Intl.DateTimeFormat().resolvedOptions().timeZone,
};

/** The zone as the machine names it: Node shortens `Etc/UTC` and the like. */
function systemZone(): string | null {
  try {
    return /zoneinfo\/(.+)$/.exec(readlinkSync("/etc/localtime"))?.[1] ?? null;
  } catch {
    return null;
  }
}

/** An account without an entry in the password file has no shell. */
function loginShell(): string | null {
  try {
    return userInfo().shell;
  } catch {
    return null;
  }
}

function environmentOf(variables: Readonly<Record<string, string | undefined>>): Environment {
  const given: Record<string, string> = {};
  for (const [name, value] of Object.entries(variables)) if (value !== undefined) given[name] = value;
  return {
    variables: given,
    platform: process.platform,
    architecture: process.arch,
    home: given["HOME"] || null,
    temporaryDirectory: tmpdir(),
    loginShell: loginShell(),
  };
}

/** The machine as Node shows it. The environment is read once, when this is called. */
export function nodeSystem(): System {
  return {
    clock,
    random: { bytes: (count) => randomFillSync(new Uint8Array(count)) },
    files: nodeFiles,
    processes: nodeProcesses,
    databases: nodeDatabases,
    gates: { open: async (folder, rules) => (await import("./gate/gate.ts")).openGate(folder, rules) },
    folders: async () => (await import("./node-folders.ts")).nodeFolders,
    grammars: { shell: async () => (await import("./shell-parser.ts")).loadShellParser() },
    environment: environmentOf(process.env),
  };
}
