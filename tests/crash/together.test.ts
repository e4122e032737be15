import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import type { Dice } from "../support/dice.ts";
import { call, customCall, message, respond, type RecordedRequest, type Script } from "../support/fake-model.ts";
import { killFamily, type FamilyTurn, type Reached } from "./family.ts";

const by = { namespace: "collaboration" };
const markers = join(import.meta.dirname, "..", "support", "mcp", "marker.mjs");

/** A script that runs a command and calls a server's tool at the same time, and then again; each leaves a trace of its own. */
const script = (name: string): string => `
const both = (part) => Promise.all([
  tools.exec_command({ cmd: "echo ${name}-" + part + "-command >> tokens; sleep 0.05", login: false }),
  tools.mcp__marks__mark({ text: "${name}-" + part + "-server" }),
]);
await both("one");
text("half");
await both("two");
text("done");`;

/**
 * A parent that makes two agents by name and works in a script beside them; agents that work in scripts as well. The scripts run
 * commands and tools of an MCP server.
 */
function togetherScript(dice: Dice, requests: RecordedRequest[]): Script {
  let step = 0;
  const steps = new Map<string, number>();
  return async (request) => {
    requests.push(request);
    await sleep(dice.below(15));
    const thread = request.headers["thread-id"]!;
    if (request.headers["x-openai-subagent"] === undefined) {
      step++;
      if (step === 1) {
        const spawn = (name: string) => call(`s_${name}`, "spawn_agent", { task_name: name, message: "work" }, by);
        return respond([spawn("first"), spawn("second")]);
      }
      if (step < 4) return respond([customCall(`own_${step}`, "exec", script(`own${step}`))]);
      return respond([message(`msg_end_${step}`, "all done")]);
    }
    const number = (steps.get(thread) ?? 0) + 1;
    steps.set(thread, number);
    const name = `${thread.slice(-6)}_${number}`;
    return respond([number < 3 ? customCall(name, "exec", script(`agent${name}`)) : message(`msg_${name}`, "done")]);
  };
}

const turn: FamilyTurn = {
  flags: ["-m", "gpt-6.1-sol", "-s", "danger-full-access"],
  tables: `[mcp_servers.marks]\ncommand = ${JSON.stringify(process.execPath)}\nargs = [${JSON.stringify(markers)}]\nrequired = true\nstartup_timeout_sec = 60\n`,
  script: togetherScript,
  agentsByPath: true,
  moment: (dice) =>
    dice.chance(60)
      ? { at: "trace", count: 1 + dice.below(20) }
      : { at: "time", ms: dice.below(1000), from: dice.chance(30) ? "event" : "trace" },
};

const reached: Reached = { kills: 0, agents: 0, leftBehind: 0 };
// Most of these come by what was done, early and late: by the clock alone, a slow machine has no agents yet.
const seeds = [4, 5, 6, 7, 8, 9];

it.each(seeds)(
  "a kill in a turn with sub-agents, scripts and a server leaves every thread loadable and does nothing twice, seed %i",
  { timeout: 120_000 },
  async (seed) => expect(await killFamily(seed, turn, reached)).toEqual([]),
);

it("these kills hit turns with all three at work", ({ skip }) => {
  // Of some of the seeds alone nothing can be said.
  if (reached.kills < seeds.length / 2) skip();
  expect(reached.agents).toBeGreaterThan(seeds.length / 2);
});
