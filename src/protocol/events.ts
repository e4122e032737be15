import type { ActionReview } from "./action-review.ts";
import type { AccountLimits } from "./account-limits.ts";
import type { AgentInfo } from "./agents.ts";
import type { ErrorInfo } from "./errors.ts";
import type { Goal } from "./goals.ts";
import type { HookRun } from "./hooks.ts";
import type { PatchedFile, PlanStep, ThreadItem } from "./items.ts";
import type { ThreadInfo } from "./methods.ts";
import type { Answer, Question } from "./questions.ts";
import type { RepairKind } from "./repairs.ts";
import type { TokenUsage } from "./usage.ts";

export interface CompactionFacts {
  threadId: string;
  turnId: string;
  /** Of the `contextCompaction` item. */
  itemId: string;
  trigger: "auto" | "manual";
  phase: "pre_turn" | "mid_turn" | "standalone_turn" | "context_length_exceeded";
  /** What filled the window, and from how much on that is too much; null when unknown. */
  totalTokens: number | null;
  tokenLimit: number | null;
}

/** What the kernel tells the world while a thread lives. Doors translate these and never invent their own. */
export type AgentEvent =
  | { type: "thread.started"; threadId: string }
  /** Something that the user should know and that does not stop the work. */
  | { type: "warning"; threadId: string; message: string }
  /** What the next turns use, or the one that is about to start. */
  | { type: "settings.changed"; threadId: string; info: ThreadInfo }
  /** `rootTurnId`: the turn of a user that it all began with. */
  | { type: "turn.started"; threadId: string; turnId: string; rootTurnId: string }
  | { type: "item.started"; threadId: string; turnId: string; item: ThreadItem; atMs: number }
  | { type: "item.completed"; threadId: string; turnId: string; item: ThreadItem; startedAtMs: number; atMs: number }
  | { type: "message.delta"; threadId: string; turnId: string; itemId: string; delta: string }
  /** More of a plan that the model proposes. */
  | { type: "plan.delta"; threadId: string; turnId: string; itemId: string; delta: string }
  | {
      type: "reasoning.delta";
      threadId: string;
      turnId: string;
      itemId: string;
      delta: string;
      part: "summary" | "content";
      index: number;
    }
  | { type: "command.output"; threadId: string; turnId: string; itemId: string; delta: string }
  /** Something was typed into a running command. */
  | { type: "command.input"; threadId: string; turnId: string; itemId: string; processId: string; text: string }
  /** What a patch has done. */
  | { type: "files.patched"; threadId: string; turnId: string; itemId: string; files: PatchedFile[] }
  | { type: "plan.updated"; threadId: string; turnId: string; explanation: string | null; plan: PlanStep[] }
  /** A tool call was refused or failed before it did anything; the model got `message`. */
  | { type: "call.rejected"; threadId: string; turnId: string; callId: string; tool: string; message: string }
  /** A call of the model was put right before it ran; `detail` says what became of it, without its contents. */
  | {
      type: "call.repaired";
      threadId: string;
      turnId: string;
      callId: string;
      tool: string;
      kind: RepairKind;
      detail: string;
    }
  /** A hook runs, and has ended; `turnId` is null outside of turns. */
  | { type: "hook.started" | "hook.completed"; threadId: string; turnId: string | null; run: HookRun }
  /** An MCP server of the thread is being started, is there, or is not (`failure` says why). */
  | {
      type: "mcp.changed";
      threadId: string;
      server: string;
      state: "starting" | "ready" | "failed";
      failure: string | null;
    }
  /** Work waits until somebody answers with `question/answer`. */
  | { type: "question.asked"; threadId: string; turnId: string; questionId: string; question: Question }
  /** Nobody needs to answer any more: `answer` was given, or null when the turn was stopped first. */
  | { type: "question.closed"; threadId: string; turnId: string; questionId: string; answer: Answer | null }
  /** A model is asked about a call in the user's place, and what it said. The first may come without the second. */
  | ({ type: "review.started" } & ReviewFacts)
  | ({ type: "review.completed"; verdict: ActionReview; atMs: number } & ReviewFacts)
  /**
   * A sub-agent of the thread was made or changed its status. Its own events carry its own thread id; the first of these
   * comes before any of them.
   */
  | { type: "agent.changed"; threadId: string; agent: AgentInfo }
  /** The thread of a sub-agent is open, and can be spoken to by its own id; `threadId` is its parent's. */
  | { type: "agent.opened"; threadId: string; info: ThreadInfo }
  | {
      type: "usage.updated";
      threadId: string;
      turnId: string;
      total: TokenUsage;
      last: TokenUsage;
      contextWindow: number | null;
    }
  /** The history is about to be replaced by a summary; one of the two others follows, unless the turn is interrupted. */
  | ({ type: "compaction.started" } & CompactionFacts)
  | ({
      type: "compaction.completed";
      /** Items of the history before, and of those the ones that stay. */
      originalItems: number;
      retainedItems: number;
      /** Outputs that had to be left out for the summary to be made at all. */
      prunedOutputs: number;
      /** The model's words. */
      summary: string;
      /** All of this in a line. */
      text: string;
    } & CompactionFacts)
  /** The history stays as it was. `goesOn`: the turn works with it as it is. */
  | ({ type: "compaction.failed"; error: ErrorInfo; goesOn: boolean } & CompactionFacts)
  /** The thread's goal is now this; `turnId` is null when no turn changed it. */
  | { type: "goal.updated"; threadId: string; turnId: string | null; goal: Goal }
  | { type: "goal.cleared"; threadId: string }
  /** What the provider says that the account may use. */
  | { type: "limits.updated"; threadId: string; turnId: string; limits: AccountLimits }
  /** Another model answers than the one that was asked. */
  | { type: "model.rerouted"; threadId: string; turnId: string; from: string; to: string }
  /** The model that was asked is out: the rest of the turn is asked of another of the chain. `model` is the name that goes with prices. */
  | {
      type: "model.fell_back";
      threadId: string;
      turnId: string;
      from: string;
      to: string;
      model: string;
      cause: string;
    }
  /** The model's stream broke and is tried again. */
  | {
      type: "retry.scheduled";
      threadId: string;
      turnId: string;
      attempt: number;
      maxAttempts: number;
      delayMs: number;
      /** When that is, milliseconds since the epoch. */
      atMs: number;
      cause: string;
    }
  /** That is still `leftMs` away: told once a second where it is longer than a few. */
  | { type: "retry.countdown"; threadId: string; turnId: string; leftMs: number; atMs: number }
  | (TurnEnd & { type: "turn.completed"; lastMessage: string | null })
  | (TurnEnd & { type: "turn.failed"; error: ErrorInfo })
  | (TurnEnd & { type: "turn.interrupted"; reason: string });

interface ReviewFacts {
  threadId: string;
  turnId: string;
  reviewId: string;
  question: Question;
  startedAtMs: number;
}

interface TurnEnd {
  threadId: string;
  turnId: string;
  /** Of the whole thread. */
  usage: TokenUsage;
  durationMs: number;
  /** Commands that go on in the background. */
  backgroundCommands?: number;
}
