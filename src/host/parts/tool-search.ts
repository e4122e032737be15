import type { ContextBlock } from "../../kernel/context/context.ts";
import type { Tool } from "../../tools/tool.ts";
import { toolSearchTool } from "../../tools/tool-search/tool-search.ts";
import type { ThreadPart } from "./part.ts";

const longestDescription = 200;

/** By namespace: the first line of what it is for. */
type Namespaces = Record<string, string>;

/**
 * Lets the model find the tools that are not shown to it, and tells it which groups of them there are. `parts` are the
 * others of the thread; `searches`: does the model of now look for tools?
 */
export function toolSearchPart(parts: readonly ThreadPart[], searches: () => boolean): ThreadPart {
  const deferred = (): Tool[] =>
    parts.flatMap((part) => (part.tools?.() ?? []).filter((tool) => tool.deferred === true));
  const search = toolSearchTool({
    deferred,
    complete: async (signal) => {
      await Promise.all(parts.map((part) => part.complete?.(signal)));
    },
  });
  const namespaces = (): Namespaces => {
    const coming = parts.flatMap((part) => part.comingNamespaces?.() ?? []);
    const found: Namespaces = Object.fromEntries(coming.map((name) => [name, ""]));
    for (const { namespace } of deferred()) {
      if (namespace === undefined) continue;
      const [first = ""] = namespace.description.split("\n");
      // The stand-in for a server that says nothing about itself says nothing either.
      found[namespace.name] =
        first === `Tools in the ${namespace.name} namespace.` ? "" : first.slice(0, longestDescription);
    }
    return Object.fromEntries(Object.entries(found).toSorted(([one], [other]) => (one < other ? -1 : 1)));
  };
  return {
    tools: () => (searches() && (Object.keys(namespaces()).length > 0 || deferred().length > 0) ? [search] : []),
    context: () => (searches() ? [namespacesBlock(namespaces())] : []),
  };
}

function namespacesBlock(state: Namespaces): ContextBlock {
  return {
    key: "tools",
    role: "developer",
    kind: "tools.deferred_namespaces",
    state,
    render(told) {
      const before = told as Namespaces | undefined;
      if (before === undefined)
        return Object.keys(state).length === 0 ? null : text("Deferred tool namespaces:", Object.entries(state));
      const added = Object.entries(state).filter(([name]) => before[name] === undefined);
      const removed = Object.keys(before).filter((name) => state[name] === undefined);
      const parts = [
        ...(added.length > 0 ? [lines("Added deferred tool namespaces:", added)] : []),
        ...(removed.length > 0
          ? [
              lines(
                "Removed deferred tool namespaces:",
                removed.map((name) => [name, ""]),
              ),
            ]
          : []),
      ];
      return parts.length === 0 ? null : `<tools>\n${parts.join("\n")}\n</tools>`;
    },
  };
}

const lines = (head: string, entries: [string, string][]): string =>
  [head, ...entries.map(([name, about]) => (about === "" ? `- ${name}` : `- ${name}: ${about}`))].join("\n");

const text = (head: string, entries: [string, string][]): string => `<tools>\n${lines(head, entries)}\n</tools>`;
