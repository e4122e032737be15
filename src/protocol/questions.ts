import type { ClientToolContent } from "./client-tools.ts";
import type { Effects } from "./effects.ts";
import type { FileChange } from "./items.ts";
import type { TrialReport } from "./trial.ts";

/** A choice that the model puts to the user, with the free answer always open. */
export interface ChoiceQuestion {
  id: string;
  /** A word or two. */
  header: string;
  question: string;
  options: { label: string; description: string }[];
}

/** Rights beyond the sandbox that the model asks for; what is left out is not asked for. Paths are absolute. */
export interface RequestedRights {
  network?: { enabled?: boolean };
  file_system?: { read?: string[]; write?: string[] };
}

/** What only a person can answer. It stands in an event; `question/answer` answers it. */
export type Question =
  /** May this run? Without the sandbox, unless `sandboxed`. */
  | {
      type: "command";
      callId: string;
      argv: string[];
      cwd: string;
      reason: string | null;
      prefixRule: string[] | null;
      sandboxed?: boolean;
      /** Of a command that runs already: `argv` is what is to be typed into it. */
      sessionId?: number;
      effects?: Effects;
      /** Files that it runs or reads, whose content decides what it does: a yes that holds on holds for them as they are now. */
      files?: string[];
      /** Why it is asked, as `Verdict.rule`. */
      rule?: string;
    }
  /** May these files be changed, outside of the writable folders? */
  | {
      type: "patch";
      callId: string;
      changes: FileChange[];
      reason: string | null;
      /** A command has made them in a view of the files; without it, a patch would. */
      trial?: Omit<TrialReport, "changes"> & { argv: string[]; cwd: string; exitCode: number | null };
      effects?: Effects;
      rule?: string;
    }
  /** May this tool of an MCP server be called? */
  | { type: "mcpCall"; callId: string; server: string; tool: string; arguments: unknown; reason: string | null }
  /** `resolveAfterMs`: the first option of each is taken when nobody answers by then. */
  | { type: "choices"; callId: string; questions: ChoiceQuestion[]; resolveAfterMs: number | null }
  | { type: "rights"; callId: string; rights: RequestedRights; reason: string | null }
  /** A tool of the client's is to be run, by the client. */
  | { type: "toolCall"; callId: string; namespace: string | null; tool: string; arguments: unknown }
  /** An MCP server wants to know something: fields of a JSON Schema, or a page that the user should open. */
  | {
      type: "elicitation";
      server: string;
      message: string;
      schema: Record<string, unknown> | null;
      url: string | null;
    };

export const answerScopes = ["once", "turn", "session", "folder", "always"] as const;
export type AnswerScope = (typeof answerScopes)[number];

export type Answer =
  /**
   * `turn`, `session`, `folder`: also for the same thing later in this turn, in this thread while it is open, or in every
   * thread of this folder; never for more than what was shown. `session` with `prefix`: for every command that begins with the
   * question's `prefixRule`. `always`: for those commands in every thread, by a rule in `rules/default.rules`.
   * `words`: in place of `prefixRule`, which they begin with, so that they allow no more than was shown.
   * `expiresInSeconds`: for a yes that holds on, but neither `once` nor `always`; at most a year.
   */
  | { type: "allow"; scope: AnswerScope; prefix?: boolean; words?: string[]; expiresInSeconds?: number }
  /** The turn goes on. `failed`: nobody could answer, for whatever reason. */
  | { type: "deny"; message?: string; failed?: boolean }
  /** The turn is stopped. */
  | { type: "cancel" }
  /** What the client's tool brings. */
  | { type: "toolResult"; ok: boolean; content: ClientToolContent[] }
  /** By question id; several where several options were picked. */
  | { type: "choices"; answers: Record<string, string[]> }
  | { type: "rights"; rights: RequestedRights; scope: "turn" | "session" }
  | { type: "content"; content: Record<string, unknown> };

/** Whether a rule of these words covers nothing that one of the question's `prefixRule` would not. */
export const isCovered = (words: readonly string[], prefixRule: readonly string[]): boolean =>
  prefixRule.every((word, index) => word === words[index]);
