import { codeModePart } from "./code-mode.ts";
import type { PartPlace, ThreadPart } from "./part.ts";
import { pastPart } from "./past.ts";

/** The parts that a thread's configuration and model ask for, in the order in which the model is told of them. */
export async function loadParts(place: PartPlace): Promise<ThreadPart[]> {
  const parts: ThreadPart[] = [];
  if (place.config.features["goals"] !== false) {
    const { loadGoals } = await import("./goals.ts");
    parts.push(await loadGoals(place));
  }
  if (place.config.features["multi_agent"] !== false) {
    const { loadAgents } = await import("./agents.ts");
    parts.push(loadAgents(place));
  }
  parts.push(pastPart(place));
  parts.push(codeModePart(place));
  if (place.config.features["request_permissions_tool"] === true) {
    const { RightsPart } = await import("./rights.ts");
    parts.push(new RightsPart(place));
  }
  return parts;
}
