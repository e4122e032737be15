import type { Config } from "../../config/config.ts";
import { isTable, type TomlValue } from "../../config/toml/toml-values.ts";
import { climb, findBuilders, upperLister, type LadderOptions, type Standing } from "../../policy/sandbox/ladder.ts";
import type { Limits } from "../../policy/sandbox/limits.ts";
import { Placeholders } from "../../policy/sandbox/placeholders.ts";
import { rungNames, type Enclose } from "../../policy/sandbox/sandbox.ts";
import { missingWalls, wallNames, type WallName } from "../../policy/sandbox/strength.ts";
import { wallsFor, type Surroundings } from "../../policy/sandbox/walls.ts";
import { isWithin, realTarget } from "../../policy/paths.ts";
import { AgentError, messageOf } from "../../protocol/errors.ts";
import { joinPath } from "../../system/paths.ts";
import type { System } from "../../system/ports.ts";

/** `[codex_agent.sandbox]` of config.toml. */
export interface SandboxSettings {
  readonly rung: LadderOptions["rung"];
  /** Walls without which no command runs in a sandboxed mode. */
  readonly require: readonly WallName[];
  /** What each command may use. */
  readonly limits: Limits;
}

/** What an unattended run needs at least. */
const leastWalls: readonly WallName[] = ["writes", "network", "unixSockets"];

/** @throws AgentError `config` for values that mean nothing. */
export function sandboxSettings({ codexAgent }: Config): SandboxSettings {
  const table = isTable(codexAgent["sandbox"]) ? codexAgent["sandbox"] : {};
  const { rung = "auto", require = [...leastWalls], limits = {} } = table;
  return {
    rung: oneOf("rung", rung, ["auto", ...rungNames]),
    require: (Array.isArray(require) ? require : [require]).map((name) => oneOf("require", name, wallNames)),
    limits: Object.fromEntries(Object.entries(limits).map(([key, value]) => [limitNames[key]!, Number(value)])),
  };
}

/** As they are written. */
const limitNames: Readonly<Record<string, keyof Limits>> = {
  memory_mb: "memoryMb",
  processes: "processes",
  file_mb: "fileMb",
  open_files: "openFiles",
  cpu_seconds: "cpuSeconds",
  seconds: "seconds",
};

function oneOf<Name extends string>(key: string, value: TomlValue, names: readonly Name[]): Name {
  const found = names.find((name) => name === value);
  if (found !== undefined) return found;
  throw new AgentError(
    "config",
    `codex_agent.sandbox.${key} is ${JSON.stringify(value)}; there are: ${names.join(", ")}`,
  );
}

/** What is kept from commands and searches below `$CODEX_HOME`: credentials, and what shells left there. */
const codexSecrets = [
  "auth.json",
  // Who reads a lock's file can hold the lock, and with it every renewal of the login.
  "auth.lock",
  "auth.json.lock",
  "auth.renewal.lock",
  ".env",
  ".credentials.json",
  "shell_snapshots",
];

/** Files and folders that hold credentials, tokens or caches. */
export const secretPlaces = ({ homes: { codex, runtime } }: Config): string[] => [
  ...codexSecrets.map((name) => joinPath(codex, name)),
  runtime,
];

/**
 * Where a thread's tools work, as policy sees it; for as long as the thread lives. The working directory is what its path leads
 * to now: a command could change a link on the way.
 */
export function surroundings(config: Config, { environment, files }: System): Surroundings {
  const { codex, runtime } = config.homes;
  return {
    permissions: config.permissions,
    cwd: realTarget(config.cwd, files) ?? config.cwd,
    temporaryDirectory: environment.temporaryDirectory,
    homes: [codex, runtime],
    secrets: secretPlaces(config),
    shown: [joinPath(runtime, "cache", "login")],
    limits: sandboxSettings(config).limits,
    files,
  };
}

/** Walls whose lack is no news: few sandboxes have them. */
const seldom: ReadonlySet<WallName> = new Set(["pipes", "limits", "hosts"]);

/**
 * Folders that commands may write to, or that a repository fills: no program that runs outside of the walls is taken from there.
 * Whoever makes all of the system writable has left nothing that could be taken instead.
 */
export const untrustedFolders = (
  { cwd, projectRoot, permissions }: Config,
  { environment: { temporaryDirectory } }: Pick<System, "environment">,
): string[] => [
  cwd,
  ...(projectRoot === null ? [] : [projectRoot]),
  ...permissions.writableRoots.filter((root) => !isWithin("/usr/bin", root)),
  "/tmp",
  ...(temporaryDirectory === "" ? [] : [temporaryDirectory]),
];

/** What the user should know of walls that hold less than they could; null when there is nothing. */
export function weakness({ sandbox }: Standing, required: readonly WallName[]): string | null {
  if (sandbox === null || sandbox.rung === "external") return null;
  const others = wallNames.filter((name) => !seldom.has(name) && !required.includes(name));
  const missing = missingWalls(sandbox.strength, others);
  if (missing.length === 0) return null;
  const names = missing.map(({ name, why }) => `${name} (${why})`).join(", ");
  return `Commands run in the walls of ${sandbox.rung}, which do not hold: ${names}. Where bubblewrap works, it holds them.`;
}

/** The walls of this machine, tried out once for each way of asking for them and the programs that may build them. */
export class CommandWalls {
  readonly #system: System;
  readonly #placeholders: Placeholders;
  readonly #standing = new Map<string, Promise<Standing>>();

  constructor(system: System) {
    this.#system = system;
    this.#placeholders = new Placeholders(system);
  }

  /** `rung`: another one than is configured. */
  find(config: Config, rung: LadderOptions["rung"] = sandboxSettings(config).rung): Promise<Standing> {
    const options = this.#options(config, rung);
    // In each workspace other folders are trusted.
    const key = JSON.stringify([rung, options.directory, findBuilders(options, this.#system)]);
    let standing = this.#standing.get(key);
    if (standing === undefined) {
      standing = climb(options, this.#system, this.#placeholders).catch((error: unknown) => ({
        sandbox: null,
        why: messageOf(error),
      }));
      this.#standing.set(key, standing);
    }
    return standing;
  }

  /** What lists the upper folder of an overlay, but for its arguments. */
  listUpper(config: Config): readonly string[] {
    return upperLister(this.#options(config, "auto"), this.#system);
  }

  #options(config: Config, rung: LadderOptions["rung"]): LadderOptions {
    const directory = joinPath(config.homes.runtime, "cache", "sandbox");
    return { rung, directory, distrusted: untrustedFolders(config, this.#system) };
  }

  /** No command may run any more. */
  async close(): Promise<void> {
    for (const standing of this.#standing.values()) (await standing).sandbox?.close();
    this.#standing.clear();
  }
}

/**
 * Walls in which nothing may be written and no socket opened, for a process of ours that needs neither. Null where commands
 * have none, too: the process has to do with what else holds it.
 */
export function innerWalls({ sandbox }: Standing, surroundings: Surroundings): Enclose | null {
  const { permissions } = surroundings;
  if (permissions.sandbox === "danger-full-access" || sandbox === null || sandbox.rung === "external") return null;
  const closed = { ...permissions, sandbox: "read-only", networkAccess: false } as const;
  const around = { ...surroundings, permissions: closed, limits: {} };
  return (argv, cwd) => sandbox.enclose(argv, cwd, wallsFor(around));
}
