import { readdirSync, statSync, type Dirent, type Stats } from "node:fs";
import { setImmediate as nextRound } from "node:timers/promises";
import { isHidden, rulesAbove, rulesIn, type Rules } from "./ignored.ts";

/** Something below a root that may be found. */
export interface Entry {
  /** From the root on, `/` between names; the root itself is "". */
  readonly path: string;
  readonly directory: boolean;
  /** The path in small letters. */
  readonly small: string;
  /** Where its name begins in `small`. */
  readonly nameAt: number;
}

/** A folder as it was read last. */
interface Folder {
  readonly entries: Entry[];
  readonly folders: Map<string, Folder>;
  readonly stamp: string;
  readonly above: Rules;
  readonly rules: Rules;
  /** Those of the files that say what is ignored that are in it, and what tells them from later ones. */
  readonly ruleFiles: readonly string[];
  readonly rulesStamp: string;
  /** Names of links: they may lead elsewhere by now, without the folder knowing. */
  readonly links: ReadonlySet<string>;
}

/** A change within this time of another one may leave no trace in a folder's time. */
const blurMs = 50;
const sliceMs = 12;
const ruleFileNames = [".git", ".gitignore", ".ignore"];

const noRules: Rules = { top: "/", repository: [], git: null, plain: [] };

type Variables = Readonly<Record<string, string | undefined>>;

/** The files below a root that no ignore file hides, links followed. Read once, and again where a folder has changed. */
export class Tree {
  readonly root: string;
  readonly #variables: Variables;
  #above: Rules = noRules;
  #top: Folder | null = null;
  #entries: readonly Entry[] = [];
  #reading: Promise<readonly Entry[]> | null = null;
  #sliceStart = 0;
  #changed = false;

  constructor(root: string, variables: Variables) {
    this.root = root;
    this.#variables = variables;
  }

  /** Those that ask at the same time share one look. */
  entries(): Promise<readonly Entry[]> {
    this.#reading ??= this.#read().finally(() => (this.#reading = null));
    return this.#reading;
  }

  async #read(): Promise<readonly Entry[]> {
    this.#sliceStart = performance.now();
    this.#changed = this.#top === null;
    const stat = statOf(this.root);
    if (stat?.isDirectory() !== true) {
      this.#top = null;
      return (this.#entries = []);
    }
    const above = rulesAbove(this.root, this.#variables);
    if (!areSame(above, this.#above)) this.#above = above;
    this.#top = await this.#folder(this.root, "", stat, this.#above, this.#top, []);
    if (!this.#changed) return this.#entries;
    const all: Entry[] = [entryOf("", true)];
    const waiting = [this.#top];
    for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
      for (const entry of folder.entries) all.push(entry);
      for (const inner of folder.folders.values()) waiting.push(inner);
    }
    return (this.#entries = all);
  }

  async #folder(
    path: string,
    relative: string,
    stat: Stats,
    above: Rules,
    before: Folder | null,
    ancestors: readonly string[],
  ): Promise<Folder> {
    if (performance.now() - this.#sliceStart > sliceMs) {
      await nextRound();
      this.#sliceStart = performance.now();
    }
    const stamp = stampOf(stat);
    const same =
      before !== null && before.stamp === stamp && before.links.size === 0 && hasSameRules(before, path, above);
    const own = same ? before : this.#list(path, relative, stamp, above, before);
    if (!same) this.#changed = true;
    const here = [...ancestors, identityOf(stat)];
    for (const name of own.folders.keys()) {
      const inner = statOf(`${path}/${name}`);
      const gone = inner?.isDirectory() !== true;
      // A link to a folder that it is in leads around for ever.
      if (gone || (own.links.has(name) && here.includes(identityOf(inner)))) {
        own.folders.delete(name);
        const at = own.entries.findIndex((entry) => entry.path === below(relative, name));
        if (at >= 0) own.entries.splice(at, 1);
        this.#changed = true;
        continue;
      }
      const known = before?.folders.get(name) ?? unread;
      const place = below(relative, name);
      const read = await this.#folder(
        `${path}/${name}`,
        place,
        inner,
        own.rules,
        known === unread ? null : known,
        here,
      );
      own.folders.set(name, read);
    }
    return own;
  }

  #list(path: string, relative: string, stamp: string, above: Rules, before: Folder | null): Folder {
    const listed = namesIn(path);
    const names = new Set(listed.map(({ name }) => name));
    const ruleFiles = ruleFileNames.filter((name) => names.has(name));
    const rulesStamp = rulesStampOf(path, ruleFiles);
    // The same object where the same holds: that is how folders below know.
    const kept = before !== null && before.above === above && before.rulesStamp === rulesStamp;
    const rules = kept ? before.rules : rulesIn(path, above, this.#variables, names);
    const entries: Entry[] = [];
    const folders = new Map<string, Folder>();
    const links = new Set<string>();
    for (const entry of listed) {
      // Names that are no text cannot be told to anybody.
      if (entry.name.includes("\uFFFD")) continue;
      let directory = entry.isDirectory();
      if (entry.isSymbolicLink()) {
        links.add(entry.name);
        const target = statOf(`${path}/${entry.name}`);
        if (target === null) continue;
        directory = target.isDirectory();
      }
      if (isHidden(rules, `${path}/${entry.name}`, directory)) continue;
      entries.push(entryOf(below(relative, entry.name), directory));
      if (directory) folders.set(entry.name, unread);
    }
    return { entries, folders, stamp, above, rules, ruleFiles, rulesStamp, links };
  }
}

/** In the place of a folder that is still to be read. */
const unread: Folder = {
  entries: [],
  folders: new Map(),
  stamp: "",
  above: noRules,
  rules: noRules,
  ruleFiles: [],
  rulesStamp: "",
  links: new Set(),
};

const below = (relative: string, name: string): string => (relative === "" ? name : `${relative}/${name}`);

function entryOf(path: string, directory: boolean): Entry {
  return { path, directory, small: path.toLowerCase(), nameAt: path.lastIndexOf("/") + 1 };
}

function statOf(path: string): Stats | null {
  try {
    return statSync(path);
  } catch {
    return null;
  }
}

function namesIn(path: string): Dirent[] {
  try {
    return readdirSync(path, { withFileTypes: true });
  } catch {
    return [];
  }
}

const identityOf = ({ dev, ino }: Stats): string => `${dev}:${ino}`;

/** Never the same twice while the folder may still change within the tick of its clock. */
const stampOf = (stat: Stats): string =>
  Date.now() - stat.mtimeMs < blurMs
    ? `fresh ${performance.now()}`
    : `${identityOf(stat)} ${stat.mtimeMs} ${stat.ctimeMs}`;

/** Of a repository it counts that it is one, and what its own file says. */
function rulesStampOf(path: string, ruleFiles: readonly string[]): string {
  const stamps = ruleFiles.map((name) => {
    const stat = statOf(`${path}/${name === ".git" ? ".git/info/exclude" : name}`);
    return `${name} ${stat === null ? "" : `${stampOf(stat)} ${stat.size}`}`;
  });
  return stamps.join("\n");
}

const hasSameRules = (folder: Folder, path: string, above: Rules): boolean =>
  folder.above === above && folder.rulesStamp === rulesStampOf(path, folder.ruleFiles);

/** Whether two say the same. */
function areSame(some: Rules, others: Rules): boolean {
  return JSON.stringify(textsOf(some)) === JSON.stringify(textsOf(others));
}

const textsOf = ({ repository, git, plain }: Rules): unknown =>
  [repository, git, plain].map((files) => files?.map(({ base, rules }) => [base, rules]));
