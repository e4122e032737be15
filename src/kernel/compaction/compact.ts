import type { TurnOrigin } from "../../protocol/agents.ts";
import type { ErrorInfo } from "../../protocol/errors.ts";
import type { CompactionFacts } from "../../protocol/events.ts";
import type { ThreadItem } from "../../protocol/items.ts";
import { isMessage, type ResponseItem } from "../../protocol/response-items.ts";
import { noUsage, type TokenUsage } from "../../protocol/usage.ts";
import { usedTokens, type CompactionCause } from "../compaction-due.ts";
import { contextUpdate, type ContextUpdate } from "../context/context.ts";
import { Interruption } from "../interruption.ts";
import type { CompactedItem, MessageMark } from "../journal-port.ts";
import { historyTokens, itemTokens } from "../token-estimate.ts";
import type { ThreadState, TurnHost } from "../turn-host.ts";
import { contextRecord, harnessMessage, notBefore, settingsRecord } from "../turn-records.ts";
import type { TurnSetup } from "../turn-setup.ts";
import { noSummary, summaryMessage } from "./prompts.ts";
import { isUserPrompt, retainedPrompts, type Retained } from "./retained.ts";
import { summarise } from "./summarise.ts";

/** The turn in which a history is replaced. */
export interface CompactionPlace {
  host: TurnHost;
  setup: TurnSetup;
  turnId: string;
  startedAtMs: number;
  trigger: string;
  origin: TurnOrigin | null;
  signal: AbortSignal;
  /** Adds what a response took to the sums of turn and thread, and keeps it. */
  count(responseId: string, usage: TokenUsage): void;
  tellUsage(): void;
}

export type CompactionEnd =
  | { type: "replaced" }
  /** The summary was no gain and was thrown away; the history is as it was. */
  | { type: "kept"; error: ErrorInfo }
  /** There is no summary; the history is as it was. */
  | { type: "failed"; error: ErrorInfo };

/** What the user's own words may take of a new history, as in Codex. */
const promptTokens = 20_000;
/** Growth that says nothing: the frame of a summary, where there was next to nothing to sum up. */
const slackTokens = 256;

/** Replaces the history by a summary, when one can be made that is a gain. Rejects when the turn is stopped. */
export async function compact(place: CompactionPlace, cause: CompactionCause): Promise<CompactionEnd> {
  const { host, setup, turnId, signal } = place;
  const { state, clock } = host;
  const { lastUsage, measuredItems } = state;
  const stop = await setup.compaction.before?.(cause.trigger, signal);
  if (typeof stop === "string") throw new Interruption(stop);
  const item: ThreadItem = { type: "contextCompaction", id: host.newId() };
  const startedAtMs = clock.now();
  const facts: CompactionFacts = {
    threadId: host.threadId,
    turnId,
    itemId: item.id,
    trigger: cause.trigger,
    phase: cause.phase,
    totalTokens: usedTokens(state),
    tokenLimit: setup.compaction.limit,
  };
  host.emit({ type: "item.started", threadId: host.threadId, turnId, item, atMs: startedAtMs });
  host.emit({ type: "compaction.started", ...facts });
  if (state.lastUsage !== null) place.tellUsage();
  const fail = (end: Exclude<CompactionEnd, { type: "replaced" }>): CompactionEnd => {
    // Tried again when there is more to sum up, not before every request.
    state.floor = { tokens: facts.totalTokens ?? 0, measured: true };
    // What the request for the summary took says nothing of the next one.
    if (state.lastUsage !== lastUsage) {
      Object.assign(state, { lastUsage, measuredItems });
      place.tellUsage();
    }
    const goesOn = end.type === "kept" && cause.phase !== "context_length_exceeded";
    host.emit({ type: "compaction.failed", ...facts, error: end.error, goesOn });
    return end;
  };

  const context = contextUpdate(setup.context, null, () => host.newId());
  const tooLarge = fixedPart(setup, context);
  if (tooLarge !== null) return fail({ type: "failed", error: tooLarge });
  const covered = host.journal.nextSequence() - 1;
  const seen = state.history.length;
  const result = await summarise(place, cause, (each) => isUserPrompt(each, markOf(state, each)));
  if (result.type === "failed") {
    const { code, message, httpStatus } = result.failure;
    const details = httpStatus === undefined ? {} : { details: { httpStatus } };
    return fail({ type: "failed", error: { code, message, ...details } });
  }

  const retained = retainedPrompts(
    state.history.slice(0, seen),
    state.marks,
    Math.min(promptTokens, setup.contextWindow >> 2),
  );
  const summary = result.text.trim() === "" ? noSummary : result.text;
  const message = summaryMessage(summary, { last: covered, cut: retained.cut, images: retained.images });
  // What was added meanwhile is in no summary.
  const since = state.history.slice(seen).map((each): CompactedItem => ({ item: each, kinds: [], mark: null }));
  const items = [...newHistory(retained, context, message, host.newId()), ...since];
  const history = items.map((each) => each.item);
  const marked = state.history.map((each) => ({ item: each, kinds: markOf(state, each)?.kinds ?? [] }));
  const [before, after] = [saidTokens(setup, marked), saidTokens(setup, items)];
  if (after - before > slackTokens) return fail({ type: "kept", error: noGain(after, before) });

  const originalItems = state.history.length;
  const previousWindowId = state.windowId ?? setup.compaction.firstWindowId;
  const windowId = host.newId();
  const estimate = { ...noUsage, totalTokens: historyTokens(history) + baseTokens(setup) };
  const completedAtMs = notBefore(startedAtMs, clock.now());
  host.journal.append([
    {
      type: "history.compacted",
      turnId,
      message,
      items,
      sampledThrough: state.sampledThrough,
      windowNumber: state.windowNumber + 1,
      windowId,
      previousWindowId,
      firstWindowId: setup.compaction.firstWindowId,
      responseId: result.responseId,
    },
    { type: "world.state", full: true, state: context.state?.state ?? {} },
    contextRecord(setup, turnId),
    settingsRecord(setup),
    { type: "token.count", total: state.usage, last: estimate, contextWindow: setup.contextWindow },
    { type: "item.completed", turnId, item, startedAtMs, completedAtMs },
  ]);
  state.history = history;
  state.marks = new Map(
    items.flatMap(({ item: kept, kinds, mark }) =>
      kept.id === undefined
        ? []
        : [[kept.id, mark ?? { turnId, kinds, createdAtMs: completedAtMs, sequence: null }] as const],
    ),
  );
  state.worldState = context.state?.state ?? {};
  state.contextModel = { name: setup.model.name, compactionHash: setup.model.compactionHash };
  state.windowNumber++;
  state.windowId = windowId;
  state.lastUsage = estimate;
  state.measuredItems = history.length;
  state.floor = { tokens: estimate.totalTokens, measured: false };
  if (summary === noSummary) {
    const text = "The model gave no summary of the earlier conversation; it can still read it with `read_history`.";
    host.emit({ type: "warning", threadId: host.threadId, message: text });
  }
  const { usage: total } = state;
  const contextWindow = setup.contextWindow;
  host.emit({ type: "usage.updated", threadId: host.threadId, turnId, total, last: estimate, contextWindow });
  host.emit({
    type: "compaction.completed",
    ...facts,
    originalItems,
    retainedItems: retained.items.length,
    prunedOutputs: result.prunedOutputs,
    summary,
    text: inALine(originalItems, retained.items.length, result.prunedOutputs),
  });
  host.emit({ type: "item.completed", threadId: host.threadId, turnId, item, startedAtMs, atMs: completedAtMs });
  await setup.compaction.after?.(cause.trigger);
  return { type: "replaced" };
}

