import type { Effects } from "../../protocol/effects.ts";
import type { FileMark, Grant, GrantedThing } from "../../protocol/grants.ts";
import { sha256 } from "../../system/hash.ts";
import { baseName, resolvePath } from "../../system/paths.ts";
import type { FileSystem } from "../../system/ports.ts";
import type { Action } from "../action.ts";
import { isWithin, realTarget } from "../paths.ts";

/** An action with what is known of it now. */
export interface Shown {
  readonly action: Action;
  readonly effects: Effects;
  /** It would run without the sandbox. */
  readonly outside: boolean;
  readonly files: readonly FileMark[];
}

/** What a yes to it would hold for later; null where a yes holds for the one call alone. */
export function grantedThing({ action, outside }: Pick<Shown, "action" | "outside">): GrantedThing | null {
  switch (action.kind) {
    case "command":
      return { type: "command", argv: [...action.argv], cwd: action.cwd, outside };
    case "write":
      return { type: "write", paths: [...action.paths] };
    case "mcp":
      return { type: "mcp", server: action.server, tool: action.tool };
    default:
      return null;
  }
}

/** Whether the grant was given for this: the same thing, doing no more than it was shown to do. */
export function covers({ thing, effects, files }: Grant, shown: Shown): boolean {
  const { action, outside } = shown;
  switch (thing.type) {
    case "command":
      return (
        action.kind === "command" &&
        thing.outside === outside &&
        thing.cwd === action.cwd &&
        sameList(thing.argv, action.argv) &&
        noWider(shown.effects, effects) &&
        sameFiles(shown.files, files)
      );
    case "write":
      return (
        action.kind === "write" &&
        action.paths.every((path) => thing.paths.includes(path)) &&
        noWider(shown.effects, effects)
      );
    case "mcp":
      return action.kind === "mcp" && thing.server === action.server && thing.tool === action.tool;
    // Rules of the thread hold first words; hosts are no action of their own.
    case "prefix":
    case "hosts":
      return false;
  }
}

/** A clock that was set back does not bring anything back, and nothing holds that was given in the future. */
export const isCurrent = ({ grantedAtMs, expiresAtMs }: Grant, nowMs: number): boolean =>
  nowMs >= grantedAtMs && (expiresAtMs === null || nowMs < expiresAtMs);

const sameList = (one: readonly string[], other: readonly string[]): boolean =>
  one.length === other.length && one.every((word, at) => word === other[at]);

const sameFiles = (now: readonly FileMark[], then: readonly FileMark[]): boolean =>
  now.length === then.length &&
  now.every(({ path, hash }) => then.some((each) => each.path === path && each.hash === hash));

const kinds = ["reads", "writes", "hosts", "signals", "programs", "unknown"] as const;
const noWider = (now: Effects, then: Effects): boolean =>
  kinds.every((kind) => now[kind].every((each) => then[kind].includes(each)));

const mostFiles = 64;
const mostBytes = 8 << 20;
/** What stands here changes with the system, not with a project. */
const systemFolders = ["/bin", "/sbin", "/usr", "/lib", "/lib64", "/etc", "/proc", "/sys", "/dev", "/nix", "/opt"];
/** Programs that run what a file of their folder says, without naming it. */
const recipes: Readonly<Record<string, readonly string[]>> = {
  make: ["Makefile", "makefile", "GNUmakefile"],
  gmake: ["Makefile", "makefile", "GNUmakefile"],
  just: ["justfile", "Justfile", ".justfile"],
  npm: ["package.json"],
  npx: ["package.json"],
  yarn: ["package.json"],
  pnpm: ["package.json"],
  bun: ["package.json"],
  cargo: ["Cargo.toml", "build.rs"],
  rake: ["Rakefile"],
};

/**
 * The files that a command's effects depend on, as they are now: where its text tells all that it does, none; else every file
 * that it reads or names. Null where there are too many, or one cannot be read or is too large: nobody can say that it is still
 * the same later.
 */
export function markFiles(
  action: Action,
  effects: Effects,
  files: Pick<FileSystem, "stat" | "lstat" | "realPath" | "readBytes">,
): FileMark[] | null {
  // A link to what is not there yet may lead anywhere by the time that it is written through.
  if (effects.writes.some((path) => realTarget(path, files) === null)) return null;
  if (action.kind !== "command" || effects.unknown.length === 0) return [];
  const words = action.argv.flatMap((word) => word.split(/[\s'"`;|&<>()$={},]+/)).filter((word) => word !== "");
  const named = [...effects.reads, ...effects.programs, ...words];
  const implied = [...effects.programs, ...words].flatMap((name) => recipes[baseName(name)] ?? []);
  const paths = new Set<string>();
  for (const name of [...named, ...implied]) {
    const path = realTarget(resolvePath(action.cwd, name), files);
    if (path !== null && !systemFolders.some((folder) => isWithin(path, folder))) paths.add(path);
  }
  const marks: FileMark[] = [];
  for (const path of paths) {
    try {
      const found = files.stat(path);
      if (found === null || found.kind === "directory") continue;
      if (found.kind !== "file" || found.size > mostBytes || marks.length === mostFiles) return null;
      marks.push({ path, hash: sha256(files.readBytes(path)) });
    } catch {
      return null;
    }
  }
  return marks;
}
