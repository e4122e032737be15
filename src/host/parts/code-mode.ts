import type { CodeMode } from "../../tools/code-mode/code-mode.ts";
import type { PartPlace, ThreadPart } from "./part.ts";

/** Lets models call their tools by scripts. Nothing of it is loaded before a model that does has its first turn. */
export function codeModePart(place: PartPlace): ThreadPart {
  let code: CodeMode | null = null;
  const used = (): CodeMode | null => (place.model.toolMode === "classic" ? null : code);
  return {
    async prepareTurn() {
      if (place.model.toolMode === "classic" || code !== null) return;
      const { createCodeMode } = await import("../../tools/code-mode/code-mode.ts");
      code = createCodeMode(() => place.innerWalls());
      code.warm();
    },
    tools: () => used()?.tools(place.model.clock) ?? [],
    arrange: (tools) => used()?.arrange(tools, place.model.toolMode === "mixed") ?? tools,
    close: async () => code?.close(),
  };
}
