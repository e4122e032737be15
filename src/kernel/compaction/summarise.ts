import type { ModelFailure, ModelRequest } from "../../model/model-client.ts";
import { backoffMs } from "../../model/retry.ts";
import { isMessage, messageText, type MessageItem, type ResponseItem } from "../../protocol/response-items.ts";
import type { CompactionCause } from "../compaction-due.ts";
import { withId } from "../model-items.ts";
import { historyTokens } from "../token-estimate.ts";
import { shownSpecs } from "../tool-offer.ts";
import type { CompactionPlace } from "./compact.ts";
import { summaryPrompt } from "./prompts.ts";
import { waitForRetry } from "../turn/retry-wait.ts";
import { pruneOldest } from "./prune.ts";

export type SummaryResult =
  | { type: "summary"; text: string; responseId: string | null; prunedOutputs: number }
  | { type: "failed"; failure: ModelFailure };

/** What is left out at once where the history does not fit: a summary is asked for again a few times, not a thousand. */
const prunedShare = 1 / 8;

const userMessage = (text: string): MessageItem => ({
  type: "message",
  role: "user",
  content: [{ type: "input_text", text }],
});

/** The request for a summary: what any other would show, a last word that asks for it, and no `tools`. */
function summaryRequest(
  place: CompactionPlace,
  cause: CompactionCause,
  history: readonly ResponseItem[],
): ModelRequest {
  const { host, setup, turnId, startedAtMs, trigger, origin } = place;
  const { state } = host;
  const { model, reasoning, verbosity, baseInstructions } =
    (cause.model === null ? null : setup.compaction.summariser?.(cause.model)) ?? setup;
  const base: MessageItem = {
    type: "message",
    id: setup.baseMessageId,
    role: "developer",
    content: [{ type: "input_text", text: baseInstructions }],
  };
  const identity = setup.identify({
    turnId,
    startedAtMs,
    windowNumber: state.windowNumber,
    windowId: state.windowId,
    trigger,
    origin,
    compaction: cause,
  });
  return {
    model: model.name,
    input: [base, ...history, userMessage(setup.compaction.prompt ?? summaryPrompt)],
    // Where they stand at the head of the input, they are a part of what the provider has cached.
    tools: model.lite ? shownSpecs(setup.tools()) : [],
    parallelToolCalls: false,
    ...(model.lite && { lite: true }),
    reasoning,
    verbosity,
    outputSchema: null,
    cacheKey: identity.sessionId,
    identity,
  };
}

/**
 * Has the model sum up the history. Streams that break are tried again as those of any request; where not even the
 * history alone fits, the oldest of it is left out until it does.
 */
export async function summarise(
  place: CompactionPlace,
  cause: CompactionCause,
  isPrompt: (item: ResponseItem) => boolean,
): Promise<SummaryResult> {
  const { host, setup, turnId, signal } = place;
  let history: readonly ResponseItem[] = host.state.history;
  const quota = historyTokens(history) * prunedShare;
  let prunedOutputs = 0;
  for (let attempt = 1; ;) {
    const { failure, text, responseId } = await ask(place, summaryRequest(place, cause, history));
    signal.throwIfAborted();
    if (failure === null) return { type: "summary", text, responseId, prunedOutputs };
    if (failure.code === "context_window_exceeded") {
      const pruned = pruneOldest(history, isPrompt, quota);
      if (pruned === null) return { type: "failed", failure };
      history = pruned.history;
      prunedOutputs += pruned.outputs;
      continue;
    }
    // Cut off at the length that the provider allows, it still says more than nothing.
    if (failure.incompleteReason === "max_output_tokens" && text !== "") {
      return { type: "summary", text, responseId: null, prunedOutputs };
    }
    if (!failure.retryable || attempt > setup.client.streamMaxRetries) return { type: "failed", failure };
    await waitForRetry(
      { threadId: host.threadId, turnId, clock: host.clock, signal, emit: (event) => host.emit(event) },
      {
        attempt,
        maxAttempts: setup.client.streamMaxRetries,
        delayMs: failure.delayMs ?? backoffMs(attempt, host.random),
        failure,
      },
    );
    attempt++;
  }
}

/** One request. What the model says is kept, and shown to nobody; calls that it makes all the same are not run. */
async function ask(
  place: CompactionPlace,
  request: ModelRequest,
): Promise<{ failure: ModelFailure | null; text: string; responseId: string | null }> {
  const { host, setup, turnId } = place;
  const { sampledThrough } = host.state;
  let text = "";
  let partial = "";
  let begun = false;
  const result = await setup.client.stream(request, {
    signal: place.signal,
    onEvent(event) {
      if (event.type === "fell_back") return place.tellFallback(event);
      begun = true;
      if (event.type === "text.delta") partial += event.delta;
      if (event.type !== "item.done" || !isMessage(event.item)) return;
      const item = withId(event.item, () => host.newId());
      host.journal.append([{ type: "response.item", turnId, item, sampledThrough, summarising: true }]);
      text = messageText(event.item);
      partial = "";
    },
  });
  if (result.type === "failed" && begun) {
    const { code, charged = null } = result.failure;
    host.journal.append([{ type: "attempt.lost", turnId, why: code, usage: charged }]);
  }
  if (result.type === "failed") return { failure: result.failure, text: text || partial, responseId: null };
  if (result.usage !== null) place.count(result.responseId, result.usage);
  place.tellUsage();
  return { failure: null, text, responseId: result.responseId };
}
