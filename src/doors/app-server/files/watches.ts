import { statSync, watch, type FSWatcher } from "node:fs";
import { stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { refused } from "../request-error.ts";

/** More than any client needs, fewer than the system has for everybody. */
const mostWatches = 1000;

/** Changes are told together when this much time has passed since the first. */
const gatherMs = 200;

/** Watched for one client: of a folder its entries, of a file itself. What is not there yet is waited for. */
export class Watches {
  readonly #watches = new Map<string, Watch>();
  readonly #tell: (watchId: string, changedPaths: string[]) => void;

  constructor(tell: (watchId: string, changedPaths: string[]) => void) {
    this.#tell = tell;
  }

  async add(watchId: string, path: string): Promise<void> {
    if (this.#watches.has(watchId)) throw refused(`watchId already exists: ${watchId}`);
    if (this.#watches.size >= mostWatches)
      throw refused(`this connection watches ${mostWatches} paths already; fs/unwatch some of them first`);
    const added = new Watch(path, (paths) => this.#tell(watchId, paths));
    this.#watches.set(watchId, added);
    try {
      await added.begin();
    } catch (error) {
      this.remove(watchId);
      throw error;
    }
  }

  remove(watchId: string): void {
    this.#watches.get(watchId)?.end();
    this.#watches.delete(watchId);
  }

  removeAll(): void {
    for (const watchId of this.#watches.keys()) this.remove(watchId);
  }
}

/** One path. A file is watched by way of its folder: editors put another one in its place. */
class Watch {
  readonly #path: string;
  readonly #tell: (paths: string[]) => void;
  readonly #changed = new Set<string>();
  #watcher: FSWatcher | null = null;
  /** The folder that is watched now: the path itself, or the nearest above it that is there. */
  #place = "";
  #timer: NodeJS.Timeout | null = null;
  #moving: Promise<void> = Promise.resolve();
  #ended = false;

  constructor(path: string, tell: (paths: string[]) => void) {
    this.#path = path;
    this.#tell = tell;
  }

  begin(): Promise<void> {
    return this.#settle();
  }

  end(): void {
    this.#ended = true;
    this.#watcher?.close();
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  /** Goes to where the path can be watched from by now. */
  #settle(): Promise<void> {
    this.#moving = this.#moving.then(async () => {
      const place = await this.#nearest();
      if (this.#ended || (place === this.#place && this.#watcher !== null)) return;
      this.#watcher?.close();
      this.#watcher = watch(place, { persistent: false });
      this.#place = place;
      this.#watcher.on("change", (_type, name) => this.#hear(place, name === null ? "" : name.toString()));
      // The folder is gone, or the system has no more watches: whoever asked finds out when they look.
      this.#watcher.on("error", () => this.#watcher?.close());
    });
    const moving = this.#moving;
    this.#moving = moving.catch(() => undefined);
    return moving;
  }

  async #nearest(): Promise<string> {
    for (let place = this.#path; ; place = dirname(place)) {
      const found = await stat(place).catch(() => null);
      if (found?.isDirectory() === true || dirname(place) === place) return place;
    }
  }

  #hear(place: string, name: string): void {
    if (place === this.#path) {
      // A folder that is removed tells of itself by its own name, which an entry may have, too.
      const gone = name === basename(place) && statSync(place, { throwIfNoEntry: false }) === undefined;
      this.#note(gone || name === "" ? place : join(place, name));
      if (gone) this.#look();
      return;
    }
    const next = this.#path.slice(place === "/" ? 1 : place.length + 1).split("/")[0];
    if (name !== "" && name !== next) return;
    if (dirname(this.#path) === place) this.#note(this.#path);
    this.#look();
  }

  /** The path may have come, or gone. */
  #look(): void {
    const before = this.#place;
    this.#settle().then(
      () => {
        // It came with more than the folder that it was waited for in.
        if (!this.#ended && this.#place !== before && dirname(this.#path) !== before)
          void stat(this.#path).then(
            () => this.#note(this.#path),
            () => undefined,
          );
      },
      () => undefined,
    );
  }

  #note(path: string): void {
    if (this.#ended) return;
    this.#changed.add(path);
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      const paths = [...this.#changed].toSorted();
      this.#changed.clear();
      this.#tell(paths);
    }, gatherMs);
  }
}
