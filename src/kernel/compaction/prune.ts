import { isToolCall, isToolCallOutput, type ResponseItem } from "../../protocol/response-items.ts";
import { historyTokens, itemTokens } from "../token-estimate.ts";
import { isMessage } from "../../protocol/response-items.ts";

export interface Pruned {
  history: ResponseItem[];
  /** Outputs that are gone. */
  outputs: number;
}

/** So much of the whole goes at once: a summary that does not fit is asked for again a few times, not a thousand. */
const share = 1 / 8;

/** Calls with their outputs and the thoughts that led to them, by place. */
function callGroups(history: readonly ResponseItem[]): number[][] {
  const outputs = new Map<string, number>();
  history.forEach((item, index) => isToolCallOutput(item) && outputs.set(item.call_id, index));
  const groups: number[][] = [];
  history.forEach((item, index) => {
    if (!isToolCall(item)) return;
    const group = [index];
    for (let at = index - 1; history[at]?.type === "reasoning"; at--) group.unshift(at);
    const output = outputs.get(item.call_id);
    if (output !== undefined) group.push(output);
    groups.push(group);
  });
  return groups;
}

/**
 * A shorter history to make a summary of: without its oldest calls and their outputs, or when there are none, without
 * its oldest answers and notices. Null when only what users said is left.
 */
export function pruneOldest(
  history: readonly ResponseItem[],
  isPrompt: (item: ResponseItem) => boolean,
): Pruned | null {
  const calls = callGroups(history);
  const others = history.flatMap((item, index) => (isMessage(item) && isPrompt(item) ? [] : [[index]]));
  const groups = calls.length > 0 ? calls : others;
  const quota = historyTokens(history) * share;
  const gone = new Set<number>();
  let tokens = 0;
  for (const group of groups) {
    if (tokens >= quota) break;
    for (const index of group) {
      if (!gone.has(index)) tokens += itemTokens(history[index]!);
      gone.add(index);
    }
  }
  if (gone.size === 0) return null;
  return {
    history: history.filter((_, index) => !gone.has(index)),
    outputs: [...gone].filter((index) => isToolCallOutput(history[index]!)).length,
  };
}
