import { noUsage } from "../protocol/usage.ts";
import type { Ids } from "../system/ids.ts";
import type { Clock } from "../system/ports.ts";
import type { ThreadSeed } from "./agents/fork.ts";
import { neverStarted, unknownOutcome } from "./context/prompts.ts";
import { answer, unansweredCalls, withAnswers, withoutOrphans } from "./history.ts";
import type { JournalRecord, StoredThread } from "./journal-port.ts";
import type { ThreadState } from "./turn/turn-host.ts";
import { addToHistory } from "./turn/turn-records.ts";

export const blankState = (): ThreadState => ({
  history: [],
  usage: { ...noUsage },
  lastUsage: null,
  worldState: null,
  contextModel: null,
  windowNumber: 0,
  windowId: null,
  measuredItems: 0,
  head: null,
  floor: null,
  marks: new Map(),
  sampledThrough: 0,
  ended: [],
  unkept: [],
});

/** What a new thread begins with that has a past of another one's. */
export function seededState({ turnId, history, worldState, marks }: ThreadSeed): ThreadState {
  const state = blankState();
  state.worldState = worldState === null ? null : { ...worldState };
  state.unkept = history.map((item): JournalRecord => {
    const kinds = item.id === undefined ? undefined : marks.get(item.id)?.kinds;
    return { type: "response.item", turnId, item, ...(kinds && { kinds }), sampledThrough: 0 };
  });
  addToHistory(
    state,
    state.unkept,
    history.map((_, index) => index + 1),
  );
  if (worldState !== null) state.unkept.push({ type: "world.state", full: true, state: { ...worldState } });
  return state;
}

/** The state that a thread was left in. Calls that were cut off are answered, and a turn that never ended is ended. */
export function restoredState(stored: StoredThread, { clock, ids }: { clock: Clock; ids: Ids }): ThreadState {
  const state = blankState();
  state.usage = stored.usage;
  state.lastUsage = stored.lastUsage;
  state.worldState = stored.worldState;
  state.windowNumber = stored.windowNumber;
  state.windowId = stored.windowId;
  if (stored.lastContext !== null) {
    const { model: name, compactionHash } = stored.lastContext;
    state.contextModel = { name, compactionHash };
  }
  if (stored.tokensAfterCompaction !== null) state.floor = { tokens: stored.tokensAfterCompaction, measured: true };
  state.marks = new Map(stored.marks);
  state.sampledThrough = stored.sequence;
  const now = clock.now();
  const turnId = stored.unfinishedTurn ?? stored.lastContext?.turnId ?? ids.uuid();
  const outputs = new Map(
    unansweredCalls(stored.history).map((call) => {
      const text = stored.startedCalls.has(call.call_id) ? unknownOutcome : neverStarted;
      return [call.call_id, answer(call, text, () => ids.uuid())] as const;
    }),
  );
  state.history = withAnswers(withoutOrphans(stored.history), outputs);
  state.measuredItems = state.history.length;
  state.unkept = [...outputs.values()].map((item): JournalRecord => ({
    type: "response.item",
    turnId,
    item,
    createdAtMs: now,
    sampledThrough: stored.sequence,
  }));
  if (stored.unfinishedTurn !== null) {
    const times = { startedAtMs: now, completedAtMs: now, durationMs: 0 };
    state.unkept.push({ type: "turn.aborted", turnId: stored.unfinishedTurn, reason: "interrupted", ...times });
  }
  return state;
}
