import type { Value, Variables } from "../shell/expand.ts";
import type { Place } from "./assessment.ts";

/** Folders that a command may run in, at most; with more of them nobody knows. */
const mostFolders = 4;

/** Variables that a shell sets itself as it goes on, whatever its environment says. */
const ownVariables =
  /^(_|PWD|OLDPWD|REPLY|MAPFILE|COPROC|OPTARG|OPTIND|DIRSTACK|GROUPS|PIPESTATUS|FUNCNAME|HOSTNAME|BASH.*|READLINE_.*|COMP_.*|histchars)$/;

/** What a shell knows at one place of its line. */
export class ShellState implements Variables {
  readonly home: string | null;
  /** Where it may stand; null where that is not known. */
  cwds: readonly string[] | null;
  /** Where it stands if the `cd` before failed; empty where it cannot have failed. */
  left: readonly string[] = [];
  /** It came to where it stands by a link. */
  linked = false;
  /** `$1` and on; null where they are not known. */
  positional: readonly string[] | null;
  readonly #place: Place;
  /** Shared with the states that it was forked from or into, until one of them sets something. */
  #set: Map<string, Value>;
  #shared = false;
  /** Something ran that may have set anything. */
  #clouded: boolean;

  constructor(place: Place, from?: ShellState) {
    this.#place = place;
    this.home = place.home;
    this.cwds = from === undefined ? [place.cwd] : from.cwds;
    this.left = from === undefined ? [] : from.left;
    this.positional = from === undefined ? [] : from.positional;
    this.linked = from !== undefined && from.linked;
    this.#set = from === undefined ? new Map<string, Value>() : from.#set;
    if (from !== undefined) this.#shared = from.#shared = true;
    this.#clouded = from !== undefined && from.#clouded;
  }

  fork(): ShellState {
    return new ShellState(this.#place, this);
  }

  get(name: string): Value | null {
    if (/^[?$!#]$/.test(name)) return { text: null, numeric: true };
    if (/^\d+$/.test(name)) {
      const text = this.positional === null || name === "0" ? null : (this.positional[Number(name) - 1] ?? "");
      return { text, numeric: false };
    }
    const set = this.#set.get(name);
    if (set !== undefined) return set;
    if (this.#clouded) return null;
    if (name === "PWD" && this.cwds?.length === 1 && this.left.length === 0)
      return { text: this.cwds[0]!, numeric: false };
    if (ownVariables.test(name)) return null;
    if (/^(RANDOM|SECONDS|LINENO|UID|EUID|PPID|BASHPID|SRANDOM|EPOCHSECONDS|SHLVL|COLUMNS|LINES)$/.test(name)) {
      return { text: null, numeric: true };
    }
    const text = Object.hasOwn(this.#place.variables, name) ? this.#place.variables[name] : undefined;
    return text === undefined ? null : { text, numeric: isNumber(text) };
  }

  /** Whether calculating with the variable can do nothing but calculate. */
  isNumeric(name: string): boolean {
    const value = this.get(name);
    if (value !== null) return value.numeric || (value.text !== null && isNumber(value.text));
    // What is not set is zero.
    return !this.#clouded && !ownVariables.test(name);
  }

  set(name: string, value: Value): void {
    if (this.#shared) this.#set = new Map(this.#set);
    this.#shared = false;
    this.#set.set(name, value);
  }

  forget(name: string): void {
    this.set(name, { text: null, numeric: false });
  }

  /** Nothing is certain any more. */
  cloud(): void {
    this.#clouded = true;
    this.#set = new Map();
    this.#shared = false;
    this.cwds = null;
    this.left = [];
    this.positional = null;
  }

  move(cwds: readonly string[] | null, left: readonly string[]): void {
    this.cwds = cwds;
    this.left = left;
  }

  /** Whatever the last command did, the next one runs. */
  settle(): void {
    if (this.left.length > 0) this.cwds = union(this.cwds, this.left);
    this.left = [];
  }

  /** It went this way or the other. */
  join(other: ShellState): void {
    this.cwds = union(this.cwds, other.cwds);
    this.left = union(this.left, other.left) ?? [];
    this.#clouded ||= other.#clouded;
    this.linked ||= other.linked;
    if (this.positional !== other.positional) this.positional = null;
    if (this.#set === other.#set) return;
    for (const name of new Set([...this.#set.keys(), ...other.#set.keys()])) {
      const [one, two] = [this.get(name), other.get(name)];
      if (one?.text !== two?.text || one === null || one.text === null) {
        this.set(name, { text: null, numeric: this.isNumeric(name) && other.isNumeric(name) });
      }
    }
  }
}

export const isNumber = (text: string): boolean => /^-?\d{0,18}$/.test(text) && text !== "-";

function union(one: readonly string[] | null, other: readonly string[] | null): readonly string[] | null {
  if (one === null || other === null) return null;
  const all = [...new Set([...one, ...other])];
  return all.length > mostFolders ? null : all;
}
