import type { Action, Allowed, Denied } from "../policy/action.ts";
import type { CollaborationMode } from "../protocol/collaboration-mode.ts";
import type { PatchedFile, PlanStep, ThreadItem } from "../protocol/items.ts";
import type { Permissions } from "../protocol/permissions.ts";
import type { Answer, Question } from "../protocol/questions.ts";
import type { ToolOutput } from "../protocol/response-items.ts";
import type { ToolSpec } from "../protocol/tool-spec.ts";
import type { ProcessMark } from "../system/ports.ts";
import type { FinishedCall, HookedCalls } from "./hooked.ts";

/**
 * What a call does to the world: nothing, something that may be done twice, or something that must never be
 * started twice. The start of a `once` call is journaled and synced before it begins.
 */
export type Effect = "none" | "repeatable" | "once";

/** Where a tool tells what happens. Lives as long as the thread: a command may end after its call has returned. */
export interface ItemSink {
  started(item: ThreadItem): void;
  /** More output of a running command. */
  output(itemId: string, delta: string): void;
  /** Something was typed into a running command. */
  input(itemId: string, processId: string, text: string): void;
  completed(item: ThreadItem): void;
  /** What a patch has done to files. */
  patched(itemId: string, files: PatchedFile[]): void;
  plan(explanation: string | null, plan: PlanStep[]): void;
  /** A process runs for the call: noted, so that it can be found when this one has died. */
  child(callId: string, process: ProcessMark): void;
}

/** The turn of a call, for tools that do more in it than answer. */
export interface CallTurn {
  /** What the model could call when it made this call. */
  readonly tools: readonly Tool[];
  /** Aborts when the turn has ended, however it did. */
  readonly over: AbortSignal;
  /**
   * Calls a tool as the model would: prepared, judged by policy, journaled, told of. Its result goes to the caller alone.
   * Never rejects; a call that was refused, or cut off by `signal`, is a result that is not ok.
   */
  call(tool: Tool, input: string, signal: AbortSignal): Promise<ToolResult>;
  /** Gives the model a further output of this call, with its next request. False when the turn has ended. */
  note(text: string): boolean;
  /** Resolves as soon as something waits that the model has not read yet. */
  news(): Promise<void>;
}

export interface CallContext {
  readonly threadId: string;
  readonly turnId: string;
  readonly callId: string;
  /** Working directory of the thread, absolute. */
  readonly cwd: string;
  readonly permissions: Permissions;
  readonly items: ItemSink;
  /** Absent: default. */
  readonly mode?: CollaborationMode;
  /** Aborted when the turn is interrupted. */
  readonly signal: AbortSignal;
  /** Tokens that one output may have when the call does not say. */
  readonly outputTokens: number;
  /** How images are to be sent to the model; null when it takes none. */
  readonly imageDetail: "original" | "high" | null;
  /** Puts a question to the user; where nobody is there to answer, it is denied. Resolves with `cancel` when the turn is stopped. */
  ask(question: Question): Promise<Answer>;
  /** Absent in a call that another tool makes: such calls make none themselves. */
  readonly turn?: CallTurn;
}

export interface ToolResult {
  output: ToolOutput;
  /** False when the tool could not do what was asked; the model reads why in `output`. */
  ok: boolean;
  /** What a program gets that made the call, where that is not the text: plain JSON. */
  data?: unknown;
  /** What hooks are told of it; null: the call is not over yet. Absent: its output. */
  finished?: FinishedCall | null;
  /** The user stopped the turn while the tool had something to ask. */
  stops?: boolean;
}

export interface ToolNamespace {
  readonly name: string;
  readonly description: string;
}

export interface PreparedCall {
  readonly effect: Effect;
  readonly action: Action;
  /** What the user is asked when policy leaves it to them; commands need none, their action says it all. */
  readonly question?: Question;
  /** The output that the model gets when policy denies the action. */
  refusal(decision: Denied): string;
  /** A refusal in the form of this tool's outputs, where that is not the text alone. */
  inForm?(refusal: string): ToolOutput;
  /** Failures that the model should know of are results; a throw is a fault of the tool and costs this call only. */
  run(leave: Allowed): Promise<ToolResult>;
}

export interface Tool {
  readonly name: string;
  /** The group that it is shown in; the model calls it by both names. */
  readonly namespace?: ToolNamespace;
  /** Not shown until the model has searched for it; it can be called all the same. */
  readonly deferred?: boolean;
  /** Called by scripts: the model is not shown it by itself. */
  readonly scripted?: boolean;
  readonly spec: ToolSpec;
  /** How hooks see its calls; null: they do not see them. Absent: by name and arguments. */
  readonly hooked?: HookedCalls | null;
  /**
   * Whether calls may run beside others; a call that may not waits for those before it and holds up those after it.
   * `free` is for what only waits for calls or for time: nothing waits for it.
   */
  readonly parallel: boolean | "free";
  /**
   * Reads the arguments (JSON text of a function, raw input of a custom tool) and says what the call would do,
   * without doing it. Throws {@link CallError} with the text that the model is to read.
   */
  prepare(input: string, context: CallContext): PreparedCall | Promise<PreparedCall>;
}

/** A call that cannot be made as it was written. The message is the call's output. */
export class CallError extends Error {
  override readonly name = "CallError";
}
