import type { ClientTool } from "../../protocol/client-tools.ts";
import { clientTool } from "../../tools/client-tools/client-tool.ts";
import type { PartPlace, ThreadPart } from "./part.ts";

/** The tools of whoever opened the thread. */
export function clientToolsPart(tools: readonly ClientTool[], place: PartPlace): ThreadPart {
  const all = tools.map(clientTool);
  const deferred = all.filter((tool) => tool.deferred === true);
  // A model that cannot search is shown everything.
  const shown = tools.map((tool) => clientTool({ ...tool, deferred: false }));
  return { tools: () => (deferred.length === 0 || place.model.toolSearch ? all : shown) };
}
