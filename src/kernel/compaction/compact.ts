import type { TurnOrigin } from "../../protocol/agents.ts";
import { errorInfo, type ErrorInfo } from "../../protocol/errors.ts";
import type { CompactionFacts } from "../../protocol/events.ts";
import type { ThreadItem } from "../../protocol/items.ts";
import type { TokenUsage } from "../../protocol/usage.ts";
import type { ModelEvent, ModelFailure } from "../../model/model-client.ts";
import { usedTokens, type CompactionCause } from "../compaction-due.ts";
import { contextUpdate } from "../context/context.ts";
import type { TurnHost } from "../turn/turn-host.ts";
import { notBefore } from "../turn/turn-records.ts";
import type { TurnSetup } from "../turn-setup.ts";
import { noGain, tooMuchContext } from "./measure.ts";
import { compactionRecords, installHistory, markOf, newItems, usageWith } from "./new-history.ts";
import { noSummary, summaryMessage } from "./prompts.ts";
import { isUserPrompt, retainedPrompts } from "./retained.ts";
import { summarise } from "./summarise.ts";

/** The turn in which a history is replaced. */
export interface CompactionPlace {
  host: TurnHost;
  setup: TurnSetup;
  turnId: string;
  startedAtMs: number;
  trigger: string | null;
  origin: TurnOrigin | null;
  signal: AbortSignal;
  /** Adds what a response took to the sums of turn and thread, and keeps it. */
  count(responseId: string, usage: TokenUsage): void;
  tellUsage(): void;
  tellFallback(event: Extract<ModelEvent, { type: "fell_back" }>): void;
}

export type CompactionEnd =
  | { type: "replaced" }
  /** The summary was no gain and was thrown away; the history is as it was. */
  | { type: "kept"; error: ErrorInfo }
  /** There is no summary; the history is as it was. */
  | { type: "failed"; error: ErrorInfo };

/** What the user's own words may take of a new history, as in Codex; in a small window, a quarter of it. */
const promptTokens = ({ contextWindow }: TurnSetup): number => Math.min(20_000, contextWindow >> 2);

/** Replaces the history by a summary, when one can be made that is a gain. Rejects when the turn is stopped. */
export async function compact(place: CompactionPlace, cause: CompactionCause): Promise<CompactionEnd> {
  const { host, setup, turnId, signal } = place;
  const { state, clock } = host;
  const inTurn = { threadId: host.threadId, turnId };
  const item: ThreadItem = { type: "contextCompaction", id: host.newId() };
  const startedAtMs = clock.now();
  const facts: CompactionFacts = {
    ...inTurn,
    itemId: item.id,
    trigger: cause.trigger,
    phase: cause.phase,
    totalTokens: usedTokens(state),
    tokenLimit: setup.compaction.limit,
  };
  host.emit({ type: "item.started", ...inTurn, item, atMs: startedAtMs });
  host.emit({ type: "compaction.started", ...facts });
  const fail = giveUp(place, facts);
  try {
    const end = await replace(place, cause, facts, { item, startedAtMs });
    if (end.type !== "replaced") return fail(end);
  } catch (error) {
    if (!signal.aborted) fail({ type: "failed", error: errorInfo(error) });
    throw error;
  }
  await setup.compaction.after?.();
  return { type: "replaced" };
}

async function replace(
  place: CompactionPlace,
  cause: CompactionCause,
  facts: CompactionFacts,
  { item, startedAtMs }: { item: ThreadItem; startedAtMs: number },
): Promise<CompactionEnd> {
  const { host, setup, turnId } = place;
  const { state, clock } = host;
  const inTurn = { threadId: host.threadId, turnId };
  if (state.lastUsage !== null) place.tellUsage();
  const context = contextUpdate(setup.context, null, () => host.newId());
  const hopeless = tooMuchContext(setup, context);
  if (hopeless !== null) return { type: "failed", error: hopeless };
  const last = host.journal.nextSequence() - 1;
  const seen = state.history.length;
  const result = await summarise(place, cause, (each) => isUserPrompt(each, markOf(state, each)));
  if (result.type === "failed") return { type: "failed", error: errorOf(result.failure) };

  const retained = retainedPrompts(state.history.slice(0, seen), state.marks, promptTokens(setup));
  const summary = result.text.trim() === "" ? noSummary : result.text;
  const message = summaryMessage(summary, { last, cut: retained.cut, images: retained.images });
  const items = newItems(retained, context, { message, id: host.newId() }, state.history.slice(seen));
  const old = state.history.map((each) => ({ item: each, kinds: markOf(state, each)?.kinds ?? [] }));
  const useless = noGain(setup, old, items);
  if (useless !== null) return { type: "kept", error: useless };

  const fresh = { message, items, context, responseId: result.responseId, windowId: host.newId() };
  const usage = usageWith(setup, items);
  const atMs = notBefore(startedAtMs, clock.now());
  // In one piece: a thread is read again either with the old history or with the new one.
  host.journal.append([
    ...compactionRecords(fresh, { state, setup, turnId }, usage),
    { type: "item.completed", turnId, item, startedAtMs, completedAtMs: atMs },
  ]);
  installHistory(state, fresh, { setup, turnId, atMs, last: usage });
  if (summary === noSummary) host.emit({ type: "warning", threadId: host.threadId, message: nothingSaid });
  const { contextWindow } = setup;
  host.emit({ type: "usage.updated", ...inTurn, total: state.usage, last: usage, contextWindow });
  host.emit({
    type: "compaction.completed",
    ...facts,
    originalItems: old.length,
    retainedItems: retained.items.length,
    prunedOutputs: result.prunedOutputs,
    summary,
    text: inALine(old.length, retained.items.length, result.prunedOutputs),
  });
  host.emit({ type: "item.completed", ...inTurn, item, startedAtMs, atMs });
  return { type: "replaced" };
}

type Fruitless = Exclude<CompactionEnd, { type: "replaced" }>;

/** Leaves the thread as it was before the attempt, which is not made again until there is more to sum up. */
function giveUp({ host, tellUsage }: CompactionPlace, facts: CompactionFacts): (end: Fruitless) => Fruitless {
  const { state } = host;
  const { lastUsage, measuredItems } = state;
  return (end) => {
    state.floor = { tokens: facts.totalTokens ?? 0, measured: true };
    const goesOn = end.type === "kept" && facts.phase !== "context_length_exceeded";
    host.emit({ type: "compaction.failed", ...facts, error: end.error, goesOn });
    if (state.lastUsage === lastUsage) return end;
    // What the request for the summary took says nothing of the next one.
    Object.assign(state, { lastUsage, measuredItems });
    tellUsage();
    return end;
  };
}

const errorOf = ({ code, message, httpStatus }: ModelFailure): ErrorInfo => ({
  code,
  message,
  ...(httpStatus !== undefined && { details: { httpStatus } }),
});

const nothingSaid = "The model gave no summary of the conversation so far; it can still read that with `read_history`.";

function inALine(before: number, retained: number, pruned: number): string {
  const items = (count: number): string => `${count} item${count === 1 ? "" : "s"}`;
  const dropped = pruned === 0 ? "" : ` (dropped ${pruned} old tool response${pruned === 1 ? "" : "s"})`;
  return `compact(${items(before)}) -> ${items(retained)} + [summary]${dropped}`;
}
