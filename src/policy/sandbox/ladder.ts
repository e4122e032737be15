import { findProgram } from "../../system/find-program.ts";
import { namedUuid } from "../../system/hash.ts";
import { joinPath } from "../../system/paths.ts";
import type { FileSystem, System } from "../../system/ports.ts";
import { createBubblewrap, type RungParts } from "./bubblewrap.ts";
import { external } from "./external.ts";
import { encloseScript, type EncloseMode } from "./enclose/script.ts";
import { createHelper } from "./helper.ts";
import { perlArguments, type Perl } from "./perl.ts";
import { createLandlock } from "./landlock.ts";
import { WallsError } from "./mount-plan.ts";
import { Placeholders } from "./placeholders.ts";
import type { RungName, Sandbox } from "./sandbox.ts";
import { createSeatbelt, sandboxExec } from "./seatbelt.ts";
import { seccompFilter, type Architecture, type NetworkKind } from "./seccomp.ts";
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
  /** `gate`: the folder of the socket of a thread's gate, where hosts are allowed. */
  | { readonly sandbox: Sandbox; readonly gate?: string | null }
  /** Nothing that was wanted works here; `why` says so of each rung. */
  | { readonly sandbox: null; readonly why: string };

/** A machine that is busy at this moment must not get weaker walls. */
const trialMs = 30_000;
const systemFolders = ["/usr/bin", "/bin", "/usr/local/bin"];

/** The programs that walls are built with; null for what this machine lacks, or has only where it cannot be trusted. */
export interface Builders {
  readonly bwrap: string | null;
  readonly perl: string | null;
}

export function findBuilders({ distrusted }: Pick<LadderOptions, "distrusted">, system: System): Builders {
  return { bwrap: realProgram("bwrap", distrusted, system), perl: realProgram("perl", distrusted, system) };
}

/** Finds the strongest way to build walls on this machine, by trying. `placeholders`: of all walls of this process. */
export async function climb(
  options: LadderOptions,
  system: System,
  placeholders = new Placeholders(system),
): Promise<Standing> {
  const { environment } = system;
  if (options.rung === "external") return { sandbox: external };
  if (environment.platform === "darwin") return climbOnMac(options, system);
  const architecture = environment.architecture;
  if (environment.platform !== "linux" || (architecture !== "x64" && architecture !== "arm64")) {
    const machine = `${environment.platform} on ${architecture}`;
    return { sandbox: null, why: `there are no walls for ${machine} yet` };
  }
  if (options.rung === "seatbelt") return { sandbox: null, why: "seatbelt is of macOS alone" };
  const parts: RungParts = {
    files: system.files,
    placeholders,
    filters: writeFilters(architecture, false, options, system),
    asRoot: system.processes.userId === 0,
  };
  const site: Site = { options, architecture, builders: findBuilders(options, system), parts, system };
  const failures: string[] = [];
  for (const { name, make } of rungs) {
    if (options.rung !== "auto" && options.rung !== name) continue;
    const sandbox = await make(site);
    const failure = typeof sandbox === "string" ? sandbox : await tryOut(sandbox, system);
    if (failure === null && typeof sandbox !== "string") return { sandbox };
    failures.push(`${name}: ${failure}`);
  }
  return { sandbox: null, why: failures.join("; ") };
}

async function climbOnMac({ rung }: LadderOptions, system: System): Promise<Standing> {
  if (rung !== "auto" && rung !== "seatbelt") return { sandbox: null, why: `macOS has no ${rung}` };
  if (system.files.stat(sandboxExec) === null) return { sandbox: null, why: `${sandboxExec} is missing` };
  const sandbox = createSeatbelt();
  const failure = await tryOut(sandbox, system);
  return failure === null ? { sandbox } : { sandbox: null, why: `seatbelt: ${failure}` };
}

interface Site {
  readonly options: LadderOptions;
  readonly architecture: Architecture;
  readonly builders: Builders;
  readonly parts: RungParts;
  readonly system: System;
}

