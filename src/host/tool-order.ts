import { isTool } from "../kernel/tool-offer.ts";
import type { HostedSpec } from "../protocol/tool-spec.ts";
import type { Tool } from "../tools/tool.ts";

/** As Codex shows them: a provider's cache holds only as long as the order does. */
const order = [
  "exec",
  "wait",
  "exec_command",
  "write_stdin",
  "shell",
  "shell_command",
  "update_plan",
  "list_mcp_resources",
  "list_mcp_resource_templates",
  "read_mcp_resource",
  "request_user_input",
  "request_user_input_async",
  "request_permissions",
  "apply_patch",
  "view_image",
  "read_file",
  "list_dir",
  "grep_files",
  "clock",
  "multi_agent_v1",
  "mcp__",
  "collaboration",
  "get_goal",
  "create_goal",
  "update_goal",
  "tool_search",
  "web_search",
];

/** Those of clients. */
const beforeSearch = order.indexOf("tool_search") - 0.5;

function keyOf(tool: Tool | HostedSpec): string {
  if (!isTool(tool)) return tool.type;
  const name = tool.namespace?.name;
  return name?.startsWith("mcp__") === true ? "mcp__" : (name ?? tool.name);
}

/** Tools in the order in which the model is shown them; those that have no place in it come before the searches, as they were given. */
export function inShownOrder(tools: readonly (Tool | HostedSpec)[]): (Tool | HostedSpec)[] {
  const rank = (tool: Tool | HostedSpec): number => {
    const index = order.indexOf(keyOf(tool));
    return index < 0 ? beforeSearch : index;
  };
  return tools.toSorted((one, other) => rank(one) - rank(other));
}
