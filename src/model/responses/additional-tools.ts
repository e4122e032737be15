import { namedUuid } from "../../system/hash.ts";
import type { OtherItem } from "../../protocol/response-items.ts";
import type { CustomSpec, FunctionSpec } from "../../protocol/tool-spec.ts";
import type { ModelRequest } from "../model-client.ts";

interface Namespace {
  type: "namespace";
  name: string;
  description: string;
  tools: (FunctionSpec | CustomSpec)[];
}

/**
 * The tools as the first item of the input, as models are given them that know no `tools`: those of no namespace in one
 * called `functions`. Its id is that of the thread, so that the head of the input stays what it is.
 */
export function additionalTools({ tools, identity }: ModelRequest): OtherItem {
  const own: Namespace = { type: "namespace", name: "functions", description: "", tools: [] };
  const namespaces: Namespace[] = [];
  for (const tool of tools) {
    if (tool.type === "namespace") namespaces.push(tool);
    else if (tool.type === "function" || tool.type === "custom") own.tools.push(tool);
  }
  return {
    type: "additional_tools",
    id: `at_${namedUuid(`${identity.threadId} tools`)}`,
    role: "developer",
    tools: own.tools.length > 0 ? [own, ...namespaces] : namespaces,
  };
}
