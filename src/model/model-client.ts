import type { AccountLimits } from "../protocol/account-limits.ts";
import type { ErrorCode } from "../protocol/errors.ts";
import type { ResponseItem } from "../protocol/response-items.ts";
import type { RepairKind } from "../protocol/repairs.ts";
import type { ToolSpec } from "../protocol/tool-spec.ts";
import type { TokenUsage } from "../protocol/usage.ts";

export interface ReasoningSettings {
  effort?: string;
  summary?: string;
  context?: string;
}

/** Who asks: ids that a provider may use for routing, caching and accounting. */
export interface RequestIdentity {
  installationId: string;
  sessionId: string;
  threadId: string;
  turnId: string;
  rootTurnId: string;
  windowId: string;
  /** Where a sub-agent asks: what made it, by Codex's word, and whose it is. */
  agent?: { kind: string; parentThreadId: string; parentTurnId: string | null };
  /** Compact description of the turn, sent as one JSON string. */
  metadata: Readonly<Record<string, unknown>>;
}

export interface ModelRequest {
  model: string;
  input: readonly ResponseItem[];
  tools: readonly ToolSpec[];
  parallelToolCalls: boolean;
  /** The tools stand at the head of the input, in namespaces. */
  lite?: boolean;
  reasoning: ReasoningSettings | null;
  verbosity: string | null;
  /** How fast it is to be served, where that was asked for. */
  serviceTier?: string;
  /** JSON Schema that the final message must satisfy. */
  outputSchema: unknown;
  cacheKey: string;
  identity: RequestIdentity;
}

export type ModelEvent =
  /** The provider has taken the request on, and says this beside its answer; null: nothing. */
  | { type: "answered"; model: string | null; limits: AccountLimits | null }
  | { type: "created"; responseId: string }
  | { type: "item.started"; item: ResponseItem }
  | { type: "text.delta"; itemId: string; delta: string }
  | { type: "reasoning.delta"; itemId: string; delta: string; part: "summary" | "content"; index: number }
  /** A call of the next item was put right before it is acted on; its id says so, too. */
  | { type: "call.repaired"; kind: RepairKind; tool: string; callId: string; detail: string }
  /** Another model is asked from here on, for `cause`. `from` and `to` are for people, `model` is the name that its provider knows. */
  | { type: "fell_back"; from: string; to: string; model: string; cause: string }
  /** The item is complete: the only truth about it, whatever the deltas said. */
  | { type: "item.done"; item: ResponseItem };

export interface ModelFailure {
  code: ErrorCode;
  /** For people; may quote the provider, never a credential. */
  message: string;
  /** Whether the same request may be sent again. */
  retryable: boolean;
  /** What the server asked to wait, milliseconds. */
  delayMs?: number;
  /** When a limit is lifted, as the server says; milliseconds since the epoch. */
  liftedAtMs?: number;
  /** The first of these in a row is not worth a word: the next try takes another way. */
  quiet?: boolean;
  httpStatus?: number;
  /** Its own word for what went wrong. */
  providerCode?: string;
  /** Why a response ended before its end: `max_output_tokens`, ... */
  incompleteReason?: string;
  /** What the provider said that a request took which was too long. */
  counted?: TokenUsage;
  /** What it said that the failed response took. */
  charged?: TokenUsage;
}

export type ModelResult =
  | { type: "completed"; responseId: string; usage: TokenUsage | null; endTurn: boolean | null }
  | { type: "failed"; failure: ModelFailure };

export interface StreamOptions {
  signal: AbortSignal;
  /** Called in order, synchronously; a throw ends the stream and is passed on. */
  onEvent(event: ModelEvent): void;
}

/**
 * A model behind some wire. Every failure of the provider is a value; a rejection means that the signal was aborted
 * or that `onEvent` threw.
 */
export interface ModelClient {
  /** How often the same request may be sent again after its stream broke. */
  readonly streamMaxRetries: number;
  stream(request: ModelRequest, options: StreamOptions): Promise<ModelResult>;
  /** Of a client that is made of others: the same of what `wrap` makes of each. */
  each?(wrap: (client: ModelClient) => ModelClient): ModelClient;
}
