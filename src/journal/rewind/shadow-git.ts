import { AgentError } from "../../protocol/errors.ts";
import { sha1 } from "../../system/hash.ts";
import { listOfPaths } from "../../system/byte-paths.ts";
import type { FileLock, System } from "../../system/ports.ts";
import { findGit, searchPath } from "./find-git.ts";

/** Everything below the runtime home that rewinding keeps. */
export const rewindHome = (runtimeHome: string): string => `${runtimeHome}/rewind`;

/**
 * Nothing of this machine's or of the repository's own settings is read, no program is run for a file, and every file is kept as
 * it is, byte by byte.
 */
const settings = `[core]
	repositoryFormatVersion = 0
	bare = false
	fileMode = true
	symlinks = true
	ignoreCase = false
	precomposeUnicode = false
	protectHFS = false
	protectNTFS = false
	autocrlf = false
	safecrlf = false
	eol = lf
	quotePath = false
	logAllRefUpdates = false
	hooksPath = /dev/null
	fsmonitor = false
	untrackedCache = keep
	excludesFile = /dev/null
	attributesFile = /dev/null
	fsyncMethod = batch
	commitGraph = false
[gc]
	auto = 3000
	autoPackLimit = 20
	pruneExpire = 1.hour.ago
	writeCommitGraph = false
[pack]
	threads = 1
[repack]
	writeBitmaps = false
[maintenance]
	auto = false
[protocol]
	allow = never
`;

/** Stands above every attribute that a folder brings. */
const attributes =
  "* -text -eol -crlf -filter -ident -working-tree-encoding -export-subst !diff !merge whitespace=-all\n";

export interface GitOptions {
  readonly input?: Uint8Array;
  /** Name of a file beside the repository; default: the index of the last snapshot. */
  readonly index?: string;
  /** Absolute path of an index that is only read. */
  readonly foreignIndex?: string;
  /** Another folder than the workspace. */
  readonly workTree?: string;
  readonly config?: readonly string[];
  readonly maxBytes?: number;
  readonly signal?: AbortSignal | undefined;
  /** Exit codes that are no failure; default: 0. */
  readonly fine?: readonly number[];
}

const defaultMaxBytes = 64 * 2 ** 20;
const timeoutMs = 10 * 60_000;
const lockRetryMs = 20;

/** The git repository that keeps the snapshots of one folder, beside it and not in it. */
export class ShadowGit {
  readonly folder: string;
  /** Where everything of this folder is kept. */
  readonly home: string;
  readonly #system: System;
  readonly #program: string;
  readonly #environment: Readonly<Record<string, string>>;

