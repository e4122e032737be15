import { resolvePath } from "../../system/paths.ts";
import type { Argument } from "../shell/expand.ts";
import type { Danger, Place, Standing } from "./assessment.ts";
import { pathsOf, type FileView } from "./files.ts";
import type { Findings } from "./findings.ts";
import type { ShellState } from "./state.ts";

/** What a command gets on its standard input: nothing that is known of, another command's output, or this text. */
export type Input = "none" | "pipe" | { readonly text: string | null };

export interface Where {
  readonly standing: readonly Standing[];
  readonly runBy: number | null;
  readonly input: Input;
  /** Shells within shells. */
  readonly depth: number;
}

/** What all commands of a line share. */
export interface Line {
  readonly place: Place;
  readonly findings: Findings;
  readonly view: FileView;
  /** Functions that the line defines. */
  readonly functions: Set<string>;
  /** Judges an argument list in this place. */
  run(words: readonly Argument[], state: ShellState, where: Where): void;
  /** Reads and judges the text of a script. */
  script(text: string, state: ShellState, where: Where): void;
}

/** Device files that take or give nothing but what is thrown away or shown. */
const harmlessDevices = /^\/dev\/(null|zero|full|random|urandom|tty|stdin|stdout|stderr|fd\/\d+|ptmx)$/;

/** A process substitution: what is on its other end is judged by itself. */
const isPipe = (arg: Argument): boolean =>
  arg.text === null && !arg.many && arg.source.length > 3 && /^\/dev\/fd\/$/.test(arg.prefix);

/** One command with what can be said about it. */
export class Call {
  readonly name: string;
  readonly args: readonly Argument[];
  readonly at: number;
  readonly state: ShellState;
  readonly where: Where;
  readonly line: Line;

  constructor(name: string, args: readonly Argument[], at: number, state: ShellState, where: Where, line: Line) {
    this.name = name;
    this.args = args;
    this.at = at;
    this.state = state;
    this.where = where;
    this.line = line;
  }

  /** The sentence goes on behind the command's text. */
  raise(danger: Danger, sentence: string): void {
    this.line.findings.raise(this.at, danger, sentence);
  }

  /** Where the argument leads; null, and said so, where that is not known. */
  paths(arg: Argument, verb: string, cwds = this.state.cwds): string[] | null {
    const paths = pathsOf(arg, cwds, this.line.view);
    if (paths === null) {
      const why =
        arg.text === null
          ? "it is only known when it runs"
          : arg.pattern === null
            ? "its folder is not known"
            : "it may be many";
      this.line.findings.unknown(`Which files \`${this.name}\` ${verb} as ${arg.source} is not known: ${why}.`);
    }
    return paths;
  }

  read(arg: Argument, cwds = this.state.cwds): void {
    if (isPipe(arg)) return;
    for (const path of this.paths(arg, "reads", cwds) ?? []) this.readPath(path);
  }

  readPath(path: string): void {
    const real = this.line.view.real(path);
    if (real === null) this.line.findings.unknown(`Where ${path} leads is not known.`);
    this.line.findings.add("reads", real ?? path);
  }

  write(arg: Argument, cwds = this.state.cwds): void {
    if (isPipe(arg)) return;
    const paths = this.paths(arg, "writes", cwds);
    if (paths === null) this.raise("unknown", `writes ${arg.source}, and which file that is is not known`);
    else for (const path of paths) this.writePath(path);
  }

  writePath(path: string, verb = "writes"): void {
    if (harmlessDevices.test(path)) return;
    const real = this.line.view.real(path);
    this.line.findings.add("writes", real ?? path);
    if (real === null) this.raise("unknown", `writes ${path}, and where that leads is not known`);
    else if (/^\/dev\/(?!shm\/|pts\/|mqueue\/)/.test(real)) this.raise("destructive", `writes to the device ${real}`);
    else if (/^\/(proc|sys)\//.test(real)) this.raise("destructive", `sets the system by ${real}`);
    else this.raise("changes", `${verb} ${real}`);
  }

  remove(arg: Argument): void {
    const paths = this.paths(arg, "removes");
    if (paths === null) this.raise("destructive", `removes ${arg.source}, and which files these are is not known`);
    else for (const path of paths) this.writePath(path, "removes");
  }

  host(name: string): void {
    this.line.findings.add("hosts", name);
    this.raise("changes", name === "*" ? "reaches hosts that its text does not name" : `reaches ${name}`);
  }

  /** Judges words that this command starts. */
  run(words: readonly Argument[], more: Partial<Where> = {}, state = this.state): void {
    this.line.run(words, state, { ...this.where, runBy: this.at, depth: this.where.depth + 1, ...more });
  }

  /** Judges a script that this command starts. */
  script(text: string, more: Partial<Where> = {}, state = this.state): void {
    this.line.script(text, state, { ...this.where, runBy: this.at, depth: this.where.depth + 1, ...more });
  }

  /** The argument, seen from another folder; where that is not known, the argument is not either. */
  folder(arg: Argument, cwds = this.state.cwds): readonly string[] | null {
    return arg.text === null || (cwds === null && !arg.text.startsWith("/"))
      ? null
      : (cwds ?? ["/"]).map((cwd) => resolvePath(cwd, arg.text!));
  }
}
