import { namedUuid } from "../../system/hash.ts";
import { joinPath } from "../../system/paths.ts";
import type { FileSystem, System } from "../../system/ports.ts";
import { isWithin } from "../paths.ts";
import { createBubblewrap, type RungParts } from "./bubblewrap.ts";
import { external } from "./external.ts";
import { Placeholders } from "./placeholders.ts";
import type { RungName, Sandbox } from "./sandbox.ts";
import { seccompFilter } from "./seccomp.ts";
import type { Walls } from "./walls.ts";

export interface LadderOptions {
  /** `auto`: the strongest that works here. */
  readonly rung: RungName | "auto";
  /** Private, and out of reach of sandboxed commands. */
  readonly directory: string;
  /** No program below these is used to build walls. */
  readonly distrusted: readonly string[];
}

export type Standing =
  | { readonly sandbox: Sandbox }
  /** Nothing that was wanted works here; `why` says so of each rung. */
  | { readonly sandbox: null; readonly why: string };

const trialMs = 5000;
const systemFolders = ["/usr/bin", "/bin", "/usr/local/bin"];

/** Finds the strongest way to build walls on this machine, by trying. */
export async function climb(options: LadderOptions, system: System): Promise<Standing> {
  const { environment } = system;
  if (options.rung === "external") return { sandbox: external };
  const architecture = environment.architecture;
  if (environment.platform !== "linux" || (architecture !== "x64" && architecture !== "arm64")) {
    const machine = `${environment.platform} on ${architecture}`;
    return { sandbox: null, why: `there are no walls for ${machine} yet` };
  }
  const parts: RungParts = {
    files: system.files,
    placeholders: new Placeholders(system.files, system.processes, joinPath(options.directory, "placeholders")),
    filters: {
      offline: writeFilter(seccompFilter({ architecture, network: false }), options.directory, system.files),
      online: writeFilter(seccompFilter({ architecture, network: true }), options.directory, system.files),
    },
  };
  const failures: string[] = [];
  for (const { name, make } of rungs) {
    if (options.rung !== "auto" && options.rung !== name) continue;
    const sandbox = make(options, parts, system);
    const failure = typeof sandbox === "string" ? sandbox : await tryOut(sandbox, system);
    if (failure === null && typeof sandbox !== "string") return { sandbox };
    failures.push(`${name}: ${failure}`);
  }
  return { sandbox: null, why: failures.join("; ") };
}

interface Rung {
  readonly name: RungName;
  /** A sentence where the machine lacks what the rung needs. */
  make(options: LadderOptions, parts: RungParts, system: System): Sandbox | string;
}

const rungs: readonly Rung[] = [
  {
    name: "bubblewrap",
    make(options, parts, system) {
      const program = findProgram("bwrap", options, system);
      return program === null ? "bwrap is not installed" : createBubblewrap(program, parts);
    },
  },
];

/** Where a program lies, looked for in the system's folders before those of `PATH`. */
function findProgram(name: string, { distrusted }: LadderOptions, { files, environment }: System): string | null {
  const folders = [...systemFolders, ...(environment.variables["PATH"] ?? "").split(":")];
  for (const folder of folders) {
    const path = joinPath(folder, name);
    if (!folder.startsWith("/") || files.stat(path)?.kind !== "file") continue;
    const real = files.realPath(path);
    if (!distrusted.some((each) => isWithin(real, each))) return real;
  }
  return null;
}

function writeFilter(filter: Uint8Array, directory: string, files: FileSystem): string {
  const path = joinPath(directory, `${namedUuid(filter.join())}.bpf`);
  if (files.stat(path)?.size !== filter.length) {
    files.makeDirectory(directory, 0o700);
    files.writeAtomic(path, filter, 0o600);
  }
  return path;
}

const nothing: Walls = { writable: [], guarded: [], hidden: [], shown: [], network: false };

/** Null when a command runs within the walls; else what went wrong. */
async function tryOut(sandbox: Sandbox, { processes }: System): Promise<string | null> {
  const { argv, release } = sandbox.enclose(["/bin/sh", "-c", "exit 7"], "/", nothing);
  try {
    const { code, stderr } = await processes.run(argv, { timeoutMs: trialMs, env: {} });
    if (code === 7) return null;
    return stderr.trim().split("\n").at(-1) || `a trial ended with ${code ?? "no start at all"}`;
  } finally {
    release();
  }
}
