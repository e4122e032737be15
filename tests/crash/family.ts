import { readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { RolloutStore } from "../../src/journal/store.ts";
import { nodeSystem } from "../../src/system/node.ts";
import { Dice } from "../support/dice.ts";
import { startFakeModel, type RecordedRequest, type Script } from "../support/fake-model.ts";
import { makeStage, oracle, ours, type Binary, type Stage } from "../support/run.ts";
import { processesOf } from "./crash-run.ts";
import { runAndKill, textOf, type Moment } from "./killing.ts";
import { answerFaults, ordinalFaults } from "./promises.ts";

/** What a turn of a thread with sub-agents does. */
export interface FamilyTurn {
  /** Model and rights. */
  readonly flags: readonly string[];
  /** TOML above the provider's table. */
  readonly config?: string;
  /** TOML lines behind the provider's, tables among them. */
  readonly tables?: string;
  /** Nobody is asked for the same call twice, and every call with an effect leaves a line of its own in the file `tokens`. */
  script(dice: Dice, requests: RecordedRequest[]): Script;
  moment(dice: Dice): Moment;
  /** The real Codex goes on with agents that are known by id, and refuses those that have a path. */
  readonly agentsByPath?: true;
}

/** What the kills of several seeds have met. */
export interface Reached {
  kills: number;
  /** Sub-agents that had a thread by then. */
  agents: number;
  /** Processes that outlived them. */
  leftBehind: number;
}

export const inputOf = ({ body }: RecordedRequest): Record<string, unknown>[] =>
  (body as { input: Record<string, unknown>[] }).input;

function rollouts(stage: Stage): string[] {
  const folder = join(stage.codexHome, "sessions");
  try {
    return readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((path) => path.endsWith(".jsonl"))
      .map((path) => join(folder, path))
      .sort();
  } catch {
    return [];
  }
}

const idOf = (path: string): string =>
  path.slice(-"01a00000-0000-7000-8000-000000000001.jsonl".length, -".jsonl".length);

async function allGone(ids: readonly string[]): Promise<number[]> {
  const left = (): number[] => ids.flatMap((id) => processesOf(id));
  for (const end = Date.now() + 5000; left().length > 0 && Date.now() < end;) await sleep(20);
  return left();
}

/**
 * Kills such a turn at a moment of chance, goes on with the parent and with every agent, now and then by the real Codex, and
 * expects that all of them load, that nothing was done twice, and that no process is left.
 */
export async function killFamily(seed: number, turn: FamilyTurn, reached: Reached): Promise<void> {
  const dice = new Dice(seed);
  const requests: RecordedRequest[] = [];
  const model = await startFakeModel(turn.script(dice, requests));
  const stage = await makeStage({
    baseUrl: model.baseUrl,
    ...(turn.config !== undefined && { config: turn.config }),
    ...(turn.tables !== undefined && { provider: turn.tables }),
  });
  const flags = ["--json", "--skip-git-repo-check", ...turn.flags];
  const ids: string[] = [];
  try {
    const first = await runAndKill(ours(), stage, ["exec", ...flags, "work"], turn.moment(dice));
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
    const resumed = async (id: string, binary: Binary = ours()): Promise<void> => {
      const ended = await runAndKill(binary, stage, ["exec", ...flags, "resume", id, "go on"], null);
      expect(ended.code, `${binary.name}: ${ended.stderr}`).toBe(0);
    };
    const parents = parentId !== undefined && ids.includes(parentId) ? [parentId] : [];
    for (const id of parents) await resumed(id);
    // The start of one thread ends what the others have left behind.
    if (parents.length > 0) expect(await allGone(ids)).toEqual([]);
    for (const id of ids.filter((each) => each !== parentId)) {
      await resumed(id, turn.agentsByPath !== true && dice.chance(25) ? oracle() : ours());
    }
    if (turn.agentsByPath === true && dice.chance(50)) for (const id of parents) await resumed(id, oracle());
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
}
