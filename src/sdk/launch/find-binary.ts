/** Which program a client runs. */
import { accessSync, constants, existsSync, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, dirname, join } from "node:path";
import { CodexNotFoundError } from "../errors.ts";

/** `codex-agent`: the one that this package came with. `codex`: the real Codex, where it is installed. */
export type BinaryChoice = "codex-agent" | "codex";

/** What to start, and what goes before its arguments and on its search path. */
export interface Launch {
  command: string;
  args: readonly string[];
  pathFolders: readonly string[];
}

export interface Surroundings {
  variables: Readonly<Record<string, string | undefined>>;
  platform: NodeJS.Platform;
  architecture: string;
  /** Folders from which an installed `@openai/codex` is looked for. */
  from: readonly string[];
}

const here = (): Surroundings => ({
  variables: process.env,
  platform: process.platform,
  architecture: process.arch,
  from: [import.meta.dirname, process.cwd()],
});

const found = new Map<string, Launch>();

/**
 * The program to run. What was found is kept for as long as the process lives and the variables that lead to it stay.
 * Throws {@link CodexNotFoundError} with every place that was tried.
 */
export function findBinary(choice: BinaryChoice, override?: string, place?: Surroundings): Launch {
  if (override !== undefined) return { command: override, args: [], pathFolders: [] };
  const surroundings = place ?? here();
  const { variables } = surroundings;
  const key = JSON.stringify([choice, variables["CODEX_CLI_PATH"], variables["PATH"]]);
  const known = place === undefined ? found.get(key) : undefined;
  if (known !== undefined) return known;
  const tried: string[] = [];
  const launch = search(choice, surroundings, tried);
  if (launch === null) throw new CodexNotFoundError(choice, tried);
  if (place === undefined) found.set(key, launch);
  return launch;
}

/** After a program has turned out to be gone. */
export function forgetBinaries(): void {
  found.clear();
}

function search(choice: BinaryChoice, place: Surroundings, tried: string[]): Launch | null {
  const named = place.variables["CODEX_CLI_PATH"];
  if (named) return { command: named, args: [], pathFolders: [] };
  tried.push("the variable CODEX_CLI_PATH (not set)");
  return (
    (choice === "codex" ? installedCodex(place, tried) : besidePackage(place, tried)) ?? onPath(choice, place, tried)
  );
}

/** Started with the Node that runs this, where it is one: that needs neither a shell nor a search path. */
function besidePackage({ platform }: Surroundings, tried: string[]): Launch | null {
  for (let folder = import.meta.dirname, up = 0; up < 4; folder = dirname(folder), up++) {
    const entry = join(folder, "bin", "entry.mjs");
    if (!isFile(entry) || manifestIn(folder).name !== "codex-agent") continue;
    const isNode = process.versions["electron"] === undefined && process.versions["bun"] === undefined;
    if (isNode || platform === "win32") return { command: process.execPath, args: [entry], pathFolders: [] };
    return { command: join(folder, "bin", "codex-agent"), args: [], pathFolders: [] };
  }
  tried.push(`bin/codex-agent beside ${import.meta.dirname}`);
  return null;
}

/** The version of the package that this file came with; `0.0.0` where it lies in none. */
export function packageVersion(): string {
  for (let folder = import.meta.dirname, up = 0; up < 4; folder = dirname(folder), up++) {
    const { name, version } = manifestIn(folder);
    if (name === "codex-agent" && typeof version === "string") return version;
  }
  return "0.0.0";
}

function manifestIn(folder: string): { name?: unknown; version?: unknown } {
  try {
    return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { name?: unknown };
  } catch {
    return {};
  }
}

const targets: Record<string, string> = {
  "linux-x64": "x86_64-unknown-linux-musl",
  "linux-arm64": "aarch64-unknown-linux-musl",
  "darwin-x64": "x86_64-apple-darwin",
  "darwin-arm64": "aarch64-apple-darwin",
  "win32-x64": "x86_64-pc-windows-msvc",
  "win32-arm64": "aarch64-pc-windows-msvc",
};

function installedCodex({ platform, architecture, from }: Surroundings, tried: string[]): Launch | null {
  const system = `${platform === "android" ? "linux" : platform}-${architecture}`;
  const target = targets[system];
  if (target === undefined) {
    tried.push(`@openai/codex (has no program for ${system})`);
    return null;
  }
  for (const folder of from) {
    const vendor = vendorFolder(folder, `@openai/codex-${system}`);
    if (vendor === null) {
      tried.push(`@openai/codex-${system} of an @openai/codex installed for ${folder}`);
      continue;
    }
    const launch = inVendorFolder(join(vendor, target), platform === "win32" ? "codex.exe" : "codex");
    if (launch !== null) return launch;
    tried.push(join(vendor, target));
  }
  return null;
}

function vendorFolder(from: string, name: string): string | null {
  try {
    const main = createRequire(join(from, "_.js")).resolve("@openai/codex/package.json");
    return join(dirname(createRequire(main).resolve(`${name}/package.json`)), "vendor");
  } catch {
    return null;
  }
}

/** Two layouts there have been; each with a folder of tools that the program finds on its search path. */
function inVendorFolder(folder: string, name: string): Launch | null {
  const layouts = [
    { program: join(folder, "bin", name), tools: join(folder, "codex-path"), mark: join(folder, "codex-package.json") },
    { program: join(folder, "codex", name), tools: join(folder, "path"), mark: null },
  ];
  const layout = layouts.find(({ program, mark }) => isFile(program) && (mark === null || isFile(mark)));
  if (layout === undefined) return null;
  return { command: layout.program, args: [], pathFolders: existsSync(layout.tools) ? [layout.tools] : [] };
}

function onPath(choice: BinaryChoice, { variables, platform }: Surroundings, tried: string[]): Launch | null {
  const separator = platform === "win32" ? ";" : delimiter;
  const path = variables["PATH"] ?? (platform === "win32" ? variables["Path"] : undefined) ?? "";
  for (const folder of path.split(separator).filter((each) => each !== "")) {
    const file = join(folder, platform === "win32" ? `${choice}.exe` : choice);
    if (isFile(file) && isExecutable(file)) return { command: file, args: [], pathFolders: [] };
  }
  tried.push(`${choice} on PATH (${path === "" ? "empty" : path})`);
  return null;
}

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
