import { joinPath } from "../../system/paths.ts";
import { isWithin, realTarget } from "../paths.ts";
import { trustedRoots } from "../sandbox/roots.ts";
import { type EngineContext, type Findings, isEscalated, outsideRoots, realWrites } from "./findings.ts";
import type { Opinion } from "./opinion.ts";
import { type ProtectedTarget, protectedIn, protectedTarget } from "./protected.ts";

export function protectedOpinions({ action, effects, context }: Findings): Opinion[] {
  const { mode } = context;
  if (mode === null || mode === "full") return [];
  const written = touched(realWrites(effects), context).filter(({ path }) => !isLifted(path, context));
  const read = touched(effects.reads, context).filter(
    ({ path, target }) => target.kind === "credentials" && !isReadLifted(path, context),
  );
  const [first] = [...written, ...read, ...protectedBelow(realWrites(effects), context)];
  if (first === undefined) return [];
  const writes = read[0] !== first;
  const reason = `${first.path} is protected: it ${what[first.target.kind]}`;
  const rule = `path = ${JSON.stringify(first.path)}, access = "${writes ? "write" : "read"}", decision = "allow"`;
  const wayOut = `--mode full asks nothing; a rule of [[codex_agent.rules]] with ${rule} allows this.`;
  return [
    {
      decision: "ask",
      rule: `protected:${first.target.name}`,
      reason,
      outside: isEscalated(action) || !inRoots(written, context),
      wayOut,
    },
  ];
}

const what: Readonly<Record<ProtectedTarget["kind"], string>> = {
  git: "says what git runs",
  startup: "is run when a shell or session starts",
  credentials: "holds keys or passwords",
  editor: "says what an editor runs",
};

interface Touched {
  readonly path: string;
  readonly target: ProtectedTarget;
}

const touched = (paths: readonly string[], { files }: EngineContext): Touched[] =>
  paths.flatMap((path) => {
    const target = protectedTarget(path) ?? protectedTarget(realTarget(path, files) ?? path);
    return target === null ? [] : [{ path, target }];
  });

const isReadLifted = (path: string, { ownRules }: EngineContext): boolean =>
  ownRules.some(
    ({ decision, paths, access, command }) =>
      decision === "allow" &&
      access !== "write" &&
      command === null &&
      paths?.some((glob) => glob.matches(path)) === true,
  );

/** A rule of the user's allows to write it. */
export const isLifted = (path: string, { ownRules }: EngineContext): boolean =>
  ownRules.some(({ decision, paths, access, command, tool }) => {
    const names = paths?.some((glob) => glob.matches(path)) === true && access !== "read";
    return names && decision === "allow" && command === null && tool === null;
  });

/** Protected files in folders that would be changed as a whole. */
function protectedBelow(writes: readonly string[], context: EngineContext): Touched[] {
  const folders = writes.filter((path) => context.files.stat(path)?.kind === "directory");
  if (folders.length === 0) return [];
  const repositories = folders
    .map((folder) => joinPath(folder, ".git"))
    .filter((path) => context.files.lstat(path) !== null);
  const inside = keptFiles(context).filter((path) =>
    folders.some((folder) => path !== folder && isWithin(path, folder)),
  );
  return [
    ...repositories.map((path): Touched => ({ path, target: { name: ".git", kind: "git" } })),
    ...touched(inside, context),
  ];
}

const inRoots = (all: readonly Touched[], context: EngineContext): boolean =>
  outsideRoots(
    all.map(({ path }) => path),
    context,
  ).length === 0;

/**
 * Files of the writable folders that are kept from commands whose text does not name them: what rules keep, and in modes of
 * ours what is protected; the temporary folders are everybody's.
 */
export function keptFiles(context: EngineContext): string[] {
  const { cwd, permissions, files, mode, ownRules } = context;
  const ruled = ownRules
    .filter(
      ({ decision, access, command, tool }) =>
        decision !== "allow" && access !== "read" && command === null && tool === null,
    )
    .flatMap(({ paths }) => (paths ?? []).flatMap(({ only }) => (only === null ? [] : [only])))
    .filter((path) => files.lstat(path) !== null);
  if (mode === null) return ruled;
  const roots = trustedRoots([cwd, ...permissions.writableRoots, ...(permissions.granted?.write ?? [])], files);
  const protectedOnes = roots.flatMap((root) => protectedIn(root, files)).filter((path) => !isLifted(path, context));
  return [...ruled, ...protectedOnes];
}
