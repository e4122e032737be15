import { AgentError, messageOf } from "../../protocol/errors.ts";
import type { System } from "../../system/ports.ts";
import { neverCovered, outermost } from "./coverage.ts";
import type { Beginning } from "./left-out.ts";
import { withoutOlder } from "./older-paths.ts";
import { type WithPaths, withPaths } from "./patched-paths.ts";
import { ShadowGit } from "./shadow-git.ts";
import { writeLog } from "./snapshot-log.ts";
import { type Snapshot, takeSnapshot } from "./snapshot.ts";
import { forgetOutdated, tidy } from "./tidy.ts";

/** Until the request is on its way, a turn has better things to do. */
const headStartMs = 30;
/** How long the first command or patch of a turn waits for the look at the folder, and each patch for ignored files to be kept. */
const patienceMs = 10_000;
/** How long the end of the program waits for the look behind the last turn. */
const partingMs = 10_000;

interface Look {
  readonly folder: string;
  /** Null where nothing can be kept; `why` says so. */
  readonly git: ShadowGit | null;
  readonly snapshot: Snapshot | null;
  readonly why: string;
}

interface Begin extends Beginning {
  /** What patches write is added to it, where it was ignored. */
  snapshot: Snapshot;
  /** Files that patches were about to write. */
  readonly seen: Set<string>;
  /** Those of them that are looked at behind the turn, ignored or not. */
  readonly patched: Set<string>;
}

interface TurnLooks {
  readonly turnId: string;
  before: Promise<Look[]> | null;
  /** Begun by the first effect: resolves when the beginning is on record. */
  recorded: Promise<void> | null;
  /** By folder. */
  readonly begins: Map<string, Begin>;
  /** Patches come one after the other: each adds to the same beginning. */
  keeping: Promise<void>;
}

export interface KeeperOptions {
  readonly system: System;
  readonly runtimeHome: string;
  readonly threadId: string;
  /** Folders in which the thread may write. */
  folders(): readonly string[];
  /** Tells the user. */
  warn(message: string): void;
}

/** Looks at a thread's folders before the first effect of each turn and behind its end, so that it can be taken back. */
export class TurnKeeper {
  readonly #options: KeeperOptions;
  readonly #stopped = new AbortController();
  readonly #told = new Set<string>();
  #turn: TurnLooks | null = null;
  /** Once a thread is often enough. */
  #swept = false;
  /** Looks come one after the other. */
  #queue: Promise<unknown> = Promise.resolve();

  constructor(options: KeeperOptions) {
    this.#options = options;
  }

  /** A turn has begun. `early`: it may well change something, so that the look is taken while the model thinks. */
  begin(turnId: string, early: boolean): void {
    this.#turn = { turnId, before: null, recorded: null, begins: new Map(), keeping: Promise.resolve() };
    if (early) this.#turn.before = this.#lookSoon();
  }

