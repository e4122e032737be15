import type { Dice } from "../support/dice.ts";
import { type FileNode, fileAfterCut, newFile } from "./simulated-file.ts";

/**
 * A disk behind a page cache. What a program wrote is seen by every program at once, and survives the end of the
 * program; a power cut leaves what was synced, and of the rest whatever the seed picks.
 *
 * The rules are those that POSIX promises, and no more:
 * - `fdatasync` of a file keeps what was written to it before the call began, and its length;
 * - `fsync` of a folder keeps the names in it, not those of the folders above. ext4, xfs and btrfs in their usual
 *   modes keep a new file's name together with its first `fsync`; NFS, FUSE and others do not say so, and holding to the
 *   poorer promise costs some folder syncs once a process;
 * - everything else may come in any order: sectors of one file, files among each other, names among each other.
 *   A length that was kept without its data gives zeros. A sector of 512 bytes is old or new, never mixed.
 */
export interface FolderNode {
  readonly kind: "folder";
  readonly cached: Map<string, Node>;
  readonly durable: Map<string, Node>;
  pending: EntryChange[];
  modifiedMs: number;
}

export type Node = FileNode | FolderNode;

type EntryChange =
  | { type: "set"; name: string; node: Node }
  | { type: "rename"; from: string; to: string; node: Node }
  | { type: "remove"; name: string };

/** What every call meets after the machine or the program has stopped. */
export class Stopped extends Error {
  readonly code = "EIO";
}

export interface DiskOptions {
  /** Calls that change or sync anything before it stops; absent: it goes on. */
  stopAfter?: number;
  /** Syncing a folder does nothing, to see whether a test would notice. */
  forgetsFolders?: boolean;
}

const newFolder = (): FolderNode => ({
  kind: "folder",
  cached: new Map(),
  durable: new Map(),
  pending: [],
  modifiedMs: 0,
});

function applyChange(entries: Map<string, Node>, change: EntryChange): void {
  if (change.type === "remove") entries.delete(change.name);
  else if (change.type === "set") entries.set(change.name, change.node);
  else {
    entries.delete(change.from);
    entries.set(change.to, change.node);
  }
}

export class SimulatedDisk {
  readonly root: FolderNode;
  readonly #options: DiskOptions;
  #changes = 0;
  /** The clock of modification times. */
  now: () => number = () => 0;

  constructor(options: DiskOptions = {}, root: FolderNode = newFolder()) {
    this.#options = options;
    this.root = root;
  }

  /** Nothing that is done now counts, and nobody is told of anything any more. */
  get stopped(): boolean {
    return this.#changes > (this.#options.stopAfter ?? Number.POSITIVE_INFINITY);
  }

  /** A step at which the disk may stop; what is under way then may or may not have happened. */
  step(): void {
    if (!this.stopped) this.#changes++;
    this.check();
  }

  check(): void {
    if (this.stopped) throw new Stopped("the machine has stopped");
  }

  find(path: string): Node | null {
    let node: Node = this.root;
    for (const name of path.split("/")) {
      if (name === "") continue;
      const next: Node | undefined = node.kind === "folder" ? node.cached.get(name) : undefined;
      if (next === undefined) return null;
      node = next;
    }
    return node;
  }

  folderOf(path: string): { folder: FolderNode; name: string } | null {
    const at = path.lastIndexOf("/");
    const folder = this.find(path.slice(0, at));
    return folder?.kind === "folder" ? { folder, name: path.slice(at + 1) } : null;
  }

  change(folder: FolderNode, change: EntryChange): void {
    folder.pending.push(change);
    applyChange(folder.cached, change);
    folder.modifiedMs = this.now();
    this.step();
  }

  makeFile(folder: FolderNode, name: string): FileNode {
    const node = newFile(this.now());
    this.change(folder, { type: "set", name, node });
    return node;
  }

  makeFolder(folder: FolderNode, name: string): void {
    this.change(folder, { type: "set", name, node: newFolder() });
  }

  write(file: FileNode, bytes: Uint8Array): void {
    file.pending.push({ type: "write", at: file.cached.length, bytes });
    file.cached.write(file.cached.length, bytes);
    file.modifiedMs = this.now();
    this.step();
  }

  truncate(file: FileNode, length: number): void {
    file.pending.push({ type: "truncate", length });
    file.cached.truncate(length);
    file.modifiedMs = this.now();
    this.step();
  }

  /** Begins a sync; the function that is given back ends it, and keeps what was there at the beginning. */
  beginSync(node: Node): () => void {
    this.step();
    const last: unknown = node.pending.at(-1);
    return () => {
      this.step();
      // Another sync may have kept them already.
      const count = (node.pending as unknown[]).indexOf(last) + 1;
      if (node.kind === "file") {
        for (const change of node.pending.splice(0, count)) node.durable.apply(change);
      } else if (this.#options.forgetsFolders !== true) {
        for (const change of node.pending.splice(0, count)) applyChange(node.durable, change);
      }
    };
  }

  /** The disk as the machine finds it when it has power again. */
  afterPowerCut(dice: Dice, options: DiskOptions = {}): SimulatedDisk {
    return new SimulatedDisk(options, folderAfterCut(this.root, dice));
  }

  /** The same disk for the next program, after this one was killed: the page cache is whole. */
  afterKill(options: DiskOptions = {}): SimulatedDisk {
    return new SimulatedDisk(options, this.root);
  }
}

function folderAfterCut(folder: FolderNode, dice: Dice): FolderNode {
  const entries = new Map(folder.durable);
  for (const change of folder.pending) if (dice.chance(50)) applyChange(entries, change);
  const after = newFolder();
  after.modifiedMs = folder.modifiedMs;
  for (const [name, node] of entries) {
    const kept = node.kind === "folder" ? folderAfterCut(node, dice) : fileAfterCut(node, dice);
    after.cached.set(name, kept);
    after.durable.set(name, kept);
  }
  return after;
}