/** What was said and done, in tokens: the context around it is told anew, whether or not there is a summary. */
function saidTokens(setup: TurnSetup, items: readonly { item: ResponseItem; kinds: readonly string[] }[]): number {
  const context = new Set(setup.context.map(({ kind }) => kind));
  const said = items.filter(({ kinds }) => kinds.length === 0 || !kinds.every((kind) => context.has(kind)));
  return historyTokens(said.map(({ item }) => item));
}

/** Context stands before the last of the user's words, as Codex places it; the summary is what is read last. */
function newHistory(retained: Retained, { messages }: ContextUpdate, message: string, id: string): CompactedItem[] {
  const context = messages.map(({ message: item, kinds }): CompactedItem => ({ item, kinds, mark: null }));
  const summary: CompactedItem = {
    item: harnessMessage("user", message, id),
    kinds: ["compaction.summary"],
    mark: null,
  };
  return [...retained.items.slice(0, -1), ...context, ...retained.items.slice(-1), summary];
}

const markOf = ({ marks }: ThreadState, item: ResponseItem): MessageMark | undefined =>
  isMessage(item) && item.id !== undefined ? marks.get(item.id) : undefined;

const baseTokens = ({ baseInstructions }: TurnSetup): number =>
  itemTokens({ type: "message", role: "developer", content: [{ type: "input_text", text: baseInstructions }] });

/** What no summary can make smaller, when that alone fills the window. */
function fixedPart(setup: TurnSetup, { messages }: ContextUpdate): ErrorInfo | null {
  const fixed = baseTokens(setup) + historyTokens(messages.map(({ message }) => message));
  if (fixed < setup.contextWindow) return null;
  return {
    code: "context_window_exceeded",
    message: `The instructions of this thread alone take about ${fixed} tokens, and the context window has ${setup.contextWindow}. Shorten them (AGENTS.md, skills, model_instructions_file), raise model_context_window if the model reads more, or choose another model.`,
  };
}

const noGain = (after: number, before: number): ErrorInfo => ({
  code: "context_window_exceeded",
  message: `The summary was thrown away: with it the conversation would take about ${after} tokens, and without it about ${before}.`,
});

function inALine(before: number, retained: number, pruned: number): string {
  const items = (count: number): string => `${count} item${count === 1 ? "" : "s"}`;
  const dropped = pruned === 0 ? "" : ` (dropped ${pruned} old tool response${pruned === 1 ? "" : "s"})`;
  return `compact(${items(before)}) -> ${items(retained)} + [summary]${dropped}`;
}
