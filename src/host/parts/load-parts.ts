import { codeModePart } from "./code-mode.ts";
import type { PartPlace, ThreadPart } from "./part.ts";
import { pastPart } from "./past.ts";

const hasHiddenTools = (part: ThreadPart): boolean =>
  part.comingNamespaces !== undefined || part.tools?.().some(({ deferred }) => deferred === true) === true;

/**
 * Adds the parts that a thread's configuration and model ask for, in the order in which the model is told of them. Where
 * one fails, those before it are there to be closed.
 */
export async function loadParts(place: PartPlace, parts: ThreadPart[]): Promise<void> {
  if (place.config.features["goals"] !== false) {
    const { loadGoals } = await import("./goals.ts");
    parts.push(await loadGoals(place));
  }
  if (place.config.features["multi_agent"] !== false) {
    const { loadAgents } = await import("./agents.ts");
    parts.push(await loadAgents(place));
  }
  if (place.guestTools !== null) parts.push({ tools: place.guestTools });
  parts.push(pastPart(place));
  parts.push(codeModePart(place));
  if (place.options.wakeOnExit === true) {
    const { BackgroundPart } = await import("./background.ts");
    parts.push(new BackgroundPart(place));
  }
  const clientTools = place.options.tools ?? place.stored?.meta.clientTools ?? [];
  if (clientTools.length > 0 && place.agent === null) {
    const { clientToolsPart } = await import("./client-tools.ts");
    parts.push(clientToolsPart(clientTools, place));
  }
  if (place.config.features["request_permissions_tool"] === true) {
    const { RightsPart } = await import("./rights.ts");
    parts.push(new RightsPart(place));
  }
  if (place.config.settings["mcp_servers"] !== undefined) {
    const { loadMcp } = await import("./mcp.ts");
    const part = await loadMcp(place);
    if (part !== null) parts.push(part);
  }
  if (place.config.features["hooks"] !== false && place.config.hooks.places.length > 0) {
    const { loadHooksPart } = await import("./hooks.ts");
    const mcp = parts.find((each) => each.mcp !== undefined)?.mcp ?? null;
    const part = await loadHooksPart(place, mcp);
    if (part !== null) parts.push(part);
  }
  if (place.config.notify.length > 0 && place.agent === null) {
    const { notifyPart } = await import("./notify.ts");
    parts.push(notifyPart(place));
  }
  const { config, options } = place;
  if (config.permissions.mode || options.keepSnapshots === true || config.codexAgent["rewind"] !== undefined) {
    const { rewindPart } = await import("./rewind.ts");
    const part = rewindPart(place);
    if (part !== null) parts.push(part);
  }
  // Last: it looks through the tools of all the others.
  if (parts.some(hasHiddenTools)) {
    const { toolSearchPart } = await import("./tool-search.ts");
    parts.push(toolSearchPart([...parts], () => place.model.toolSearch));
  }
}
