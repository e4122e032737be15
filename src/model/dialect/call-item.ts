import type { ToolCallItem } from "../../protocol/response-items.ts";
import { parseJson } from "./repair/read-object.ts";
import type { SettledCall } from "./repair/settle-call.ts";

/** The response item of a call. */
export function callItem(
  { tool, name, arguments: text }: SettledCall,
  callId: string,
  newId: (prefix: string) => string,
): ToolCallItem {
  const common = { status: "completed", call_id: callId };
  if (tool?.kind === "custom") return { type: "custom_tool_call", id: newId("ctc_"), ...common, name, input: text };
  if (tool?.kind === "tool_search")
    return { type: "tool_search_call", id: newId("tsc_"), ...common, execution: "client", arguments: readable(text) };
  return {
    type: "function_call",
    id: newId("fc_"),
    ...common,
    name,
    ...(tool !== null && tool.namespace !== null && { namespace: tool.namespace }),
    arguments: text,
  };
}

/** What is no JSON stays text: whoever runs the call says so to the model. */
const readable = (text: string): unknown => {
  const value = parseJson(text);
  return value === undefined ? text : value;
};
