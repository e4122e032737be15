import { isMessage, type ResponseItem } from "../../protocol/response-items.ts";
import { noUsage, type TokenUsage } from "../../protocol/usage.ts";
import type { ContextUpdate } from "../context/context.ts";
import type { CompactedItem, JournalRecord, MessageMark } from "../journal-port.ts";
import { historyTokens } from "../token-estimate.ts";
import type { ThreadState } from "../turn/turn-host.ts";
import { contextRecord, harnessMessage, settingsRecord } from "../turn/turn-records.ts";
import type { TurnSetup } from "../turn-setup.ts";
import { baseTokens } from "./measure.ts";
import type { Retained } from "./retained.ts";

export const markOf = ({ marks }: ThreadState, item: ResponseItem): MessageMark | undefined =>
  isMessage(item) && item.id !== undefined ? marks.get(item.id) : undefined;

/** What takes the place of a history. */
export interface NewHistory {
  /** The message that stands for what is no longer shown. */
  message: string;
  items: readonly CompactedItem[];
  context: ContextUpdate;
  responseId: string | null;
  windowId: string;
}

/**
 * Context stands before the last of the user's words, as Codex places it; the summary is what is read last, but for what
 * was added while it was made.
 */
export function newItems(
  retained: Retained,
  { messages }: ContextUpdate,
  { message, id }: { message: string; id: string },
  since: readonly ResponseItem[],
): CompactedItem[] {
  const fresh = (item: ResponseItem, kinds: readonly string[]): CompactedItem => ({ item, kinds, mark: null });
  return [
    ...retained.items.slice(0, -1),
    ...messages.map(({ message: item, kinds }) => fresh(item, kinds)),
    ...retained.items.slice(-1),
    fresh(harnessMessage("user", message, id), ["compaction.summary"]),
    ...since.map((item) => fresh(item, [])),
  ];
}

/** What is in use with the new history: an estimate. */
export const usageWith = (setup: TurnSetup, items: readonly CompactedItem[]): TokenUsage => ({
  ...noUsage,
  totalTokens: historyTokens(items.map(({ item }) => item)) + baseTokens(setup),
});

export function compactionRecords(
  { message, items, context, responseId, windowId }: NewHistory,
  { state, setup, turnId }: { state: ThreadState; setup: TurnSetup; turnId: string },
  last: TokenUsage,
): JournalRecord[] {
  const { firstWindowId } = setup.compaction;
  return [
    {
      type: "history.compacted",
      turnId,
      message,
      items,
      sampledThrough: state.sampledThrough,
      windowNumber: state.windowNumber + 1,
      windowId,
      previousWindowId: state.windowId ?? firstWindowId,
      firstWindowId,
      responseId,
    },
    { type: "world.state", full: true, state: context.state?.state ?? {} },
    contextRecord(setup, turnId),
    settingsRecord(setup),
    { type: "token.count", total: state.usage, last, contextWindow: setup.contextWindow },
  ];
}

/** Lets the thread go on from the new history; it must be journaled. */
export function installHistory(
  state: ThreadState,
  { items, context, windowId }: NewHistory,
  { setup, turnId, atMs, last }: { setup: TurnSetup; turnId: string; atMs: number; last: TokenUsage },
): void {
  state.history = items.map(({ item }) => item);
  state.marks = new Map();
  for (const { item, kinds, mark } of items) {
    if (typeof item.id !== "string" || kinds.length === 0) continue;
    state.marks.set(item.id, mark ?? { turnId, kinds, createdAtMs: atMs, sequence: null });
  }
  state.worldState = context.state?.state ?? {};
  state.contextModel = { name: setup.model.name, compactionHash: setup.model.compactionHash };
  state.windowNumber++;
  state.windowId = windowId;
  state.lastUsage = last;
  state.measuredItems = state.history.length;
  state.floor = { tokens: last.totalTokens, measured: false };
}
