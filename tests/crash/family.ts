import { readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { RolloutStore } from "../../src/journal/store.ts";
import { nodeSystem } from "../../src/system/node.ts";
import { Dice } from "../support/dice.ts";
import { startFakeModel, type RecordedRequest, type Script } from "../support/fake-model.ts";
import { makeStage, oracle, ours, type Binary, type Stage } from "../support/run.ts";
import { endProcess, processesOf } from "./crash-run.ts";
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

/** Processes of these threads that do not end by themselves. */
async function left(ids: readonly string[]): Promise<string[]> {
  const found = (): number[] => ids.flatMap((id) => processesOf(id));
  for (const end = Date.now() + 60_000; found().length > 0 && Date.now() < end;) await sleep(20);
  return found().map((pid) => `process ${pid} was left`);
}

/**
 * Kills such a turn at a moment of chance, goes on with the parent and with every agent, now and then by the real Codex, and
 * tells which promises were broken: that all of them load, that nothing was done twice, and that no process is left.
 */
export async function killFamily(seed: number, turn: FamilyTurn, reached: Reached): Promise<string[]> {
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
  const faults: string[] = [];
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
      if (ended.code !== 0) faults.push(`${binary.name} ended with ${ended.code}: ${ended.stderr}`);
    };
    const parents = parentId !== undefined && ids.includes(parentId) ? [parentId] : [];
    for (const id of parents) await resumed(id);
    // The start of one thread ends what the others have left behind.
    if (parents.length > 0) faults.push(...(await left(ids)));
    for (const id of ids.filter((each) => each !== parentId)) {
      await resumed(id, turn.agentsByPath !== true && dice.chance(25) ? oracle() : ours());
    }
    if (turn.agentsByPath === true && dice.chance(50)) for (const id of parents) await resumed(id, oracle());
    const tokens = textOf(join(stage.workspace, "tokens")).split("\n").filter(Boolean);
    if (new Set(tokens).size < tokens.length) faults.push(`done twice: ${tokens.join(" ")}`);
    faults.push(...requests.flatMap((request) => answerFaults(inputOf(request))));
    for (const path of rollouts(stage)) faults.push(...ordinalFaults(textOf(path)));
    faults.push(...(await left(rollouts(stage).map(idOf))));
    return faults;
  } finally {
    await model.close();
    for (const pid of ids.flatMap((id) => processesOf(id))) endProcess(pid);
    await stage.dispose();
  }
}
