import { AgentError, messageOf } from "../../protocol/errors.ts";
import {
  joinRules,
  readCodexRules,
  RuleFileError,
  type CodexRules,
  type PrefixRule,
} from "../../policy/rules/codex-rules.ts";
import { formatAllowRule, proposedPrefix, type Prefix } from "../../policy/rules/prefix-rules.ts";
import { joinPath } from "../../system/paths.ts";
import type { FileSystem } from "../../system/ports.ts";

export interface RulePlace {
  codexHome: string;
  files: FileSystem;
  /** The rule files that count. */
  sources(): readonly string[];
  /** Whether what a file with this text allows counts; what it asks for and forbids always does. */
  lifts(file: string, text: string): boolean;
  warn(message: string): void;
}

/** The rule files of a thread, and what the user allows while it runs. */
export class CommandRules {
  readonly #place: RulePlace;
  #files: CodexRules;
  /** When the files were changed last, as far as that can be seen. */
  #stamps: Map<string, string>;
  readonly #given: { rule: PrefixRule; holds(): boolean }[] = [];

  /** @throws AgentError `config` where a file cannot be read as rules: it could forbid something. */
  constructor(place: RulePlace) {
    this.#place = place;
    this.#stamps = this.#stampsOf(place.sources());
    this.#files = this.#readAll();
  }

  /** As they are now: what was revoked, here or by another program, does not count any more. */
  get rules(): CodexRules {
    const stamps = this.#stampsOf([...this.#stamps.keys()]);
    if ([...stamps].some(([file, stamp]) => this.#stamps.get(file) !== stamp)) this.#reread();
    const given = this.#given.filter(({ holds }) => holds()).map(({ rule }) => rule);
    return given.length === 0 ? this.#files : joinRules([this.#files, { prefixes: given, executables: new Map() }]);
  }

  /** First words that may leave the sandbox, each once; of several that may stand in a place, as `[a|b]`. */
  get prefixes(): Prefix[] {
    const words = this.#allowing().flatMap(({ pattern: [first = [], ...rest] }) =>
      first.map((program) => [program, ...rest.map((each) => (each.length === 1 ? each[0]! : `[${each.join("|")}]`))]),
    );
    return [...new Map(words.map((prefix) => [JSON.stringify(prefix), prefix])).values()];
  }

  /** What the user may allow instead of the one command; null when nothing. */
  propose(argv: readonly string[], wished: Prefix | null): string[] | null {
    return proposedPrefix(
      argv,
      wished,
      this.#allowing().map(({ pattern }) => pattern),
    );
  }

  /** From now on, by a line in `rules/default.rules`, which Codex reads as well. */
  allow(prefix: Prefix): void {
    try {
      this.#write(formatAllowRule(prefix));
    } catch (error) {
      this.#place.warn(`The rule could not be kept, and holds in this thread alone: ${messageOf(error)}`);
    }
    this.#reread();
    const words = JSON.stringify(prefix.map((word) => [word]));
    const kept = this.#files.prefixes.some(
      ({ pattern, decision }) => decision === "allow" && JSON.stringify(pattern) === words,
    );
    if (!kept) this.allowWhile(prefix, () => true);
  }

  /** From now on in this thread, as long as `holds` says so. */
  allowWhile(prefix: Prefix, holds: () => boolean): void {
    const place = { file: "this thread", line: 0 };
    const rule: PrefixRule = { pattern: prefix.map((word) => [word]), decision: "allow", justification: null, place };
    this.#given.push({ rule, holds });
  }

  /** A file that was changed counts as it is now; one that cannot be read any more as it was. */
  #reread(): void {
    const stamps = this.#stampsOf([...this.#stamps.keys(), ...this.#place.sources()]);
    if (stamps.size === this.#stamps.size && [...stamps].every(([file, stamp]) => this.#stamps.get(file) === stamp)) {
      return;
    }
    this.#stamps = stamps;
    try {
      this.#files = this.#readAll();
    } catch (error) {
      this.#place.warn(`${messageOf(error)} Until then, the rules hold as they were.`);
    }
  }

  #stampsOf(files: readonly string[]): Map<string, string> {
    return new Map(
      files.map((file) => {
        const found = this.#place.files.stat(file);
        return [file, found === null ? "" : `${found.modifiedMs} ${found.size}`];
      }),
    );
  }

  #readAll(): CodexRules {
    return joinRules(this.#place.sources().map((file) => this.#read(file)));
  }

  #allowing(): PrefixRule[] {
    return this.rules.prefixes.filter(({ decision }) => decision === "allow");
  }

  get #file(): string {
    return joinPath(joinPath(this.#place.codexHome, "rules"), "default.rules");
  }

  #read(file: string): CodexRules {
    try {
      const text = this.#place.files.readText(file);
      const rules = readCodexRules(text, file);
      if (this.#place.lifts(file, text)) return rules;
      return { ...rules, prefixes: rules.prefixes.filter(({ decision }) => decision !== "allow") };
    } catch (error) {
      const cause = error instanceof RuleFileError ? error.message : `${file}: ${messageOf(error)}`;
      throw new AgentError(
        "config",
        `The rules cannot be loaded: ${cause}. Correct the file, or leave all of them unread with --ignore-rules.`,
      );
    }
  }

  #write(line: string): void {
    const { files, codexHome } = this.#place;
    const path = this.#file;
    const before = files.stat(path) === null ? "" : files.readText(path);
    if (before.split("\n").includes(line)) return;
    const folder = joinPath(codexHome, "rules");
    if (files.stat(folder) === null) files.makeDirectory(folder, 0o700);
    const gap = before === "" || before.endsWith("\n") ? "" : "\n";
    files.writeAtomic(path, `${before}${gap}${line}\n`, 0o600);
  }
}
