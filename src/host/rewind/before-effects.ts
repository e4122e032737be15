import type { TurnSetup } from "../../kernel/turn-setup.ts";
import type { ThreadPart } from "../parts/part.ts";

/** Lets the parts of a thread get ready for what was allowed, before it is done. */
export function withPreparations(setup: TurnSetup, parts: readonly ThreadPart[]): TurnSetup {
  const preparing = parts.filter((part) => part.beforeEffect !== undefined);
  if (preparing.length === 0) return setup;
  return {
    ...setup,
    async decide(action, request) {
      const decision = await setup.decide(action, request);
      if (decision.type === "allow") {
        for (const part of preparing) await part.beforeEffect?.(action, decision);
      }
      return decision;
    },
  };
}
