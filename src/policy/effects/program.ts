import type { Danger } from "./assessment.ts";

/**
 * What is known of a program; read by `arguments.ts`.
 *
 * `options` is a list of its options: `-abc` (three flags), `-#` (a number), `-o=KIND`, `--long`, `--long=KIND`,
 * `--long[=KIND]`. A sign at the end says what a flag does: `!` it destroys, `~` it changes something that is not among
 * the effects, `?` nobody knows. An option that is not listed is unknown, and makes the command so.
 *
 * `operands` gives the kinds of the other arguments in their order; `KIND*` any number of them.
 *
 * Kinds: `t` text that the program keeps to itself; `r` a path that is read; `w` one that is made or changed; `x` one
 * that is removed; `rw` read and written; `d` a folder that is gone to before anything else; `u` a URL; `h` a host, with or without `user@` and `:path`;
 * `=` text that sets
 * something where it holds a `=`; `@` text, or `@` and a path that is read; `%` text in which `%output{` would write; `f` a field of a form,
 * which may name a file; `k` cookies, or without `=` a path; `o` as `w`, and `U` as `r`, with signs that stand for parts of a URL; `l` as
 * `r`, but a command behind `+`; `m` a page, or a path with `/`; `+` a format behind `+`, else a time to set; `e` an
 * expression that may load files; `p` a host and path, or a path,
 * that is read; `P` the same, written; `!`, `~` and `?` as above.
 */
export interface Program {
  readonly options?: string;
  readonly operands?: string;
  /** No option of it, known or not, does more than to look: those that are listed are there for what follows them. */
  readonly looks?: true;
  /** Long options begin with one `-`, as with Go's programs. */
  readonly single?: true;
  /** What it is even with options and operands that are known. */
  readonly danger?: Danger;
  /** Goes on behind the command's text: `runs what the Makefile says`. */
  readonly why?: string;
  /** Read, or written, where no operand says otherwise: `.` mostly. */
  readonly otherwise?: { readonly kind: "r" | "w"; readonly path: string };
  /** Folders that it writes names into that it makes up itself, with one of some options, or without any of others. */
  readonly also?: readonly { readonly when?: string; readonly unless?: string; readonly path: string }[];
  /** Reached in any case. */
  readonly host?: string;
  /** With one of these options, operands have these kinds instead: a pattern that an option gave is no operand. */
  readonly instead?: { readonly options: string; readonly operands: string };
  /** Without one of these options it does what its text does not show. */
  readonly needs?: string;
  /** By their names, after the options. `*`: any other. `""`: without one. */
  readonly subcommands?: Readonly<Record<string, Program>>;
}

/** Programs by their names, several of them separated by blanks. */
export type Table = Readonly<Record<string, Program>>;

/** The tables as one, by single names. */
export function joinTables(...tables: readonly Table[]): ReadonlyMap<string, Program> {
  const joined = new Map<string, Program>();
  for (const table of tables) {
    for (const [names, program] of Object.entries(table)) {
      for (const name of names.split(" ")) joined.set(name, program);
    }
  }
  return joined;
}
