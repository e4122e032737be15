/** A shell line as far as its judgement needs it. */

/** A part of a word. `quoted`: it is neither split, nor a pattern, nor anything else but itself. */
export type Piece =
  | { readonly kind: "text"; readonly text: string; readonly quoted: boolean }
  /** `$name` or `${name}`. */
  | { readonly kind: "variable"; readonly name: string; readonly quoted: boolean }
  /** Whatever else a shell computes; `numeric` where that can only be a number. `runs` is what it runs for it. */
  | {
      readonly kind: "computed";
      readonly quoted: boolean;
      readonly numeric: boolean;
      readonly runs: readonly Statement[];
      /** Text that is calculated with, and has to be looked at for what hides in it; null where there is none. */
      readonly arithmetic: string | null;
      /** Variables that it sets. */
      readonly sets: readonly string[];
      /** Why it may do more than compute; null where it does not. */
      readonly danger: string | null;
    }
  /** `<(...)` and `>(...)`: a path below /dev/fd. */
  | { readonly kind: "process"; readonly body: Statement };

export interface Word {
  readonly pieces: readonly Piece[];
  /** As it is written. */
  readonly source: string;
}

export interface Assignment {
  readonly name: string;
  /** Null for an array. */
  readonly value: Word | null;
  /** The words of an array. */
  readonly items: readonly Word[];
  /** `+=` */
  readonly appends: boolean;
  /** `a[...]=`: the subscript is calculated with. */
  readonly subscript: string | null;
}

export type Redirect =
  | { readonly kind: "file"; readonly operator: string; readonly descriptor: string | null; readonly target: Word }
  /** A here-document or here-string. */
  | { readonly kind: "text"; readonly descriptor: string | null; readonly text: Word };

export interface SimpleCommand {
  readonly kind: "command";
  readonly words: readonly Word[];
  readonly assignments: readonly Assignment[];
  readonly redirects: readonly Redirect[];
  readonly source: string;
}

/** One more way of joining statements; all that a branch, loop or list may run is in `parts`. */
export type Statement =
  | SimpleCommand
  | { readonly kind: "sequence"; readonly parts: readonly Statement[] }
  /** `background`: it stands before `&`. */
  | { readonly kind: "background"; readonly body: Statement }
  | { readonly kind: "pipeline"; readonly parts: readonly Statement[] }
  | { readonly kind: "list"; readonly left: Statement; readonly operator: "&&" | "||"; readonly right: Statement }
  | { readonly kind: "subshell"; readonly body: Statement }
  | {
      readonly kind: "branch";
      readonly words: readonly Word[];
      readonly condition: Statement;
      readonly arms: readonly Statement[];
    }
  | {
      readonly kind: "loop";
      readonly variable: string | null;
      readonly values: readonly Word[];
      readonly condition: Statement;
      readonly body: Statement;
    }
  | { readonly kind: "function"; readonly name: string; readonly body: Statement }
  /** `[[ ... ]]`, `(( ... ))`: words, and text that is calculated with. */
  | {
      readonly kind: "test";
      /** `[ ... ]`: its words are split, and may become operators. */
      readonly splits: boolean;
      readonly words: readonly Word[];
      readonly arithmetic: readonly string[];
      /** Words that are calculated with. */
      readonly calculated: readonly Word[];
    }
  | {
      readonly kind: "redirected";
      readonly body: Statement;
      readonly redirects: readonly Redirect[];
      readonly source: string;
    };

export const nothing: Statement = Object.freeze({ kind: "sequence", parts: [] });

/** What is thrown, inside of this folder and `effects/`, where a line cannot be read; the message says why, as a sentence without its end. */
export class Unreadable extends Error {}

/** Text of a line as a message shows it. */
export const short = (text: string): string => JSON.stringify(text.length > 40 ? `${text.slice(0, 39)}…` : text);
