import type { Tool } from "../../tools/tool.ts";
import type { PartPlace, ThreadPart } from "./part.ts";

/** Lets the model read what a summary stands for, in threads that have one. */
export function pastPart(place: PartPlace): ThreadPart {
  let tools: readonly Tool[] = [];
  const offer = async (): Promise<void> => {
    if (tools.length > 0 || place.thread().windowNumber === 0) return;
    const { readHistoryTool } = await import("../../tools/read-history/read-history.ts");
    tools = [readHistoryTool(() => place.past())];
  };
  return { tools: () => tools, prepareTurn: offer, compacted: offer };
}
