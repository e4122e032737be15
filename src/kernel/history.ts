import {
  isToolCall,
  isToolCallOutput,
  type ResponseItem,
  type ToolCallItem,
  type ToolCallOutputItem,
  type ToolOutput,
} from "../protocol/response-items.ts";

/** Without halves of surrogate pairs, as a cut through a text leaves them: no model reads those, and no Codex a line that holds one. */
const wellFormed = (output: ToolOutput): ToolOutput =>
  typeof output === "string"
    ? output.toWellFormed()
    : output.map((part) => ("text" in part ? { ...part, text: part.text.toWellFormed() } : part));

/** The output item that answers a call. A search has no words for a failure: it finds nothing then. */
export function answer(
  call: ToolCallItem,
  said: ToolOutput,
  newId: () => string,
  found: readonly unknown[] = [],
): ToolCallOutputItem {
  if (call.type === "tool_search_call") {
    const { call_id } = call;
    const id = `tso_${newId()}`;
    return { type: "tool_search_output", id, call_id, status: "completed", execution: "client", tools: [...found] };
  }
  const output = wellFormed(said);
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

/** Without outputs whose call was lost with a damaged part of the thread: a provider refuses those as well. */
export function withoutOrphans(history: readonly ResponseItem[]): ResponseItem[] {
  const calls = new Set<unknown>();
  return history.filter((item) => {
    if (isToolCallOutput(item)) return calls.has(item.call_id);
    calls.add((item as { call_id?: unknown }).call_id);
    return true;
  });
}

/**
 * The history with every call answered: outputs for calls without one stand among those of the same response, in the
 * order of the calls, as they will when the thread is read again. `outputs` is keyed by call id.
 */
export function withAnswers(
  history: readonly ResponseItem[],
  outputs: ReadonlyMap<string, ToolCallOutputItem>,
): ResponseItem[] {
  if (outputs.size === 0) return [...history];
  const result: ResponseItem[] = [];
  const given = new Map<string, ToolCallOutputItem>();
  let calls: string[] = [];
  const endResponse = (): void => {
    for (const id of calls) {
      const output = given.get(id) ?? outputs.get(id);
      if (output !== undefined) result.push(output);
    }
    given.clear();
    calls = [];
  };
  for (const item of history) {
    if (isToolCallOutput(item) && calls.includes(item.call_id) && !("name" in item)) {
      given.set(item.call_id, item);
      continue;
    }
    // Mail of another agent comes from outside, too.
    const mail = item.type === "agent_message" ? "user" : "assistant";
    const role = item.type === "message" ? (item as { role?: unknown }).role : mail;
    // What a hook says while calls run stands before all of their outputs.
    const fromHook = role === "developer" && calls.length > 0 && given.size === 0;
    if ((role !== "assistant" && !fromHook) || given.size > 0) endResponse();
    result.push(item);
    if (isToolCall(item)) calls.push(item.call_id);
  }
  endResponse();
  return result;
}