  private constructor(system: System, folder: string, home: string, program: string, path: string) {
    this.#system = system;
    this.folder = folder;
    this.home = home;
    this.#program = program;
    this.#environment = {
      PATH: path,
      LC_ALL: "C",
      GIT_CONFIG_NOSYSTEM: "1",
      GIT_CONFIG_GLOBAL: "/dev/null",
      GIT_ATTR_NOSYSTEM: "1",
      GIT_TERMINAL_PROMPT: "0",
      GIT_LITERAL_PATHSPECS: "1",
      GIT_NO_REPLACE_OBJECTS: "1",
      GIT_OPTIONAL_LOCKS: "0",
      GIT_DIR: `${home}/git`,
    };
  }

  /** `others`: folders beside this one that no program is taken from. @throws AgentError `not_supported` where there is no git. */
  static open(system: System, runtimeHome: string, folder: string, others: readonly string[] = []): ShadowGit {
    const untrusted = [folder, ...others];
    const program = findGit(system, untrusted);
    if (program === null) {
      throw new AgentError("not_supported", "files cannot be taken back: there is no git in PATH; install git");
    }
    const home = `${rewindHome(runtimeHome)}/${keyOf(folder)}`;
    return new ShadowGit(system, folder, home, program, searchPath(system, untrusted));
  }

  /** Says whose snapshots, or lack of them, are noted here. */
  announce(): void {
    const { files } = this.#system;
    files.makeDirectory(this.home, 0o700);
    const path = `${this.home}/place.json`;
    if (files.stat(path) === null) files.writeReplacing(path, `${JSON.stringify({ folder: this.folder })}\n`, 0o600);
  }

  /** Makes what is missing of it. Only while the lock is held. */
  prepare(): void {
    const { files } = this.#system;
    const write = (name: string, text: string): void => {
      const path = `${this.home}/${name}`;
      if (files.stat(path) === null || files.readText(path) !== text) files.writeReplacing(path, text, 0o600);
    };
    for (const name of ["git/objects", "git/refs", "git/info"]) files.makeDirectory(`${this.home}/${name}`, 0o700);
    this.announce();
    write("git/HEAD", "ref: refs/heads/none\n");
    write("git/info/attributes", attributes);
    write("git/info/exclude", this.ownExcludes());
    // Last: with it the repository counts as made.
    write("git/config", settings);
  }

  /** Runs git. @throws AgentError `internal` with git's words. */
  async run(args: readonly string[], options: GitOptions = {}): Promise<Uint8Array> {
    const config = (options.config ?? []).flatMap((each) => ["-c", each]);
    const result = await this.#system.processes.pipe([this.#program, ...config, ...args], {
      // Outside of every work tree: within one git would look at that part of it alone.
      cwd: "/",
      env: {
        ...this.#environment,
        GIT_WORK_TREE: options.workTree ?? this.folder,
        GIT_INDEX_FILE: options.foreignIndex ?? `${this.home}/${options.index ?? "index"}`,
      },
      timeoutMs,
      maxBytes: options.maxBytes ?? defaultMaxBytes,
      ...(options.input !== undefined && { input: options.input }),
      ...(options.signal !== undefined && { signal: options.signal }),
    });
    if (result.code !== null && (options.fine ?? [0]).includes(result.code)) return result.stdout;
    const said = result.stderr.trim().split("\n").slice(-3).join("; ");
    const what = args.find((each) => !each.startsWith("-"));
    throw new AgentError("internal", `git ${what} failed for the snapshots of ${this.folder}: ${said}`);
  }

  /** One line of what git says. */
  async line(args: readonly string[], options: GitOptions = {}): Promise<string> {
    return Buffer.from(await this.run(args, options))
      .toString("utf8")
      .trim();
  }

  /** Writes a tree of nothing but these entries. */
  async writeTree(entries: readonly { path: string; mode: string; oid: string }[]): Promise<string> {
    const lines = entries.map(({ path, mode, oid }) => `${mode} ${oid}\t${path}`);
    return this.whileLocked(() =>
      this.onOwnIndex(async (index) => {
        await this.run(["update-index", "-z", "--add", "--index-info"], { index, input: listOfPaths(lines) });
        return this.line(["write-tree"], { index });
      }),
    );
  }

  /** Works on an index that is not there yet, and is gone behind it. Only while the lock is held: whoever has it tidies up. */
  async onOwnIndex<Result>(work: (index: string) => Promise<Result>): Promise<Result> {
    const { processes, random } = this.#system;
    const index = `index.${processes.pid}-${Buffer.from(random.bytes(4)).toString("hex")}`;
    try {
      return await work(index);
    } finally {
      this.drop(index);
    }
  }

  drop(name: string): void {
    this.#system.files.remove(`${this.home}/${name}`);
  }

  /** Nobody else works on the snapshots of the folder meanwhile. */
  async whileLocked<Result>(work: () => Promise<Result>, signal?: AbortSignal): Promise<Result> {
    this.#system.files.makeDirectory(this.home, 0o700);
    let lock: FileLock | null = null;
    while ((lock = await this.#system.processes.lock(`${this.home}/lock`)) === null) {
      await this.#system.clock.sleep(lockRetryMs, signal);
    }
    try {
      return await work();
    } finally {
      await lock.release();
    }
  }

  /** What the user's own repository ignores without telling others. */
  ownExcludes(): string {
    const { files } = this.#system;
    try {
      const path = `${this.folder}/.git/info/exclude`;
      const stat = files.lstat(path);
      return stat?.kind === "file" && stat.size < 65_536 ? files.readText(path) : "";
    } catch {
      return "";
    }
  }
}

/** Names the folder of a workspace's snapshots. */
const keyOf = (folder: string): string => sha1(folder).slice(0, 20);