  /** Something is about to have an effect; it waits until this resolves. Never rejects. */
  async beforeEffect(paths: readonly string[]): Promise<void> {
    const turn = this.#turn;
    if (turn === null) return;
    await (turn.recorded ??= this.#record(turn));
    if (paths.length > 0) await (turn.keeping = turn.keeping.then(() => this.#keepPatched(turn, paths)));
  }

  /** The turn is over; nobody waits for this. */
  end(): void {
    const turn = this.#turn;
    this.#turn = null;
    const recorded = turn?.recorded;
    if (turn === null || !recorded) return;
    this.#queue = Promise.all([this.#queue, recorded])
      .then(() => turn.keeping)
      .then(() => this.#lookBehind(turn))
      .catch(() => undefined);
  }

  /** Waits for what is still to be looked at, but not for long. */
  async close(): Promise<void> {
    const { clock } = this.#options.system;
    const over = new AbortController();
    const late = clock.sleep(partingMs, over.signal).catch(() => undefined);
    // Where nothing was changed, nobody needs the look that is under way.
    if (this.#turn !== null && this.#turn.recorded === null) this.#stopped.abort();
    await Promise.race([this.#queue, late]);
    over.abort();
    this.#stopped.abort();
    await this.#queue;
  }

  #lookSoon(): Promise<Look[]> {
    const { clock } = this.#options.system;
    const started = clock.sleep(headStartMs, this.#stopped.signal).catch(() => undefined);
    return this.#lookNext(started);
  }

  /** Once the last turn has been looked at: what this one does must not count as that one's. */
  #lookNext(after: Promise<unknown>): Promise<Look[]> {
    const looks = Promise.all([this.#queue, after]).then(() => this.#lookAll(new Map()));
    this.#queue = looks;
    return looks;
  }

  async #lookAll(also: ReadonlyMap<string, ReadonlySet<string>>): Promise<Look[]> {
    const { system } = this.#options;
    const folders = outermost(system, this.#options.folders());
    return Promise.all(folders.map((folder) => this.#look(folder, [...(also.get(folder) ?? [])])));
  }

  async #look(folder: string, also: readonly string[]): Promise<Look> {
    const { system, runtimeHome } = this.#options;
    const never = neverCovered(system, folder);
    if (never !== null) return { folder, git: null, snapshot: null, why: never };
    try {
      const git = ShadowGit.open(system, runtimeHome, folder, this.#options.folders());
      const taken = await takeSnapshot(git, system, also, this.#stopped.signal);
      return taken.type === "taken"
        ? { folder, git, snapshot: taken.snapshot, why: "" }
        : { folder, git, snapshot: null, why: taken.why };
    } catch (error) {
      return { folder, git: null, snapshot: null, why: messageOf(error) };
    }
  }

  async #record(turn: TurnLooks): Promise<void> {
    const { system, threadId } = this.#options;
    turn.before ??= this.#lookNext(Promise.resolve());
    const over = new AbortController();
    const late = system.clock.sleep(patienceMs, over.signal).then(
      () => null,
      () => null,
    );
    const looks = await Promise.race([turn.before, late]);
    over.abort();
    const at = system.clock.now();
    const about = { thread: threadId, turn: turn.turnId, at };
    if (looks === null) {
      const why = `the first look at it takes longer than ${patienceMs / 1000} s`;
      for (const folder of outermost(system, this.#options.folders())) this.#miss(folder, why, about);
      return;
    }
    for (const { folder, git, snapshot, why } of looks) {
      if (git === null || snapshot === null) {
        this.#miss(folder, why, about);
        continue;
      }
      turn.begins.set(folder, {
        git,
        at,
        excludes: git.ownExcludes(),
        looked: snapshot.tree,
        snapshot,
        seen: new Set(),
        patched: new Set(),
      });
      this.#write(git, { type: "begin", ...about, tree: snapshot.tree, empty: snapshot.empty });
    }
  }

  /** Files that a patch is about to write are kept although they are ignored. */
  async #keepPatched(turn: TurnLooks, paths: readonly string[]): Promise<void> {
    const { system, threadId } = this.#options;
    for (const [folder, begin] of turn.begins) {
      const inside = paths.flatMap((path) => (path.startsWith(`${folder}/`) ? [path.slice(folder.length + 1)] : []));
      const fresh = inside.filter((path) => !begin.seen.has(path));
      if (fresh.length === 0) continue;
      for (const path of fresh) begin.seen.add(path);
      let found: WithPaths;
      try {
        found = await this.#inTime((signal) => withPaths(begin, system, fresh, signal));
      } catch (error) {
        this.#missPatched(folder, fresh, messageOf(error));
        continue;
      }
      const { snapshot, unkept } = found;
      if (unkept.length > 0) this.#missPatched(folder, unkept, "over 10 MiB, or unreadable");
      for (const path of fresh) if (!unkept.includes(path)) begin.patched.add(path);
      if (snapshot.tree === begin.snapshot.tree) continue;
      begin.snapshot = snapshot;
      const about = { thread: threadId, turn: turn.turnId, at: system.clock.now() };
      this.#write(begin.git, { type: "begin", ...about, tree: snapshot.tree, empty: snapshot.empty });
    }
  }

  /** The work is told to stop when it takes too long. */
  async #inTime<Result>(work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
    const [over, late] = [new AbortController(), new AbortController()];
    void this.#options.system.clock.sleep(patienceMs, over.signal).then(
      () => late.abort(new AgentError("internal", `its snapshots are in use for longer than ${patienceMs / 1000} s`)),
      () => undefined,
    );
    try {
      return await work(late.signal);
    } catch (error) {
      throw late.signal.aborted ? late.signal.reason : error;
    } finally {
      over.abort();
    }
  }

  async #lookBehind(turn: TurnLooks): Promise<void> {
    const { system, runtimeHome, threadId } = this.#options;
    const patched = new Map([...turn.begins].map(([folder, begin]) => [folder, begin.patched]));
    for (const { folder, git, snapshot } of await this.#lookAll(patched)) {
      const begin = turn.begins.get(folder);
      if (git === null || snapshot === null || begin === undefined) continue;
      const about = { thread: threadId, turn: turn.turnId, at: system.clock.now() };
      const { tree, empty } = await withoutOlder(snapshot, begin, system, begin.patched, this.#stopped.signal);
      this.#write(git, { type: "end", ...about, tree, empty });
      await tidy(git, system, runtimeHome);
    }
    if (!this.#swept) await forgetOutdated(system, runtimeHome);
    this.#swept = true;
  }

  #write(git: ShadowGit, line: Parameters<typeof writeLog>[2]): void {
    try {
      writeLog(this.#options.system, git.home, line);
    } catch (error) {
      this.#tell(`${git.folder}: ${messageOf(error)}`);
    }
  }

  #miss(folder: string, why: string, about: { thread: string; turn: string; at: number }): void {
    this.#tell(`What this turn does to the files in ${folder} cannot be taken back: ${why}.`);
    const { system, runtimeHome } = this.#options;
    if (neverCovered(system, folder) !== null) return;
    try {
      const git = ShadowGit.open(system, runtimeHome, folder, this.#options.folders());
      git.announce();
      this.#write(git, { type: "missed", ...about, why });
    } catch {
      // Without git there is nothing to be kept, and the user has been told.
    }
  }

  #missPatched(folder: string, paths: readonly string[], why: string): void {
    this.#tell(`What this turn writes to ${paths.join(", ")} in ${folder} cannot be taken back: ${why}.`);
  }

  #tell(message: string): void {
    if (this.#told.has(message)) return;
    this.#told.add(message);
    this.#options.warn(message);
  }
}
