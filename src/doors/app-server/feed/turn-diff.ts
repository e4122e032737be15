import { createHash } from "node:crypto";
import { relative, isAbsolute } from "node:path";
import type { PatchedFile } from "../../../protocol/items.ts";
import { unifiedDiff } from "../../../tools/apply-patch/unified-diff.ts";

interface Followed {
  /** Absolute; null of a file that was not there. */
  from: string | null;
  before: string | null;
}

/** What the patches of one turn have done to files, all taken together, as git shows it. */
export class TurnDiff {
  readonly #folder: string;
  /** What stood behind a path before the turn, by where it stands now. */
  readonly #now = new Map<string, Followed & { after: string }>();
  readonly #gone = new Map<string, string>();
  #shown: string | null = null;

  /** Paths below `folder` are shown from there on. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  add(files: readonly PatchedFile[]): void {
    this.#shown = null;
    for (const file of files) this.#add(file);
  }

  #add({ path, movePath, before, after }: PatchedFile): void {
    const origin = this.#originOf(path, before);
    this.#now.delete(path);
    const target = movePath ?? path;
    if (movePath !== null) this.#cover(movePath);
    if (after === null) {
      if (origin.from !== null) this.#gone.set(origin.from, origin.before ?? "");
      return;
    }
    this.#gone.delete(origin.from ?? target);
    this.#now.set(target, { ...origin, after });
  }

  #originOf(path: string, before: string | null): Followed {
    const known = this.#now.get(path);
    if (known !== undefined) return known;
    const gone = this.#gone.get(path);
    if (gone !== undefined) return { from: path, before: gone };
    return { from: before === null ? null : path, before };
  }

  /** What was there is gone, unless it came there in this turn. */
  #cover(path: string): void {
    const known = this.#now.get(path);
    this.#now.delete(path);
    if (known?.from != null) this.#gone.set(known.from, known.before ?? "");
  }

  /** Null while no patch has changed anything. */
  get text(): string | null {
    if (this.#now.size === 0 && this.#gone.size === 0) return null;
    return (this.#shown ??= this.#show());
  }

  #show(): string {
    const parts = [
      ...[...this.#now].map(([path, file]) => ({ path, text: this.#changed(path, file) })),
      ...[...this.#gone].map(([path, before]) => ({ path, text: this.#removed(path, before) })),
    ];
    // By where they stood.
    const key = ({ path }: { path: string }): string => this.#now.get(path)?.from ?? path;
    return parts
      .toSorted((one, other) => (key(one) < key(other) ? -1 : 1))
      .map(({ text }) => text)
      .join("");
  }

  #changed(path: string, { from, before, after }: Followed & { after: string }): string {
    if (from === path && before === after) return "";
    const [old, current] = [this.#named(from ?? path), this.#named(path)];
    const head = `diff --git a/${old} b/${current}\n`;
    const created = from === null ? `new file mode 100644\n` : "";
    const names = `--- ${from === null ? "/dev/null" : `a/${old}`}\n+++ b/${current}\n`;
    const index = `index ${from === null ? noBlob : blobId(before ?? "")}..${blobId(after)}\n`;
    return `${head}${created}${index}${names}${unifiedDiff(before ?? "", after, shownContext)}`;
  }

  #removed(path: string, before: string): string {
    const name = this.#named(path);
    const head = `diff --git a/${name} b/${name}\ndeleted file mode 100644\nindex ${blobId(before)}..${noBlob}\n`;
    return `${head}--- a/${name}\n+++ /dev/null\n${unifiedDiff(before, "", shownContext)}`;
  }

  #named(path: string): string {
    const below = relative(this.#folder, path);
    return below.startsWith("..") || isAbsolute(below) ? path : below;
  }
}

const shownContext = 3;
const noBlob = "0".repeat(40);

/** The id that git gives to such a file. */
function blobId(text: string): string {
  const bytes = Buffer.from(text);
  return createHash("sha1").update(`blob ${bytes.length}\0`).update(bytes).digest("hex");
}
