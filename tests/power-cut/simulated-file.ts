import type { Dice } from "../support/dice.ts";

/** Content that grows, shrinks and is copied. */
export class Bytes {
  #buffer: Buffer;
  length: number;

  constructor(content: Uint8Array = new Uint8Array(0)) {
    this.#buffer = Buffer.from(content);
    this.length = content.length;
  }

  write(at: number, bytes: Uint8Array): void {
    const end = at + bytes.length;
    if (end > this.#buffer.length) {
      const larger = Buffer.alloc(Math.max(end, this.#buffer.length * 2, 1024));
      this.#buffer.copy(larger, 0, 0, this.length);
      this.#buffer = larger;
    }
    this.#buffer.set(bytes, at);
    this.length = Math.max(this.length, end);
  }

  truncate(length: number): void {
    if (length > this.length) this.write(this.length, Buffer.alloc(length - this.length));
    this.#buffer.fill(0, length, this.length);
    this.length = length;
  }

  apply(change: DataChange): void {
    if (change.type === "write") this.write(change.at, change.bytes);
    else this.truncate(change.length);
  }

  /** A view. */
  slice(start: number, end: number): Buffer {
    return this.#buffer.subarray(Math.min(start, this.length), Math.min(end, this.length));
  }
}

export type DataChange = { type: "write"; at: number; bytes: Uint8Array } | { type: "truncate"; length: number };

export interface FileNode {
  readonly kind: "file";
  readonly cached: Bytes;
  readonly durable: Bytes;
  pending: DataChange[];
  modifiedMs: number;
}

export const newFile = (modifiedMs: number): FileNode => ({
  kind: "file",
  cached: new Bytes(),
  durable: new Bytes(),
  pending: [],
  modifiedMs,
});

export const fileContent = (file: FileNode): string => file.cached.slice(0, file.cached.length).toString("utf8");

const pageBytes = 4096;
const sectorBytes = 512;
const mostVersions = 4;

/** Some of the states that the file went through since it was last synced, the oldest and the newest among them. */
function versionsOf(file: FileNode, dice: Dice): Bytes[] {
  const count = file.pending.length;
  const wanted = new Set([count]);
  while (wanted.size < mostVersions - 1 && wanted.size < count) wanted.add(dice.below(count) + 1);
  const state = new Bytes(file.durable.slice(0, file.durable.length));
  const versions = [file.durable];
  file.pending.forEach((change, index) => {
    state.apply(change);
    if (wanted.has(index + 1)) versions.push(index + 1 === count ? state : new Bytes(state.slice(0, state.length)));
  });
  return versions;
}

/** Each page is of some version, a torn one each sector; beyond the end of that version there are zeros. */
function mixed(versions: readonly Bytes[], dice: Dice): Bytes {
  const length = dice.pick(versions).length;
  const content = new Bytes(Buffer.alloc(length));
  const fill = (start: number, end: number): void =>
    content.write(start, dice.pick(versions).slice(start, Math.min(end, length)));
  for (let page = 0; page < length; page += pageBytes) {
    if (dice.chance(70)) fill(page, page + pageBytes);
    else
      for (let sector = 0; sector < pageBytes; sector += sectorBytes) {
        if (page + sector < length) fill(page + sector, page + sector + sectorBytes);
      }
  }
  return content;
}

export function fileAfterCut(file: FileNode, dice: Dice): FileNode {
  const versions = versionsOf(file, dice);
  const fate = dice.below(8);
  let content = versions[0]!;
  if (fate === 1) content = versions.at(-1)!;
  else if (fate > 1) content = mixed(versions, dice);
  const whole = content.slice(0, content.length);
  return {
    kind: "file",
    cached: new Bytes(whole),
    durable: new Bytes(whole),
    pending: [],
    modifiedMs: file.modifiedMs,
  };
}
