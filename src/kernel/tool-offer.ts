import type { ToolCallItem } from "../protocol/response-items.ts";
import type { FunctionSpec, HostedSpec, NamespaceSpec, ToolSpec } from "../protocol/tool-spec.ts";
import type { Tool } from "../tools/tool.ts";

export const isTool = (tool: Tool | HostedSpec): tool is Tool => typeof tool["prepare"] === "function";

/** The tool that a call means, by both of its names. */
export function findTool(tools: readonly Tool[], call: ToolCallItem): Tool | null {
  if (call.type === "tool_search_call") return tools.find(({ spec }) => spec.type === "tool_search") ?? null;
  const given = (call.type === "function_call" ? call.namespace : undefined) ?? undefined;
  // Where tools travel in namespaces, those of none stand in this one.
  const namespace = given === "functions" ? undefined : given;
  return tools.find((tool) => tool.name === call.name && tool.namespace?.name === namespace) ?? null;
}

/** What the model is shown: members of a namespace together, where the first of them stands; deferred tools not at all. */
export function shownSpecs(tools: readonly (Tool | HostedSpec)[]): ToolSpec[] {
  const specs: ToolSpec[] = [];
  const namespaces = new Map<string, NamespaceSpec>();
  for (const tool of tools) {
    if (!isTool(tool)) {
      specs.push(tool);
      continue;
    }
    if (tool.deferred === true || tool.scripted === true) continue;
    if (tool.namespace === undefined) {
      specs.push(tool.spec);
      continue;
    }
    const { name, description } = tool.namespace;
    let group = namespaces.get(name);
    if (group === undefined) {
      group = { type: "namespace", name, description, tools: [] };
      namespaces.set(name, group);
      specs.push(group);
    }
    group.tools.push(tool.spec as FunctionSpec);
  }
  return specs;
}
