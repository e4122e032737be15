import { createHash, randomBytes } from "node:crypto";
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  type Stats,
} from "node:fs";
import { basename, join } from "node:path";
import { shareMaking, type Making, type Workshop } from "./making.ts";
import { profileStamp } from "./profile-stamp.ts";
import { dumpShell } from "./shell-dump.ts";
import { differenceScript, sameState } from "./snapshot-script.ts";

type Variables = Readonly<Record<string, string>>;

interface Entry {
  readonly path: string;
  /** Of the start-up files that it was, or is being, made from. */
  readonly stamp: string;
  state: "making" | "ready" | "none";
  /** Resolves when `state` is settled. */
  made: Promise<void>;
}

/** Files that a profile reads in turn are not watched: a snapshot is made afresh when it is older than this. */
const maximumAgeMs = 10 * 60 * 1000;
const keptFiles = 16;
/** How long a command waits for a file that is being made: one that loads the profile itself takes as long, and loads the machine. */
const patienceMs = 1000;
/** These differ from call to call, not from login to login. */
const callNames = new Set(
  "PWD OLDPWD SHLVL _ CODEX_SESSION_ID CODEX_THREAD_ID CODEX_TOOL_CALL_ID CODEX_SANDBOX_NETWORK_DISABLED".split(" "),
);

const digest = (text: string): string => createHash("sha256").update(text).digest("hex");

/** The environment that a login is read in; a command's own variables are no part of it. */
function loginVariables(env: Variables): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !callNames.has(name)));
}

/** Null for whatever cannot be looked at. */
function lookAt(path: string): Stats | null {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) ?? null;
  } catch {
    return null;
  }
}

const headerOf = (stamp: string, body: string): string => `# codex-agent ${digest(stamp)} ${digest(body)}\n`;

/**
 * Login environments, each kept as a file that a plain shell reads instead of the profile. A file is only for the shell, the
 * environment and the start-up files that it was made from, and is tried before it is used.
 */
export class SnapshotStore {
  readonly #directory: string;
  readonly #secretNames: ReadonlySet<string>;
  readonly #mayRun: (shell: string) => boolean;
  readonly #entries = new Map<string, Entry>();
  readonly #makings = new Set<Making>();
  /** Names of files by what they are for. */
  readonly #keys = new Map<string, string>();

  /** `directory` must be out of reach of sandboxed commands; `mayRun`: whether a shell may be asked for its login out of the walls. */
  constructor(directory: string, secretNames: readonly string[], mayRun: (shell: string) => boolean = () => true) {
    this.#directory = directory;
    this.#mayRun = mayRun;
    this.#secretNames = new Set(secretNames);
  }

  /** The file for `shell` to read, or null while there is none; then one is being made. */
  ready(shell: string, env: Variables): string | null {
    const entry = this.#entry(shell, env);
    return entry?.state === "ready" ? entry.path : null;
  }

  /** As `ready`, after waiting for one that is being made, for a second at most. */
  async readySoon(shell: string, env: Variables): Promise<string | null> {
    const entry = this.#entry(shell, env);
    if (entry?.state !== "making") return entry?.state === "ready" ? entry.path : null;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, patienceMs)));
    await Promise.race([entry.made, late]);
    clearTimeout(timer);
    return this.ready(shell, env);
  }

  /** Begins to make the file in the background and resolves when that has ended, well or not. */
  async warm(shell: string, env: Variables): Promise<void> {
    await this.#entry(shell, env)?.made;
  }

  /** Ends what is being made for nobody else. */
  close(): void {
    for (const making of this.#makings) making.leave();
  }

  #entry(shell: string, env: Variables): Entry | null {
    if (basename(shell) !== "bash" || !this.#mayRun(shell)) return null;
    const login = loginVariables(env);
    const key = this.#key(JSON.stringify([shell, process.getuid?.() ?? 0, Object.entries(login).sort()]));
    const stamp = profileStamp(login["HOME"]);
    const known = this.#entries.get(key);
    if (known !== undefined && known.stamp === stamp && (known.state !== "ready" || this.#isFresh(known))) return known;
    const entry: Entry = { path: join(this.#directory, `${key}.sh`), stamp, state: "making", made: Promise.resolve() };
    this.#entries.set(key, entry);
    if (this.#isFresh(entry)) entry.state = "ready";
    else {
      const purpose = JSON.stringify([entry.path, stamp, [...this.#secretNames]]);
      const making = shareMaking(purpose, (workshop) => this.#make(entry, shell, login, workshop));
      this.#makings.add(making);
      entry.made = making.made
        .then(
          (made) => void (entry.state = made ? "ready" : "none"),
          () => void (entry.state = "none"),
        )
        .finally(() => this.#makings.delete(making));
    }
    return entry;
  }

  #key(purpose: string): string {
    let key = this.#keys.get(purpose);
    if (key === undefined) this.#keys.set(purpose, (key = digest(purpose).slice(0, 32)));
    return key;
  }

  async #make(
    entry: Entry,
    shell: string,
    login: Record<string, string>,
    { groups, isGivenUp }: Workshop,
  ): Promise<boolean> {
    const { BASH_ENV: _userFile, ...plainEnv } = login;
    const [plainState, loginState] = await Promise.all([
      dumpShell(shell, "-c", plainEnv, groups),
      dumpShell(shell, "-lc", login, groups),
    ]);
    if (plainState === null || loginState === null || isGivenUp()) return false;
    const body = `unset -v BASH_ENV\n${differenceScript(plainState, loginState, this.#secretNames)}\n`;
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
    chmodSync(this.#directory, 0o700);
    const trial = `${entry.path}.${randomBytes(4).toString("hex")}`;
    writeFileSync(trial, headerOf(entry.stamp, body) + body, { mode: 0o600, flag: "wx", encoding: "latin1" });
    const trialState = await dumpShell(shell, "-c", { ...plainEnv, BASH_ENV: trial }, groups);
    if (isGivenUp() || trialState === null || !sameState(trialState, loginState, this.#secretNames)) {
      rmSync(trial, { force: true });
      return false;
    }
    renameSync(trial, entry.path);
    this.#removeOldest();
    return true;
  }

  /** A plain file of this user that nobody else may write, not too old, and with the content that it was given. */
  #isFresh(entry: Entry): boolean {
    const stat = lookAt(entry.path);
    if (stat === null || !stat.isFile() || stat.uid !== process.getuid?.() || (stat.mode & 0o077) !== 0) return false;
    if (Date.now() - stat.mtimeMs > maximumAgeMs) return false;
    if (entry.state === "ready") return true;
    const text = readFileSync(entry.path, "latin1");
    const body = text.slice(text.indexOf("\n") + 1);
    return text === headerOf(entry.stamp, body) + body;
  }

  #removeOldest(): void {
    const files = readdirSync(this.#directory)
      .filter((name) => /^[0-9a-f]{32}\.sh/.test(name))
      .map((name) => join(this.#directory, name));
    const aged = files.map((path) => ({ path, time: lookAt(path)?.mtimeMs ?? 0 }));
    for (const { path } of aged.sort((one, other) => other.time - one.time).slice(keptFiles)) {
      rmSync(path, { force: true });
    }
  }
}
