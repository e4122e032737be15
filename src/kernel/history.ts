import { isToolCall, isToolCallOutput, type ResponseItem, type ToolCallItem, type ToolCallOutputItem, type ToolOutput } from "../protocol/response-items.ts";

/** The output item that answers a call. */
export function answer(call: ToolCallItem, output: ToolOutput, newId: () => string): ToolCallOutputItem {
  return call.type === "function_call"
    ? { type: "function_call_output", id: `fco_${newId()}`, call_id: call.call_id, output }
    : { type: "custom_tool_call_output", id: `ctco_${newId()}`, call_id: call.call_id, output };
}

/** Calls that have no output, in order. A provider refuses a history that holds one. */
export function unansweredCalls(history: readonly ResponseItem[]): ToolCallItem[] {
  const open = new Map<string, ToolCallItem>();
  for (const item of history) {
    if (isToolCall(item)) open.set(item.call_id, item);
    else if (isToolCallOutput(item)) open.delete(item.call_id);
  }
  return [...open.values()];
}

/**
 * The history with every call answered: outputs for calls without one stand directly behind the last item that the
 * model sent with the call. `outputs` is keyed by call id.
 */
export function withAnswers(history: readonly ResponseItem[], outputs: ReadonlyMap<string, ToolCallOutputItem>): ResponseItem[] {
  if (outputs.size === 0) return [...history];
  const result: ResponseItem[] = [];
  let waiting: ToolCallOutputItem[] = [];
  for (const item of history) {
    const fromModel = item.type !== "message" ? !isToolCallOutput(item) : (item as { role?: unknown }).role === "assistant";
    if (!fromModel && waiting.length > 0) {
      result.push(...waiting);
      waiting = [];
    }
    result.push(item);
    const output = isToolCall(item) ? outputs.get(item.call_id) : undefined;
    if (output !== undefined) waiting.push(output);
  }
  result.push(...waiting);
  return result;
}
