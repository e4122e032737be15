import { readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { RolloutStore } from "../../src/journal/store.ts";
import { nodeSystem } from "../../src/system/node.ts";
import { Dice } from "../support/dice.ts";
import { call, message, respond, startFakeModel, type RecordedRequest, type Script } from "../support/fake-model.ts";
import { makeStage, oracle, ours, type Stage } from "../support/run.ts";
import { processesOf } from "./crash-run.ts";
import { runAndKill, textOf, type Moment } from "./killing.ts";
import { answerFaults, ordinalFaults } from "./promises.ts";

const agents = 3;
const by = { namespace: "multi_agent_v1" };
const flags = ["--json", "--skip-git-repo-check", "-m", "gpt-5.5", "-s", "danger-full-access"];

const inputOf = ({ body }: RecordedRequest): Record<string, unknown>[] =>
  (body as { input: Record<string, unknown>[] }).input;

/**
 * A parent that makes three agents, works beside them and waits; agents that each leave three traces, the last with a
 * command that goes on. Nobody is asked for the same call twice.
 */
function agentsScript(dice: Dice, requests: RecordedRequest[]): Script {
  let step = 0;
  let named = 0;
  const agentSteps = new Map<string, number>();
  const names = new Map<string, string>();
  return async (request) => {
    requests.push(request);
    await sleep(dice.below(15));
    const thread = request.headers["thread-id"]!;
    if (request.headers["x-openai-subagent"] === undefined) {
      const made = inputOf(request).flatMap(({ output }) =>
        typeof output === "string" ? (/"agent_id":"([^"]+)"/.exec(output)?.slice(1) ?? []) : [],
      );
      step++;
      if (step === 1) {
        const spawns = Array.from({ length: agents }, (_, index) =>
          call(`s${index}`, "spawn_agent", { message: `task ${index}` }, by),
        );
        return respond(spawns);
      }
      if (step === 2)
        return respond([call("own", "exec_command", { cmd: "echo own >> tokens; sleep 0.1", login: false })]);
      if (step < 6 && made.length > 0)
        return respond([call(`w${step}`, "wait_agent", { targets: made, timeout_ms: 10_000 }, by)]);
      return respond([message(`msg_end_${step}`, "all done")]);
    }
    if (!names.has(thread)) names.set(thread, `agent${named++}`);
    const name = names.get(thread)!;
    const number = agentSteps.get(thread) ?? 0;
    agentSteps.set(thread, number + 1);
    if (number > 2) return respond([message(`msg_${name}_${number}`, "done")]);
    const rest = number === 2 ? "; sleep 300" : `; sleep 0.0${dice.below(9)}`;
    const cmd = `echo ${name}-${number} >> tokens${rest}`;
    return respond([call(`${name}_${number}`, "exec_command", { cmd, login: false, yield_time_ms: 250 })]);
  };
}

const rollouts = (stage: Stage): string[] => {
  const folder = join(stage.codexHome, "sessions");
  try {
    return readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((path) => path.endsWith(".jsonl"))
      .map((path) => join(folder, path))
      .sort();
  } catch {
    return [];
  }
};
const idOf = (path: string): string =>
  path.slice(-"01a00000-0000-7000-8000-000000000001.jsonl".length, -".jsonl".length);

async function allGone(ids: readonly string[]): Promise<number[]> {
  const left = (): number[] => ids.flatMap((id) => processesOf(id));
  for (const end = Date.now() + 5000; left().length > 0 && Date.now() < end;) await sleep(20);
  return left();
}

const moment = (dice: Dice): Moment =>
  dice.chance(50)
    ? { at: "trace", count: 1 + dice.below(agents * 3) }
    : { at: "time", ms: dice.below(900), from: dice.chance(20) ? "start" : "event" };

const reached = { kills: 0, agents: 0, leftBehind: 0 };
const seeds = Array.from({ length: 6 }, (_, index) => index + 1);

it.each(seeds)(
  "a kill in a turn with sub-agents leaves every thread loadable, seed %i",
  { timeout: 120_000 },
  async (seed) => {
    const dice = new Dice(seed);
    const requests: RecordedRequest[] = [];
    const model = await startFakeModel(agentsScript(dice, requests));
    const stage = await makeStage({ baseUrl: model.baseUrl });
    const ids: string[] = [];
    try {
      const first = await runAndKill(ours(), stage, ["exec", ...flags, "work"], moment(dice));
      const found = rollouts(stage);
      ids.push(...found.map(idOf));
      if (first.killed) {
        reached.kills++;
        reached.agents += Math.max(found.length - 1, 0);
        reached.leftBehind += ids.flatMap((id) => processesOf(id)).length;
      }
      const parentId = first.events.find(({ type }) => type === "thread.started")?.["thread_id"] as string | undefined;
      const machine = nodeSystem();
      for (const id of ids) new RolloutStore(machine, stage.codexHome).read(id);
      const resumed = async (id: string, binary = ours()): Promise<void> => {
        const ended = await runAndKill(binary, stage, ["exec", ...flags, "resume", id, "go on"], null);
        expect(ended.code, `${binary.name}: ${ended.stderr}`).toBe(0);
      };
      const parents = parentId !== undefined && ids.includes(parentId) ? [parentId] : [];
      for (const id of parents) await resumed(id);
      // The start of one thread ends what the others have left behind.
      if (parents.length > 0) expect(await allGone(ids)).toEqual([]);
      for (const id of ids.filter((each) => each !== parentId)) await resumed(id, dice.chance(25) ? oracle() : ours());
      const tokens = textOf(join(stage.workspace, "tokens")).split("\n").filter(Boolean);
      expect(new Set(tokens).size, `traces: ${tokens.join(" ")}`).toBe(tokens.length);
      expect(requests.flatMap((request) => answerFaults(inputOf(request)))).toEqual([]);
      for (const path of rollouts(stage)) expect(ordinalFaults(textOf(path))).toEqual([]);
      expect(await allGone(rollouts(stage).map(idOf))).toEqual([]);
    } finally {
      await model.close();
      for (const pid of ids.flatMap((id) => processesOf(id))) process.kill(pid, "SIGKILL");
      await stage.dispose();
    }
  },
);

it("these kills hit turns with agents at work", ({ skip }) => {
  // Of some of the seeds alone nothing can be said.
  if (reached.kills < seeds.length / 2) skip();
  expect(reached.agents).toBeGreaterThan(seeds.length / 2);
  expect(reached.leftBehind).toBeGreaterThan(0);
});
