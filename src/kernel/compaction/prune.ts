import { isToolCall, isToolCallOutput, type ResponseItem } from "../../protocol/response-items.ts";
import { itemTokens } from "../token-estimate.ts";

export interface Pruned {
  history: ResponseItem[];
  /** Outputs that are gone. */
  outputs: number;
}

/** Calls with all of their outputs (a script's notices are outputs, too) and the thoughts that led to them, by place. */
function callGroups(history: readonly ResponseItem[]): number[][] {
  const outputs = new Map<string, number[]>();
  history.forEach((item, index) => {
    if (!isToolCallOutput(item)) return;
    const known = outputs.get(item.call_id);
    if (known === undefined) outputs.set(item.call_id, [index]);
    else known.push(index);
  });
  const groups: number[][] = [];
  history.forEach((item, index) => {
    if (!isToolCall(item)) return;
    const group = [index];
    for (let at = index - 1; history[at]?.type === "reasoning"; at--) group.unshift(at);
    groups.push([...group, ...(outputs.get(item.call_id) ?? [])]);
  });
  return groups;
}

/**
 * A shorter history to make a summary of: without its oldest calls and their outputs, or when there are none, without
 * its oldest answers and notices, until `quota` tokens are gone. Null when only what users said is left.
 */
export function pruneOldest(
  history: readonly ResponseItem[],
  isPrompt: (item: ResponseItem) => boolean,
  quota: number,
): Pruned | null {
  const calls = callGroups(history);
  const groups = calls.length > 0 ? calls : history.flatMap((item, index) => (isPrompt(item) ? [] : [[index]]));
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
