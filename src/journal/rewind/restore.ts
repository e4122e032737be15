import { messageOf } from "../../protocol/errors.ts";
import type { Content, RootedFolder } from "../../system/ports.ts";
import { emptyFolder, type State } from "./changes.ts";
import type { Step } from "./plan.ts";
import type { ShadowGit } from "./shadow-git.ts";

/** What could not be put back, with the system's words. */
export interface Failed {
  readonly path: string;
  readonly why: string;
}

/** Contents that are held in memory at once. */
const batchBytes = 32 * 2 ** 20;

const oidOf = (state: State): string | null => (state === null || state === emptyFolder ? null : state.slice(7));

/** Which of the contents the snapshots do not have any more. Looked up before anything is changed. */
export async function missingContents(git: ShadowGit, steps: readonly Step[]): Promise<Set<string>> {
  const sizes = await sizesOf(git, steps);
  return new Set(
    steps.flatMap(({ path, wanted }) => (oidOf(wanted) !== null && !sizes.has(oidOf(wanted)!) ? [path] : [])),
  );
}

async function sizesOf(git: ShadowGit, steps: readonly Step[]): Promise<Map<string, number>> {
  const oids = [...new Set(steps.flatMap(({ wanted }) => oidOf(wanted) ?? []))];
  const sizes = new Map<string, number>();
  if (oids.length === 0) return sizes;
  const output = await git.line(["cat-file", "--batch-check"], { input: Buffer.from(`${oids.join("\n")}\n`) });
  for (const line of output.split("\n")) {
    const [oid, type, size] = line.split(" ");
    if (type === "blob") sizes.set(oid!, Number(size));
  }
  return sizes;
}

/**
 * Puts every path back: files as a whole or not at all, what is gone first. `stays` are folders that are kept although they get
 * empty. Whatever fails is told and stays as it is; the rest is done.
 */
export async function restore(
  git: ShadowGit,
  folder: RootedFolder,
  steps: readonly Step[],
  stays: ReadonlySet<string>,
  modes: Readonly<Record<string, number>>,
): Promise<Failed[]> {
  const failed: Failed[] = [];
  const attempt = (path: string, work: () => void): void => {
    try {
      work();
    } catch (error) {
      failed.push({ path, why: messageOf(error) });
    }
  };
  const tidy = new Set<string>();
  for (const { path, now, wanted } of steps) {
    if (isContent(wanted)) continue;
    if (isContent(now)) attempt(path, () => folder.remove(path, now!));
    else if (now === emptyFolder && wanted === null) tidy.add(path);
    for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1)) tidy.add(path.slice(0, end));
  }
  // The deepest first. One with something in it stays.
  for (const path of [...tidy].toSorted((one, other) => other.length - one.length)) {
    if (!stays.has(path)) attempt(path, () => folder.removeDirectory(path));
  }
  for (const batch of batches(steps, await sizesOf(git, steps))) {
    const contents = await readBlobs(git, [...new Set(batch.flatMap(({ wanted }) => oidOf(wanted) ?? []))]);
    for (const { path, now, wanted } of batch) {
      const bytes = contents.get(oidOf(wanted)!);
      if (bytes === undefined) failed.push({ path, why: "its snapshot has lost it" });
      else attempt(path, () => putBack(folder, path, now, wanted!, bytes, modes[path] ?? null));
    }
  }
  for (const { path, wanted } of steps) {
    if (wanted === emptyFolder) attempt(path, () => folder.makeDirectories(path));
  }
  return failed;
}

const isContent = (state: State): boolean => oidOf(state) !== null;

function putBack(
  folder: RootedFolder,
  path: string,
  now: State,
  wanted: string,
  bytes: Uint8Array,
  mode: number | null,
): void {
  const content: Content = wanted.startsWith("120000")
    ? { type: "link", target: bytes }
    : { type: "file", bytes, executable: wanted.startsWith("100755") };
  if (path.includes("/")) folder.makeDirectories(path.slice(0, path.lastIndexOf("/")));
  // Where the agent has made a folder of it, and all that was in it is gone by now.
  if (folder.look(path)?.kind === "directory") folder.removeDirectory(path);
  folder.put(path, content, isContent(now) ? now : null, isContent(now) ? null : mode);
}

function* batches(steps: readonly Step[], sizes: ReadonlyMap<string, number>): Generator<Step[]> {
  let batch: Step[] = [];
  let bytes = 0;
  for (const step of steps) {
    if (!isContent(step.wanted)) continue;
    const size = sizes.get(oidOf(step.wanted)!) ?? 0;
    if (batch.length > 0 && bytes + size > batchBytes) {
      yield batch;
      [batch, bytes] = [[], 0];
    }
    batch.push(step);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}

async function readBlobs(git: ShadowGit, oids: readonly string[]): Promise<Map<string, Uint8Array>> {
  const contents = new Map<string, Uint8Array>();
  const input = Buffer.from(`${oids.join("\n")}\n`);
  const output = Buffer.from(await git.run(["cat-file", "--batch"], { input, maxBytes: 4 * batchBytes }));
  for (let at = 0; at < output.length;) {
    const end = output.indexOf("\n", at);
    const [oid, type, size] = output.subarray(at, end).toString("latin1").split(" ");
    at = end + 1;
    if (type !== "blob") continue;
    contents.set(oid!, output.subarray(at, at + Number(size)));
    at += Number(size) + 1;
  }
  return contents;
}
