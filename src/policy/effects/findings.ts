import type { Effects } from "../../protocol/effects.ts";
import { Unreadable } from "../shell/syntax.ts";
import type { Assessment, Danger, PlainCommand, Standing } from "./assessment.ts";

const ranks: Readonly<Record<Danger, number>> = { none: 0, changes: 1, unknown: 2, destructive: 3 };

export const worse = (one: Danger, other: Danger): Danger => (ranks[one] >= ranks[other] ? one : other);

/** Commands of one line. */
const mostCommands = 2_000;
/** Paths, and sentences, of one kind that are kept apart. */
const mostPaths = 2_000;
const mostSentences = 40;
const mostLetters = 200;

type Draft = { -readonly [Key in keyof PlainCommand]: PlainCommand[Key] };

export interface Beginning {
  readonly words: readonly string[] | null;
  readonly program: string | null;
  readonly text: string;
  readonly standing: readonly Standing[];
  readonly runBy: number | null;
}

/** What is found while a line is walked through. */
export class Findings {
  readonly commands: Draft[] = [];
  readonly #sets = {
    reads: new Set<string>(),
    writes: new Set<string>(),
    hosts: new Set<string>(),
    signals: new Set<string>(),
    programs: new Set<string>(),
  };
  readonly #unknown = new Set<string>();
  readonly #reasons = new Map<string, Danger>();
  #danger: Danger = "none";
  #loose = false;
  #touches = 0;

  /** The place of the command in the list. */
  begin(command: Beginning): number {
    if (this.commands.length >= mostCommands) throw new Unreadable(`it runs more than ${mostCommands} commands`);
    this.commands.push({ ...command, text: shorten(command.text), danger: "none", assigns: false, redirected: false });
    return this.commands.length - 1;
  }

  /** `sentence` goes on where the text of the command ends: `deletes folders`. */
  raise(at: number | null, danger: Danger, sentence: string): void {
    const command = at === null ? undefined : this.commands[at];
    if (command !== undefined) command.danger = worse(command.danger, danger);
    this.#danger = worse(this.#danger, danger);
    this.#loose ||= command === undefined && danger !== "none";
    const reason = command === undefined ? `The line ${sentence}.` : `\`${command.text}\` ${sentence}.`;
    if (danger !== "none") this.#reasons.set(reason, danger);
    if (danger === "unknown") this.unknown(reason);
  }

  /** A whole sentence about what cannot be known. */
  unknown(sentence: string): void {
    this.#unknown.add(sentence);
  }

  add(kind: "reads" | "writes" | "hosts" | "signals" | "programs", what: string): void {
    const set = this.#sets[kind];
    if (set.size >= mostPaths && !set.has(what)) throw new Unreadable("it touches more than can be looked at");
    set.add(what);
    if (kind !== "reads" && kind !== "programs") this.#touches++;
  }

  /** Grows with everything that is said to be changed or reached. */
  get touches(): number {
    return this.#touches;
  }

  get writesAnything(): boolean {
    return this.#sets.writes.size > 0;
  }

  effects(): Effects {
    const { reads, writes, hosts, signals, programs } = this.#sets;
    return {
      reads: [...reads],
      writes: [...writes],
      hosts: [...hosts],
      signals: [...signals],
      programs: [...programs],
      unknown: [...this.#unknown].slice(0, mostSentences),
    };
  }

  /** The worst reasons first. */
  assessment(): Assessment {
    const reasons = [...this.#reasons].toSorted(([, one], [, other]) => ranks[other] - ranks[one]);
    return {
      commands: this.commands,
      loose: this.#loose,
      effects: this.effects(),
      danger: this.#danger,
      reasons: reasons.slice(0, mostSentences).map(([reason]) => reason),
    };
  }

  /** Of a line that turned out not to be readable: what was found so far counts, and it is not all. */
  unreadable(why: string): Assessment {
    const sentence = `The line cannot be read with certainty: ${why}.`;
    const { effects, danger, reasons } = this.assessment();
    return {
      commands: null,
      loose: true,
      effects: { ...effects, unknown: [sentence, ...effects.unknown] },
      danger: worse("unknown", danger),
      reasons: [...reasons, sentence],
    };
  }
}

/** As it can be shown: one line, and not all of a long one. */
function shorten(text: string): string {
  const start = text.slice(0, 4 * mostLetters);
  const line = /[^\S ]| {2}|^ | $/.test(start) ? start.replace(/\s+/g, " ").trim() : start;
  return line.length > mostLetters ? `${line.slice(0, mostLetters - 1)}…` : line;
}
