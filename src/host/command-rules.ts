import {
  formatAllowRule,
  isCovered,
  proposedPrefix,
  readAllowRules,
  type Prefix,
} from "../policy/rules/prefix-rules.ts";
import { messageOf } from "../protocol/errors.ts";
import { joinPath } from "../system/paths.ts";
import type { FileSystem } from "../system/ports.ts";

export interface RulePlace {
  codexHome: string;
  files: FileSystem;
  warn(message: string): void;
}

/** First words of commands that the user allowed to run outside of the sandbox: in this thread, or for good. */
export class CommandRules {
  readonly #place: RulePlace;
  readonly #folder: string;
  readonly #allowed: Prefix[];

  constructor(place: RulePlace) {
    this.#place = place;
    this.#folder = joinPath(place.codexHome, "rules");
    this.#allowed = this.#read();
  }

  /** Those that hold, each once. */
  get prefixes(): Prefix[] {
    return [...new Map(this.#allowed.map((prefix) => [JSON.stringify(prefix), prefix])).values()];
  }

  covers(argv: readonly string[]): boolean {
    return isCovered(argv, this.#allowed);
  }

  /** What the user may allow instead of the one command; null when nothing. */
  propose(argv: readonly string[], wished: Prefix | null): string[] | null {
    return proposedPrefix(argv, wished, this.#allowed);
  }

  /** From now on in this thread; `always`: also written to `rules/default.rules`, which Codex reads as well. */
  allow(prefix: Prefix, scope: "session" | "always"): void {
    this.#allowed.push(prefix);
    if (scope !== "always") return;
    try {
      this.#write(formatAllowRule(prefix));
    } catch (error) {
      this.#place.warn(`The rule could not be kept, and holds in this thread alone: ${messageOf(error)}`);
    }
  }

  /** None, when a file holds rules of other kinds as well: they might forbid what these allow, and are not read here yet. */
  #read(): Prefix[] {
    const { files } = this.#place;
    try {
      if (files.stat(this.#folder)?.kind !== "directory") return [];
      const names = files.list(this.#folder).filter((name) => name.endsWith(".rules"));
      const read = names.map((name) => readAllowRules(files.readText(joinPath(this.#folder, name))));
      return read.every((prefixes) => prefixes !== null) ? read.flat() : [];
    } catch {
      // What cannot be read allows nothing.
      return [];
    }
  }

  #write(line: string): void {
    const { files } = this.#place;
    const path = joinPath(this.#folder, "default.rules");
    const before = files.stat(path) === null ? "" : files.readText(path);
    if (before.split("\n").includes(line)) return;
    if (files.stat(this.#folder) === null) files.makeDirectory(this.#folder, 0o700);
    const gap = before === "" || before.endsWith("\n") ? "" : "\n";
    files.writeAtomic(path, `${before}${gap}${line}\n`, 0o600);
  }
}
