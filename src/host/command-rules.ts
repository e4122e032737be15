import { AgentError, messageOf } from "../protocol/errors.ts";
import {
  joinRules,
  readCodexRules,
  RuleFileError,
  type CodexRules,
  type PrefixRule,
} from "../policy/rules/codex-rules.ts";
import { formatAllowRule, proposedPrefix, type Prefix } from "../policy/rules/prefix-rules.ts";
import { joinPath } from "../system/paths.ts";
import type { FileSystem } from "../system/ports.ts";

export interface RulePlace {
  codexHome: string;
  files: FileSystem;
  /** The rule files that count. */
  sources(): readonly string[];
  warn(message: string): void;
}

/** The rule files of a thread, and what the user allows while it runs. */
export class CommandRules {
  readonly #place: RulePlace;
  #rules: CodexRules;

  /** @throws AgentError `config` where a file cannot be read as rules: it could forbid something. */
  constructor(place: RulePlace) {
    this.#place = place;
    this.#rules = joinRules(place.sources().map((file) => this.#read(file)));
  }

  get rules(): CodexRules {
    return this.#rules;
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

  /** From now on in this thread; `always`: also written to `rules/default.rules`, which Codex reads as well. */
  allow(prefix: Prefix, scope: "session" | "always"): void {
    const place = { file: scope === "always" ? this.#file : "this thread", line: 0 };
    const rule: PrefixRule = { pattern: prefix.map((word) => [word]), decision: "allow", justification: null, place };
    this.#rules = joinRules([this.#rules, { prefixes: [rule], executables: new Map() }]);
    if (scope !== "always") return;
    try {
      this.#write(formatAllowRule(prefix));
    } catch (error) {
      this.#place.warn(`The rule could not be kept, and holds in this thread alone: ${messageOf(error)}`);
    }
  }

  #allowing(): PrefixRule[] {
    return this.#rules.prefixes.filter(({ decision }) => decision === "allow");
  }

  get #file(): string {
    return joinPath(joinPath(this.#place.codexHome, "rules"), "default.rules");
  }

  #read(file: string): CodexRules {
    try {
      return readCodexRules(this.#place.files.readText(file), file);
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
