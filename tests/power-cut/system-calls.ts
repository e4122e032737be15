import { type Node, SimulatedDisk } from "./simulated-disk.ts";
import type { FileNode } from "./simulated-file.ts";

/**
 * As much of `node:fs` as src/system asks for, over a simulated disk: with it in the place of `node:fs`, the product's
 * own file system runs as it stands, so that the order of its calls is what is tested.
 */
let disk = new SimulatedDisk();
let descriptors = new Map<number, { node: Node; append: boolean }>();
let nextDescriptor = 3;

/** From now on this disk is meant; every open descriptor is gone. */
export function mount(other: SimulatedDisk): void {
  disk = other;
  descriptors = new Map();
}

/** Descriptors that nobody has closed. */
export const openDescriptors = (): number => descriptors.size;

const failure = (code: string, call: string, path: string): Error =>
  Object.assign(new Error(`${code}: ${call} '${path}'`), { code });

function opened(descriptor: number): { node: Node; append: boolean } {
  disk.check();
  const found = descriptors.get(descriptor);
  if (!found) throw failure("EBADF", "use", String(descriptor));
  return found;
}

function openedFile(descriptor: number): FileNode {
  const { node } = opened(descriptor);
  if (node.kind !== "file") throw failure("EISDIR", "use", String(descriptor));
  return node;
}

export const constants = { O_RDONLY: 0, O_NONBLOCK: 0o4000 };

/** Numbers are those of reading. */
export function openSync(path: string, mode: string | number): number {
  disk.check();
  const flags = typeof mode === "number" ? "r" : mode;
  let node = disk.find(path);
  if (node && flags === "wx") throw failure("EEXIST", "open", path);
  if (!node) {
    const place = disk.folderOf(path);
    if (flags === "r" || !place) throw failure("ENOENT", "open", path);
    node = disk.makeFile(place.folder, place.name);
  }
  if (node.kind === "folder" && flags !== "r") throw failure("EISDIR", "open", path);
  descriptors.set(nextDescriptor, { node, append: flags !== "r" });
  return nextDescriptor++;
}

export function closeSync(descriptor: number): void {
  if (!disk.stopped && !descriptors.delete(descriptor)) throw failure("EBADF", "close", String(descriptor));
}

export function writeSync(descriptor: number, bytes: Uint8Array, from = 0): number {
  const file = openedFile(descriptor);
  const rest = Uint8Array.from(bytes.subarray(from));
  disk.write(file, rest);
  return rest.length;
}

export function writeFileSync(descriptor: number, data: string | Uint8Array): void {
  writeSync(descriptor, Buffer.from(data as string));
}

export function ftruncateSync(descriptor: number, length: number): void {
  disk.truncate(openedFile(descriptor), length);
}

export function fsyncSync(descriptor: number): void {
  disk.beginSync(opened(descriptor).node)();
}

/** In a thread of its own, as Node does it: the program goes on meanwhile. */
export function fsync(descriptor: number, done: (error: Error | null) => void): void {
  let end: () => void;
  try {
    end = disk.beginSync(opened(descriptor).node);
  } catch (error) {
    setImmediate(done, error as Error);
    return;
  }
  setImmediate(() => {
    try {
      end();
    } catch (error) {
      done(error as Error);
      return;
    }
    done(null);
  });
}

export const fdatasync = (descriptor: number, done: (error: Error | null) => void): void => fsync(descriptor, done);

interface Stats {
  size: number;
  mtimeMs: number;
  mode: number;
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
}

const statsOf = (node: Node): Stats => ({
  size: node.kind === "file" ? node.cached.length : 0,
  mtimeMs: node.modifiedMs,
  mode: node.kind === "file" ? 0o600 : 0o700,
  isFile: () => node.kind === "file",
  isDirectory: () => node.kind === "folder",
  isSymbolicLink: () => false,
});

export const fstatSync = (descriptor: number): Stats => statsOf(opened(descriptor).node);

export function statSync(path: string): Stats | undefined {
  disk.check();
  const node = disk.find(path);
  return node ? statsOf(node) : undefined;
}

/** There are no links. */
export const lstatSync = (path: string): Stats | undefined => statSync(path);

export function readdirSync(path: string): string[] {
  disk.check();
  const node = disk.find(path);
  if (node?.kind !== "folder") throw failure("ENOENT", "scandir", path);
  return [...node.cached.keys()];
}

export function readFileSync(place: string | number, encoding?: "utf8"): string | Buffer {
  disk.check();
  const node = typeof place === "number" ? openedFile(place) : disk.find(place);
  if (node?.kind !== "file") throw failure("ENOENT", "open", String(place));
  const content = Buffer.from(node.cached.slice(0, node.cached.length));
  return encoding ? content.toString(encoding) : content;
}

export function readSync(descriptor: number, target: Buffer, offset: number, length: number, position: number): number {
  return openedFile(descriptor)
    .cached.slice(position, position + length)
    .copy(target, offset);
}

export function mkdirSync(path: string): void {
  disk.check();
  if (disk.find(path)) throw failure("EEXIST", "mkdir", path);
  const place = disk.folderOf(path);
  if (!place) throw failure("ENOENT", "mkdir", path);
  disk.makeFolder(place.folder, place.name);
}

export function renameSync(from: string, to: string): void {
  disk.check();
  const [source, target] = [disk.folderOf(from), disk.folderOf(to)];
  const node = disk.find(from);
  if (!node || !source || source.folder !== target?.folder) throw failure("ENOENT", "rename", from);
  disk.change(source.folder, { type: "rename", from: source.name, to: target.name, node });
}

export function rmSync(path: string): void {
  disk.check();
  const place = disk.folderOf(path);
  if (place?.folder.cached.has(place.name)) disk.change(place.folder, { type: "remove", name: place.name });
}
