import { asRecord } from "../../../protocol/fields.ts";
import { wireNameOf, type ToolTable } from "../tool-table.ts";
import type { PairedCall } from "./pairing.ts";

/** What a call's tool is named on the wire. */
export function nameOf(call: PairedCall): string {
  switch (call.type) {
    case "tool_search_call":
      return "tool_search";
    case "local_shell_call":
      return "local_shell";
    case "custom_tool_call":
      return wireNameOf(call.name, null);
    case "function_call":
      return wireNameOf(call.name, call.namespace);
  }
}

/** The one argument of a call whose arguments were no JSON object. */
export const rawArguments = "invalid_arguments";

/** Of what a search brought up, the names by which it is called from now on: what else there is to know, the tools say themselves. */
export function foundTools(tools: unknown): { name: string; description: string }[] {
  return (Array.isArray(tools) ? tools : []).flatMap((tool) => {
    const { type, name, description, tools: members } = asRecord(tool) ?? {};
    const entry = (of: Record<string, unknown>, namespace: string | null): { name: string; description: string } => ({
      name: wireNameOf(String(of["name"]), namespace),
      description: String(of["description"] ?? ""),
    });
    if (type !== "namespace") return [entry({ name, description }, null)];
    return (Array.isArray(members) ? members : []).map((member) => entry(asRecord(member) ?? {}, String(name)));
  });
}

/** The way back: the tools that such a list names, as far as they are known. */
export function toolsIn(list: string, table: ToolTable): unknown[] {
  let tools: unknown;
  try {
    tools = asRecord(JSON.parse(list))?.["tools"];
  } catch {
    return [];
  }
  return (Array.isArray(tools) ? tools : []).flatMap((each) => {
    const found = asRecord(each)?.["name"];
    const tool = typeof found === "string" ? table.find(found) : undefined;
    if (tool === undefined) return [];
    const { kind, name, namespace, description, parameters } = tool;
    const spec = { type: kind, name, description, parameters, defer_loading: true };
    return [namespace === null ? spec : { type: "namespace", name: namespace, description: "", tools: [spec] }];
  });
}

/** What a search of the web was for, on a line. */
export function actionText(action: unknown): string {
  const fields = asRecord(action) ?? {};
  const words = ["query", "pattern", "url"].flatMap((name) => (typeof fields[name] === "string" ? [fields[name]] : []));
  if (words.length > 0) return words.join(" in ");
  const queries = fields["queries"];
  return Array.isArray(queries) ? queries.map(String).join("; ") : "it is not known for what";
}
