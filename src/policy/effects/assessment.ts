import type { Effects } from "../../protocol/effects.ts";
import type { FileSystem } from "../../system/ports.ts";

/**
 * How much harm a command can do, as far as its text tells. `none`: it reads files and says something; it changes nothing,
 * reaches no host and signals nobody. `changes`: it does more, and all of that is among its effects. `unknown`: what it
 * does cannot be told from its text. `destructive`: what it takes away does not come back, or it reaches past files.
 */
export type Danger = "none" | "changes" | "unknown" | "destructive";

/** Where a command stands in the line. */
export type Standing =
  | "pipeline"
  /** After `&&` or `||`, in a condition, loop or branch: it may not run, or more than once. */
  | "conditional"
  | "subshell"
  /** In `$(...)`, backticks, `<(...)` or `>(...)`. */
  | "substitution"
  | "background"
  | "function";

/** One program or builtin that a line runs, in the order of the text; what runs another stands before it. */
export interface PlainCommand {
  /**
   * The words after quotes, escapes, braces and known variables are resolved; null when one of them depends on what is
   * only known when it runs. Patterns (`*.ts`) stay as they are written.
   */
  readonly words: readonly string[] | null;
  /** The program's name as far as it is known, also where `words` is null. */
  readonly program: string | null;
  /** As it is written, for people: at most some 200 letters of it. */
  readonly text: string;
  readonly standing: readonly Standing[];
  /** Which of the commands runs this one, where one does (`env`, `xargs`, `sh -c`): its place in the list. */
  readonly runBy: number | null;
  /** Of this command alone, with its redirects and variables, without what it runs where that is in the list. */
  readonly danger: Danger;
  /** It stands behind variables that are set for it alone (`A=1 program`). */
  readonly assigns: boolean;
  /** It is redirected to a file or host, or from one. */
  readonly redirected: boolean;
}

export interface Assessment {
  /** Null when the line cannot be read. */
  readonly commands: readonly PlainCommand[] | null;
  /** Something of the line that is none of its commands may run anything: what it sets, defines or calculates. */
  readonly loose: boolean;
  readonly effects: Effects;
  /** That of its most dangerous part. */
  readonly danger: Danger;
  /** Why it is not `none`: a sentence each, naming the part of the line; empty where it is. */
  readonly reasons: readonly string[];
}

/** What an assessment looks at: nothing is opened but folders that a pattern names and the settings of a git repository. */
export type PlaceFiles = Pick<FileSystem, "lstat" | "stat" | "list" | "realPath" | "readText">;

/** Where a command would run. */
export interface Place {
  /** Absolute. */
  readonly cwd: string;
  /** What `~` stands for; null where nobody knows. */
  readonly home: string | null;
  readonly files: PlaceFiles;
  /** The environment that it would get; what is not in it is taken for unset. */
  readonly variables: Readonly<Record<string, string>>;
}

export interface Assessor {
  /** Of an argument list as it would be started; that of a shell with a line is read as the line. Never throws. */
  assess(argv: readonly string[], place: Place): Assessment;
}
