import type { AgentEvent } from "../../protocol/events.ts";
import type { ResponseItem, ToolCallOutputItem } from "../../protocol/response-items.ts";
import type { TokenUsage } from "../../protocol/usage.ts";
import type { ItemSink } from "../../tools/tool.ts";
import type { Clock, Random } from "../../system/ports.ts";
import type { Journal, JournalRecord, MessageMark } from "../journal-port.ts";
import type { KnownHead } from "../request-head.ts";

/** What a thread lends to the turn that runs in it. The turn changes `state` and nothing else. */
export interface TurnHost {
  readonly threadId: string;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly random: Random;
  readonly state: ThreadState;
  newId(): string;
  emit(event: AgentEvent): void;
  itemSink(turnId: string): ItemSink;
}

/** The part of a thread that turns change, all of it written in the journal. */
export interface ThreadState {
  history: ResponseItem[];
  usage: TokenUsage;
  lastUsage: TokenUsage | null;
  /** What the model was told of its surroundings; null before the first turn. */
  worldState: Record<string, unknown> | null;
  /** The model that the history was last made with. */
  contextModel: { name: string; compactionHash: string | null } | null;
  windowNumber: number;
  /** Id of the context window; null while it is the one that the thread began with. */
  windowId: string | null;
  /** Items of the history that `lastUsage` counted. */
  measuredItems: number;
  /** What stands before the history in requests, as the journal knows it; null before the first one of this process. */
  head: KnownHead | null;
  /** What was in use after the last attempt to make room: an estimate, until a response has measured it. */
  floor: { tokens: number; measured: boolean } | null;
  /** Of the messages in the history that no model wrote. */
  marks: Map<string, MessageMark>;
  /** History sequence that the last response was sampled through. */
  sampledThrough: number;
  /** Outputs of the response that is under way; the history gets them when its last call has ended. */
  ended: ToolCallOutputItem[];
  /** Records of what the history holds already that still have to be written. */
  unkept: JournalRecord[];
}
