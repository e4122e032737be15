import { listOfPaths } from "../../system/byte-paths.ts";
import type { RootedFolder, System } from "../../system/ports.ts";
import { ownHomes } from "./coverage.ts";
import { type LeftOut, limits, listChanges, type Listing, trackedThoughIgnored, userIndex } from "./listing.ts";
import type { ShadowGit } from "./shadow-git.ts";

/** A folder as it was at one moment. */
export interface Snapshot {
  readonly tree: string;
  /** Folders that had nothing in them. */
  readonly empty: readonly string[];
  readonly leftOut: readonly LeftOut[];
  /** Tree of the look before this one, by whomever; null where it is not known. */
  readonly previous: string | null;
  /** Whether ignored files were looked for that the user's repository tracks, and found. */
  readonly tracked: boolean;
}

export type Taken = { readonly type: "taken"; readonly snapshot: Snapshot } | { type: "not covered"; why: string };

/** What is known of the index beside it; worth nothing when the index is another one by now. */
interface IndexFacts {
  tree: string;
  /** Size and time of the index that it tells of. */
  index: string;
  /** The same of the user's own, where that was looked through. */
  userIndex: string | null;
  modes: Record<string, number>;
}

const factsFile = "index.json";
const mostModes = 2000;
/** Blobs of a first snapshot go into one pack, instead of a file for each. */
const packAtOnce = 128;

/** Takes a snapshot. `also` are paths to be kept although they are ignored. */
export function takeSnapshot(
  git: ShadowGit,
  system: System,
  also: readonly string[] = [],
  signal?: AbortSignal,
): Promise<Taken> {
  return git.whileLocked(() => takeLocked(git, system, also, signal), signal);
}

async function takeLocked(
  git: ShadowGit,
  system: System,
  also: readonly string[],
  signal: AbortSignal | undefined,
): Promise<Taken> {
  git.prepare();
  const folder = (await system.folders()).open(git.folder);
  const ours = ownHomes(system).flatMap((home) =>
    home.startsWith(`${git.folder}/`) ? [home.slice(git.folder.length + 1)] : [],
  );
  const isOurs = (path: string): boolean => ours.some((each) => `${path}/`.startsWith(`${each}/`));
  // A file that comes, goes or changes its kind in between makes git stop; the next look finds it as it is.
  for (let attempt = 1; ; attempt++) {
    try {
      return await takeOnce(git, system, folder, also, isOurs, signal);
    } catch (error) {
      if (attempt >= 3 || signal?.aborted) throw error;
      // An index that lost its objects to a power cut is made anew.
      if (attempt === 2) for (const name of ["index", factsFile]) git.drop(name);
    }
  }
}

async function takeOnce(
  git: ShadowGit,
  system: System,
  folder: RootedFolder,
  also: readonly string[],
  isOurs: (path: string) => boolean,
  signal: AbortSignal | undefined,
): Promise<Taken> {
  const facts = readFacts(git, system);
  const userStamp = stampOfUserIndex(git, system);
  const tracked =
    userStamp === null || userStamp.stamp === facts?.userIndex
      ? []
      : await trackedThoughIgnored(git, userStamp.path, signal);
  const wanted = [...also, ...tracked.filter((path) => folder.look(path) !== null)];
  const listing = await listChanges(git, folder, wanted, isOurs, signal);
  if (listing.added + indexCount(git, system) > limits.files) {
    return { type: "not covered", why: `it holds more than ${limits.files} files` };
  }
  if (listing.newBytes > limits.newBytes) {
    return { type: "not covered", why: `more than ${limits.newBytes / 2 ** 30} GiB in it are new` };
  }
  const current = facts !== null && facts.index === stampOf(git, system);
  const tree =
    current && listing.changed.length === 0 && listing.dropped.length === 0
      ? facts.tree
      : await update(git, system, listing, signal);
  const modes = joinedModes(facts?.modes ?? {}, listing.modes);
  const next: IndexFacts = {
    tree,
    index: stampOf(git, system),
    userIndex: userStamp?.stamp ?? null,
    modes,
  };
  if (JSON.stringify(next) !== JSON.stringify(facts)) writeFacts(git, system, next);
  const previous = current ? facts.tree : null;
  const { empty, leftOut } = listing;
  return { type: "taken", snapshot: { tree, empty, leftOut, previous, tracked: tracked.length > 0 } };
}

