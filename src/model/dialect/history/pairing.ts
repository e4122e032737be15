import {
  isToolCall,
  isToolCallOutput,
  type ResponseItem,
  type ToolCallItem,
  type ToolCallOutputItem,
} from "../../../protocol/response-items.ts";

/** A call that a model made on a machine of its own provider's making; Codex still has it in old threads. */
export interface LocalShellCallItem {
  type: "local_shell_call";
  call_id: string;
  action?: unknown;
}
export type PairedCall = ToolCallItem | LocalShellCallItem;

export interface Pairing {
  /** The answer of each call that has one. */
  readonly answers: ReadonlyMap<ResponseItem, ToolCallOutputItem>;
  /** All outputs that answer a call. */
  readonly answering: ReadonlySet<ResponseItem>;
  /** What each call is called on the wire, no two the same. */
  readonly wireIds: ReadonlyMap<ResponseItem, string>;
}

export const isPairedCall = (item: ResponseItem | PairedCall): item is PairedCall =>
  isToolCall(item as ResponseItem) ||
  (item.type === "local_shell_call" && typeof (item as { call_id?: unknown }).call_id === "string");

/** A further output of a call that has another for its answer. */
const isNotice = (output: ToolCallOutputItem): boolean =>
  output.type === "custom_tool_call_output" && output.name !== undefined;

function wireId(id: string, allowed: (id: string) => string, taken: Set<string>): string {
  let wire = allowed(id);
  for (let count = 2; taken.has(wire); count++) wire = allowed(`${id}_${count}`);
  taken.add(wire);
  return wire;
}

/**
 * Which output answers which call. An id that stands twice means the call before the output; an output that stands before its call
 * counts when no other comes. `allowed` makes of an id one that the server takes, the same of the same.
 */
export function pairCalls(input: readonly ResponseItem[], allowed: (id: string) => string): Pairing {
  const answers = new Map<ResponseItem, ToolCallOutputItem>();
  const answering = new Set<ResponseItem>();
  const wireIds = new Map<ResponseItem, string>();
  const taken = new Set<string>();
  const open = new Map<string, PairedCall[]>();
  const spare = new Map<string, ToolCallOutputItem[]>();
  const add = <Value>(map: Map<string, Value[]>, key: string, value: Value): void => {
    const list = map.get(key);
    if (list === undefined) map.set(key, [value]);
    else list.push(value);
  };
  for (const item of input) {
    if (isPairedCall(item)) {
      const call = item as PairedCall;
      wireIds.set(item, wireId(idOf(call), allowed, taken));
      add(open, call.call_id, call);
    } else if (isToolCallOutput(item)) {
      const call = isNotice(item) ? undefined : open.get(item.call_id)?.shift();
      if (call === undefined) add(spare, item.call_id, item);
      else answers.set(call as ResponseItem, item);
    }
  }
  for (const [id, calls] of open)
    for (const call of calls) {
      const outputs = spare.get(id) ?? [];
      const plain = outputs.findIndex((output) => !isNotice(output));
      const [output] = outputs.splice(Math.max(plain, 0), 1);
      if (output !== undefined) answers.set(call as ResponseItem, output);
    }
  for (const output of answers.values()) answering.add(output);
  return { answers, answering, wireIds };
}

const idOf = (call: PairedCall): string =>
  call.call_id !== "" ? call.call_id : "name" in call && call.name !== "" ? call.name : "call";
