import { assert, asyncProperty, array, constantFrom, record, nat } from "fast-check";
import { expect, it } from "vitest";
import type { Agent } from "../../../src/tools/agents/desk.ts";
import { CallError } from "../../../src/tools/tool.ts";
import { answers, broken, completed, gate, say, type Act } from "../kit.ts";
import { family } from "./family.ts";
import { until } from "../../support/until.ts";

const places = 3;
const step = record({
  deed: constantFrom("spawn", "spawn", "send", "interrupt", "close", "wait", "finish", "fail", "say"),
  which: nat(4),
});

/** What an agent's model does waits until a step says how it goes on. */
function heldModel(): { acts: Act[]; go(kind: "finish" | "fail" | "say"): void } {
  const waiting: ((kind: "finish" | "fail" | "say") => void)[] = [];
  const act: Act = async (emit, request, signal) => {
    const next = gate<"finish" | "fail" | "say">();
    waiting.push((kind) => next.open(kind));
    const kind = await next.promise;
    if (kind === "fail") return broken("gone", { retryable: false });
    if (signal.aborted) return completed();
    return kind === "say" ? completed({ endTurn: false }) : answers(say("done"))(emit, request, signal);
  };
  return { acts: Array.from({ length: 60 }, () => act), go: (kind) => waiting.shift()?.(kind) };
}

it("whatever is done to agents in whatever order: bounds hold, waits end, and all can be closed", async () => {
  await assert(
    asyncProperty(array(step, { minLength: 8, maxLength: 25, size: "max" }), async (steps) => {
      const models = Array.from({ length: 40 }, heldModel);
      const { roster, spawn, send, warnings, children } = family({
        acts: models.map(({ acts }) => acts),
        limits: { places },
      });
      const agents: Agent[] = [];
      const waits: Promise<unknown>[] = [];
      const stop = new AbortController();
      const refused = (error: unknown): undefined => {
        expect(error).toBeInstanceOf(CallError);
      };
      for (const { deed, which } of steps) {
        const open = roster.list();
        const agent = open[which % Math.max(open.length, 1)];
        if (deed === "spawn") {
          const full = open.length >= places;
          const made = await spawn("work").catch(refused);
          expect(made === undefined).toBe(full);
          if (made !== undefined) agents.push(made);
        } else if (agent === undefined) continue;
        else if (deed === "send") await send(agent, "more").catch(refused);
        else if (deed === "interrupt") await roster.interrupt(agent);
        else if (deed === "close") await roster.close(agent);
        else if (deed === "wait") waits.push(roster.waitForAny([agent.threadId], 60_000, stop.signal));
        else models[agents.indexOf(agent)]!.go(deed);
        expect(roster.list().length).toBeLessThanOrEqual(places);
      }
      stop.abort();
      await Promise.all(waits);
      await roster.closeAll();
      await until(() => [...children.values()].every(({ thread }) => thread.activeTurn === null));
      expect(roster.list()).toEqual([]);
      expect(agents.map(({ status }) => status)).toEqual(agents.map(() => "shutdown"));
      expect(warnings).toEqual([]);
    }),
    { numRuns: 100 },
  );
});