/** Paths that the index gets at once; what is cut off between two of these has come that far. */
const chunk = 4000;

async function update(
  git: ShadowGit,
  system: System,
  { changed, dropped }: Listing,
  signal: AbortSignal | undefined,
): Promise<string> {
  const config = changed.length > packAtOnce ? ["core.bigFileThreshold=1"] : [];
  const args = ["update-index", "-z", "--add", "--remove", "--replace", "--stdin"];
  for (let at = 0; at < changed.length; at += chunk) {
    const input = listOfPaths(changed.slice(at, at + chunk));
    await onCopy(git, system, (index) => git.run(args, { index, config, input, signal }));
  }
  return onCopy(git, system, async (index) => {
    const gone = ["update-index", "-z", "--force-remove", "--stdin"];
    if (dropped.length > 0) await git.run(gone, { index, input: listOfPaths(dropped), signal });
    return git.line(["write-tree"], { index, signal });
  });
}

/** Works on a copy of the index, and puts it in its place at the end: whoever dies on the way leaves nothing half done. */
function onCopy<Result>(git: ShadowGit, { files }: System, work: (index: string) => Promise<Result>): Promise<Result> {
  const path = `${git.home}/index`;
  return git.onOwnIndex(async (index) => {
    // A link keeps its time, by which git knows what to look at again; git replaces it and changes nothing of the other one.
    if (files.stat(path) !== null) files.link(path, `${git.home}/${index}`);
    const result = await work(index);
    if (files.stat(`${git.home}/${index}`) !== null) files.rename(`${git.home}/${index}`, path);
    return result;
  });
}

/** Rights that a file had when it was last looked at, where they were unusual. */
export const knownModes = (git: ShadowGit, system: System): Readonly<Record<string, number>> =>
  readFacts(git, system)?.modes ?? {};

/** Notes unusual rights of files. Only while the lock is held. */
export function noteModes(git: ShadowGit, system: System, modes: ReadonlyMap<string, number>): void {
  if (modes.size === 0) return;
  // Facts of no index: the next look finds them again.
  const facts = readFacts(git, system) ?? { tree: "", index: "", userIndex: null, modes: {} };
  writeFacts(git, system, { ...facts, modes: joinedModes(facts.modes, modes) });
}

/** What was noted last stays longest. */
function joinedModes(known: Record<string, number>, more: ReadonlyMap<string, number>): Record<string, number> {
  const earlier = Object.entries(known).filter(([path]) => !more.has(path));
  return Object.fromEntries([...earlier, ...more].slice(-mostModes));
}

function writeFacts(git: ShadowGit, { files }: System, facts: IndexFacts): void {
  files.writeReplacing(`${git.home}/${factsFile}`, JSON.stringify(facts), 0o600);
}

function readFacts(git: ShadowGit, { files }: System): IndexFacts | null {
  try {
    return JSON.parse(files.readText(`${git.home}/${factsFile}`)) as IndexFacts;
  } catch {
    return null;
  }
}

const stampOf = (git: ShadowGit, { files }: System): string => stamp(files.stat(`${git.home}/index`));

function stampOfUserIndex(git: ShadowGit, { files }: System): { path: string; stamp: string } | null {
  try {
    const path = userIndex(files, git.folder);
    const stat = path === null ? null : files.stat(path);
    return path === null || stat === null ? null : { path, stamp: stamp(stat) };
  } catch {
    return null;
  }
}

const stamp = (stat: { size: number; modifiedMs: number } | null): string =>
  stat === null ? "none" : `${stat.size} ${stat.modifiedMs}`;

/** Number of entries, from the head of the index. */
function indexCount(git: ShadowGit, { files }: System): number {
  try {
    return Buffer.from(files.readRange(`${git.home}/index`, 0, 12)).readUInt32BE(8);
  } catch {
    return 0;
  }
}
