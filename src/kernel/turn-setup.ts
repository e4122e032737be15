import type { TurnOrigin } from "../protocol/agents.ts";
import type { Action, Decision } from "../policy/action.ts";
import type { CollaborationMode } from "../protocol/collaboration-mode.ts";
import type { InputElement } from "../protocol/items.ts";
import type { ModelClient, ReasoningSettings, RequestIdentity } from "../model/model-client.ts";
import type { ModelInfo } from "../model/catalog.ts";
import type { Permissions } from "../protocol/permissions.ts";
import type { Answer, Question } from "../protocol/questions.ts";
import type { InputPart, ResponseItem, ToolCallItem } from "../protocol/response-items.ts";
import type { HostedSpec } from "../protocol/tool-spec.ts";
import type { Tool } from "../tools/tool.ts";
import type { CompactionCause } from "./compaction-due.ts";
import type { ContextBlock } from "./context/context.ts";
import type { SeenCall } from "./hooks/call-hooks.ts";
import type { Hooks } from "./hooks/hooks.ts";

/** What a user says, ready for the model. */
export interface TurnInput {
  /** As the user gave it, for showing; empty when no user said it: then there is no user message. */
  elements: readonly InputElement[];
  /** An id of whoever said it. */
  clientId?: string;
  /** The content of the user message. */
  content: InputPart[];
  /** What each content part is, for the journal. */
  kinds: string[];
  /** Messages that follow the prompt, such as the skills that it mentions. */
  attachments: readonly { kind: string; text: string }[];
  /** Items that are no message, such as mail between agents. */
  items?: readonly ResponseItem[];
}

/** The call that a decision is about. */
export interface CallRequest {
  turnId: string;
  callId: string;
  question: Question | null;
  /** The call as hooks see it; absent where there are none, or where they do not. */
  seen?: SeenCall;
  signal: AbortSignal;
}

/** Who is asked for a summary, and how. */
export interface Summariser {
  model: ModelInfo;
  reasoning: ReasoningSettings | null;
  verbosity: string | null;
  baseInstructions: string;
}

/** How a history that grows too long is replaced by a summary. */
export interface CompactionSetup {
  /** Tokens in use from which on that is due; null: only when it is asked for, or the provider refuses a request as too long. */
  limit: number | null;
  /** Asks the model for the summary; null: in our words. */
  prompt: string | null;
  /** Id of the context window that the thread began with. */
  firstWindowId: string;
  /** Stands in for the turn's model where another one, `name`, has made the history. */
  summariser?(name: string): Summariser;
  /** Told after each that replaced the history, before the next request. */
  after?(): Promise<void>;
}

/** A text for one request, at its end. */
export interface LiveContext {
  role: "developer" | "user";
  text: string;
}

/** Asked for each turn anew, so that what changed on the machine is seen. */
export interface TurnSetup {
  cwd: string;
  provider: string;
  model: ModelInfo;
  client: ModelClient;
  reasoning: ReasoningSettings | null;
  verbosity: string | null;
  /** Null: none was asked for. */
  serviceTier?: string | null;
  permissions: Permissions;
  /** With what the user has granted since: for the turn's calls. */
  permissionsFor?(turnId: string): Permissions;
  /** Absent: default. */
  mode?: CollaborationMode;
  /** The effort that was asked for, to be recorded; null: none, absent: that of `reasoning`. */
  askedEffort?: string | null;
  /** What a client has the model told of the mode; absent or null: the usual words. */
  modeInstructions?: string | null;
  /** False: the model is not told that a turn was interrupted. Absent: it is. */
  tellsInterrupts?: boolean;
  /** Stable id of the message that holds the base prompt. */
  baseMessageId: string;
  baseInstructions: string;
  context: readonly ContextBlock[];
  /** Those of the context that may change while the turn runs: asked before every request but the first. */
  changing?(): readonly ContextBlock[];
  /** What stands at the end of each request as it is then, and is not kept: asked before every request. */
  live?(): readonly LiveContext[];
  /** Tokens that a turn may fill. */
  contextWindow: number;
  /** Tokens that the output of one call may have when the call does not say. */
  outputTokens: number;
  compaction: CompactionSetup;
  /** What the user should be told before the turn. */
  warnings: readonly string[];
  /** The tools that the model is shown; asked before every request. */
  tools(): readonly (Tool | HostedSpec)[];
  /** A tool that was still on its way when the request was made; null when none of that name is. */
  lateTool?(call: ToolCallItem, signal: AbortSignal): Promise<Tool | null>;
  /** `request` is what the user would be asked for, when only the user can say. */
  decide(action: Action, request: CallRequest): Promise<Decision>;
  /** Absent where none are configured. */
  hooks?: Hooks;
  /** Puts a question to the user; absent, nobody is there and every question is denied. Never rejects. */
  ask?(turnId: string, question: Question, signal: AbortSignal): Promise<Answer>;
  /** The ids and the description that go with each request of the turn. */
  identify(turn: {
    turnId: string;
    startedAtMs: number;
    windowNumber: number;
    /** Null for the window that the thread began with. */
    windowId?: string | null;
    trigger: string | null;
    origin: TurnOrigin | null;
    /** What whoever asked for the turn has the provider told beside that; it takes no other word's place. */
    metadata?: Readonly<Record<string, string>>;
    /** Of a request for a summary. */
    compaction?: CompactionCause;
  }): RequestIdentity;
}
