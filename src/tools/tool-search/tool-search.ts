import type { FoundSpec, FunctionSpec, JsonSchema, ToolSearchSpec } from "../../protocol/tool-spec.ts";
import { parseArguments } from "../arguments.ts";
import { CallError, type PreparedCall, type Tool } from "../tool.ts";
import { rank } from "./ranking.ts";

/** What a search brings where the model does not say how much it wants. */
const defaultLimit = 8;
const mostAtOnce = 100;

const parameters: JsonSchema = {
  type: "object",
  properties: {
    limit: { type: "number", description: `How many tools to bring at most; ${defaultLimit} unless told.` },
    query: { type: "string", description: "Words for what the tool should do." },
  },
  required: ["query"],
  additionalProperties: false,
};

const spec: ToolSearchSpec = {
  type: "tool_search",
  execution: "client",
  description:
    "Finds tools that are not shown yet, by their names and descriptions (BM25), and makes those that fit available from the next step on. Tools of MCP servers are found here, not with `list_mcp_resources` or `list_mcp_resource_templates`.",
  parameters,
};

/** What a search looks through. */
export interface Searched {
  /** The tools that are not shown. */
  deferred(): readonly Tool[];
  /** Resolves when everything is there that is still on its way. */
  complete(signal: AbortSignal): Promise<void>;
}

/** Groups as the model is given them: a namespace stands where the best of its tools stands. */
export function foundTools(tools: readonly Tool[], query: string, limit: number): object[] {
  const texts = tools.map(textOf);
  const groups = new Map<string, { type: "namespace"; name: string; description: string; tools: FoundSpec[] }>();
  const found: object[] = [];
  for (const index of rank(texts, query).slice(0, limit)) {
    const { namespace, spec: own } = tools[index]!;
    const { parameters: shape, ...head } = own as FunctionSpec;
    const entry: FoundSpec = { ...head, defer_loading: true, parameters: shape };
    if (namespace === undefined) {
      found.push(entry);
      continue;
    }
    let group = groups.get(namespace.name);
    if (group === undefined) {
      group = { type: "namespace", ...namespace, tools: [] };
      groups.set(namespace.name, group);
      found.push(group);
    }
    group.tools.push(entry);
  }
  return found;
}

/** Name, group, description and the names of arguments. */
function textOf({ name, namespace, spec: own }: Tool): string {
  const { description, parameters: shape } = own as FunctionSpec;
  const members = Object.entries(shape?.properties ?? {}).map(
    ([member, { description: about }]) => `${member} ${about ?? ""}`,
  );
  return [name, namespace?.name ?? "", description, ...members].join(" ");
}

/** The tool by which a model finds the others. A search that fails finds nothing: there is no place for its words. */
export function toolSearchTool(searched: Searched): Tool {
  return {
    name: "tool_search",
    spec,
    parallel: true,
    prepare(input, { signal }): PreparedCall {
      const { query, limit = defaultLimit } = parseArguments<{ query: string; limit?: number }>(input, parameters);
      if (query.trim() === "") throw new CallError("query must not be empty");
      if (!(limit >= 1)) throw new CallError("limit must be greater than zero");
      return {
        effect: "none",
        action: { kind: "none" },
        refusal: ({ message }) => message,
        async run() {
          await searched.complete(signal);
          const most = Math.min(Math.floor(limit), mostAtOnce);
          const data = foundTools(searched.deferred(), query, most);
          return { output: JSON.stringify(data), ok: true, data };
        },
      };
    },
  };
}