interface Rung {
  readonly name: RungName;
  /** A sentence where the machine lacks what the rung needs. */
  make(site: Site): Promise<Sandbox | string> | Sandbox | string;
}

const rungs: readonly Rung[] = [
  {
    name: "bubblewrap",
    make(site) {
      const { builders, parts } = site;
      if (builders.bwrap === null) return "bwrap is not installed";
      return createBubblewrap(builders.bwrap, perlFor("gate", site), parts);
    },
  },
  {
    name: "helper",
    async make(site) {
      const perl = perlFor("namespaces", site);
      if (perl === null) return noPerl;
      return createHelper(perl, site.system.processes.pid, await landlockVersion(site), site.parts);
    },
  },
  {
    name: "landlock",
    async make(site) {
      const { options, architecture, system } = site;
      const perl = perlFor("landlock", site);
      if (perl === null) return noPerl;
      const version = await landlockVersion(site);
      if (version === 0) return "the kernel has no Landlock";
      const filters = writeFilters(architecture, true, options, system);
      return createLandlock(perl, system.processes.pid, version, { filters });
    },
  },
];

/** Of the kernel; 0 where it has none. */
async function landlockVersion(site: Site): Promise<number> {
  const perl = perlFor("landlock", site);
  if (perl === null) return 0;
  const run = { timeoutMs: trialMs, env: {} };
  return Number((await site.system.processes.run([...perlArguments(perl), "version"], run)).stdout) || 0;
}

const noPerl = "perl is not installed";

function perlFor(mode: EncloseMode, site: Omit<Site, "parts">): Perl | null {
  const { options, architecture, builders, system } = site;
  if (builders.perl === null) return null;
  const script = encloseScript(mode, architecture);
  return { program: builders.perl, script: writePrivate(script, "pl", options.directory, system.files) };
}

/** What lists the upper folder of an overlay. @throws {WallsError} without Perl, without which there is no overlay either. */
export function upperLister(options: LadderOptions, system: System): readonly string[] {
  const { architecture } = system.environment;
  const known = architecture === "x64" || architecture === "arm64";
  const perl = known
    ? perlFor("upper", { options, architecture, builders: findBuilders(options, system), system })
    : null;
  if (perl === null) throw new WallsError(noPerl);
  return perlArguments(perl);
}

/** Where a program really lies, looked for in the system's folders before those of `PATH`. */
function realProgram(name: string, distrusted: readonly string[], { files, environment }: System): string | null {
  const folders = [...systemFolders, ...(environment.variables["PATH"] ?? "").split(":")];
  const path = findProgram(name, folders, distrusted, files);
  return path === null ? null : files.realPath(path);
}

function writeFilters(
  architecture: Architecture,
  bare: boolean,
  { directory }: LadderOptions,
  { files }: System,
): RungParts["filters"] {
  const write = (network: NetworkKind): string =>
    writePrivate(seccompFilter({ architecture, network, bare }), "bpf", directory, files);
  return { offline: write("offline"), gated: write("gated"), online: write("online") };
}

/** Named by its content. */
function writePrivate(content: Uint8Array | string, extension: string, directory: string, files: FileSystem): string {
  const name = namedUuid(typeof content === "string" ? content : content.join());
  const path = joinPath(directory, `${name}.${extension}`);
  if (!holds(path, content, files)) {
    files.makeDirectory(directory, 0o700);
    files.writeReplacing(path, content, 0o600);
  }
  return path;
}

/** Looked at byte by byte: what was not synced may be of the right size and empty. */
function holds(path: string, content: Uint8Array | string, files: FileSystem): boolean {
  const wanted = typeof content === "string" ? new TextEncoder().encode(content) : content;
  if (files.stat(path)?.size !== wanted.length) return false;
  const bytes = files.readBytes(path);
  return bytes.length === wanted.length && wanted.every((byte, at) => bytes[at] === byte);
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
