import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Dice } from "../support/dice.ts";
import { startFakeModel } from "../support/fake-model.ts";
import { makeStage, oracle, ours, type Binary, type Stage } from "../support/run.ts";
import { type Killed, type Moment, rollMoment, rolloutOf, runAndKill, textOf } from "./killing.ts";
import {
  answerFaults,
  callsIn,
  deedFaults,
  followUpFaults,
  journalLines,
  lostEvents,
  ordinalFaults,
} from "./promises.ts";
import { crashScript, type CrashScript } from "./script.ts";

export interface CrashReport {
  seed: number;
  faults: string[];
  /** How often a process was killed before its end. */
  kills: number;
  /** Calls that had begun when a kill came, and have no output of their own. */
  unknownOutcomes: number;
  /** Commands that outlived a kill. */
  leftBehind: number;
  /** Threads that the real Codex went on with. */
  realResumes: number;
  /** Lines that a kill tore. */
  tornLines: number;
  /** The kill came before the thread had an id that anybody knew. */
  nothingTold: number;
}

const flags = ["--json", "--skip-git-repo-check", "-m", "gpt-5.5", "-s", "danger-full-access"];

/** Processes that were started for calls of the thread and still run. */
export function processesOf(threadId: string): number[] {
  return readdirSync("/proc").flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const mine = readFileSync(`/proc/${name}/environ`, "latin1").includes(`CODEX_THREAD_ID=${threadId}\0`);
      return mine ? [Number(name)] : [];
    } catch {
      return [];
    }
  });
}

async function allGone(threadId: string): Promise<number[]> {
  let left = processesOf(threadId);
  for (const end = Date.now() + 60_000; left.length > 0 && Date.now() < end; left = processesOf(threadId))
    await sleep(20);
  return left;
}

class CrashRun {
  readonly report: CrashReport;
  readonly #stage: Stage;
  readonly #script: CrashScript;
  readonly #dice: Dice;
  #threadId: string | null = null;
  #foreign: ReadonlySet<unknown> = new Set();

  constructor(seed: number, stage: Stage, script: CrashScript, dice: Dice) {
    this.#stage = stage;
    this.#script = script;
    this.#dice = dice;
    const none = { kills: 0, unknownOutcomes: 0, leftBehind: 0, realResumes: 0, tornLines: 0, nothingTold: 0 };
    this.report = { seed, faults: [], ...none };
  }

  get threadId(): string | null {
    return this.#threadId;
  }

  async run(): Promise<void> {
    if (!(await this.#first())) return;
    // A second kill meets a thread that was mended before.
    if (this.#dice.chance(40)) await this.#resume(ours(), rollMoment(this.#dice));
    if (this.#dice.chance(30)) await this.#resume(oracle(), null);
    await this.#resume(ours(), null);
    const left = await allGone(this.#threadId!);
    if (left.length > 0) this.#fault("commands were left running", left.map(commandLine));
    if (this.#dice.chance(20)) await this.#resume(oracle(), null);
    this.#fault("in the end", ordinalFaults(this.#journal()));
  }

  async #first(): Promise<boolean> {
    const moment = rollMoment(this.#dice);
    const ended = await runAndKill(ours(), this.#stage, ["exec", ...flags, "work"], moment);
    this.#afterKill(ended, moment);
    const told = ended.events.find(({ type }) => type === "thread.started")?.["thread_id"];
    const kept = journalLines(this.#journal())[0]?.payload["id"];
    this.#threadId = (told ?? kept ?? null) as string | null;
    if (this.#threadId === null) this.report.nothingTold++;
    return this.#threadId !== null && (kept !== undefined || this.report.faults.length === 0);
  }

  async #resume(binary: Binary, moment: Moment | null): Promise<void> {
    const before = this.#journal();
    const from = this.#script.requests.length;
    const argv = ["exec", ...flags, "resume", this.#threadId!, "go on"];
    const ended = await runAndKill(binary, this.#stage, argv, moment);
    if (binary.name === "codex") {
      this.report.realResumes++;
      const known = callsIn(journalLines(before));
      const added = [...callsIn(journalLines(this.#journal()))].filter((id) => !known.has(id));
      this.#foreign = new Set([...this.#foreign, ...added]);
    }
    if (!ended.killed && ended.code !== 0) this.#fault(`${binary.name} ended with ${ended.code}`, [ended.stderr]);
    const request = this.#script.requests[from];
    if (request !== undefined) {
      const faults = followUpFaults(inputOf(request.body), journalLines(before), binary.name);
      this.#fault(`the request of ${binary.name} after a crash`, faults);
    } else if (!ended.killed) {
      this.#fault(`${binary.name} asked its model nothing`, [ended.stderr]);
    }
    if (binary.name === "codex-agent") this.#afterKill(ended, moment);
    for (const sent of this.#script.requests.slice(from)) this.#fault("a request", answerFaults(inputOf(sent.body)));
  }

  #afterKill(ended: Killed, moment: Moment | null): void {
    const text = this.#journal();
    const lines = journalLines(text);
    const told = ended.killed ? `killed at ${JSON.stringify(moment)}` : "ended";
    this.#fault(told, lostEvents(ended.events, lines));
    const traces = {
      tokens: textOf(join(this.#stage.workspace, "tokens")),
      "patched.txt": textOf(join(this.#stage.workspace, "patched.txt")),
    };
    this.#fault(told, deedFaults(this.#script.deeds, traces, text, this.#foreign));
    if (!ended.killed) return;
    this.report.kills++;
    if (!text.endsWith("\n") && text !== "") this.report.tornLines++;
    const answered = new Set(
      lines.flatMap(({ payload }) => (payload.type?.endsWith("_output") ? [payload["call_id"]] : [])),
    );
    const open = lines.filter(({ payload }) => payload.type === "call_started" && !answered.has(payload["call_id"]));
    this.report.unknownOutcomes += open.length;
    const id = lines[0]?.payload["id"];
    if (typeof id === "string") this.report.leftBehind += processesOf(id).length;
  }

  #journal(): string {
    return textOf(rolloutOf(this.#stage));
  }

  #fault(where: string, faults: readonly string[]): void {
    for (const fault of faults) this.report.faults.push(`${where}: ${fault}`);
  }
}

const inputOf = (body: unknown): Record<string, unknown>[] => (body as { input: Record<string, unknown>[] }).input;

function commandLine(pid: number): string {
  return `${pid} ${textOf(`/proc/${pid}/cmdline`).replaceAll("\0", " ")}`;
}

/** One turn of 20 calls that is killed somewhere, and everything that has to hold then. Nothing but chance in time differs between runs of a seed. */
export async function crashOnce(seed: number): Promise<CrashReport> {
  const dice = new Dice(seed);
  const script = crashScript(dice);
  const model = await startFakeModel((request) => script.answer(request));
  const stage = await makeStage({ baseUrl: model.baseUrl, files: { "patched.txt": "end\n" } });
  const run = new CrashRun(seed, stage, script, dice);
  try {
    await run.run();
    return run.report;
  } finally {
    await model.close();
    if (run.threadId !== null) for (const pid of processesOf(run.threadId)) endProcess(pid);
    await stage.dispose();
  }
}

export function endProcess(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has just ended.
  }
}
