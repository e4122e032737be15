import type { Config } from "../../config/config.ts";
import type { CallRequest } from "../../kernel/turn-setup.ts";
import type { JournalRecord } from "../../kernel/journal-port.ts";
import { isWithin } from "../../policy/paths.ts";
import type { Action, Allowed, Asked, Decision, TrialRun } from "../../policy/action.ts";
import type { Surroundings } from "../../policy/sandbox/walls.ts";
import type { Question } from "../../protocol/questions.ts";
import type { TrialReport } from "../../protocol/trial.ts";
import type { Verdict } from "../../protocol/verdict.ts";
import { shellJoin } from "../../protocol/codex-0.169/shell-join.ts";
import type { System } from "../../system/ports.ts";
import type { CommandWalls } from "../walls/command-walls.ts";
import { openTrial, type Trial } from "./trial.ts";

type Command = Extract<Action, { kind: "command" }>;

/** What a thread lends to a trial. */
export interface TurnTrialPlace {
  readonly config: Config;
  readonly surroundings: Surroundings;
  readonly walls: CommandWalls;
  readonly system: System;
  /** What policy, rules and whoever may be asked say of changing these files. `asks`: somebody is asked in any case. */
  judgeWrite(
    paths: readonly string[],
    question: Question,
    asks: boolean,
  ): Promise<{ decision: Decision; verdict: Verdict | null }>;
  keep(record: JournalRecord): void;
  notify(message: string): void;
}

/**
 * A command that would be asked about for no other reason than that nobody can tell what it does is run first, where it changes
 * nothing, and then what it did is asked about. Null where that is another case, or where nothing can be tried.
 */
export async function tryFirst(
  action: Action,
  judged: Decision | Asked,
  verdict: Verdict,
  request: CallRequest,
  place: TurnTrialPlace,
): Promise<Allowed | null> {
  const sandboxed = judged.type === "ask" && judged.allowed.enclose !== null;
  if (action.kind !== "command" || action.escalate || !sandboxed) return null;
  // A rule that asks wants to be asked before anything runs.
  if (!verdict.rule.startsWith("mode:") || verdict.effects.unknown.length === 0) return null;
  const trial = await openTrial(place);
  if (typeof trial === "string") {
    place.notify(`Commands cannot be tried here: ${trial}. They are asked about before they run.`);
    return null;
  }
  return { type: "allow", enclose: trial.enclose, trial: new TurnTrial(trial, action, verdict, request, place) };
}

class TurnTrial implements TrialRun {
  readonly #trial: Trial;
  readonly #action: Command;
  readonly #verdict: Verdict;
  readonly #request: CallRequest;
  readonly #place: TurnTrialPlace;

  constructor(trial: Trial, action: Command, verdict: Verdict, request: CallRequest, place: TurnTrialPlace) {
    this.#trial = trial;
    this.#action = action;
    this.#verdict = verdict;
    this.#request = request;
    this.#place = place;
  }

  async conclude(exitCode: number | null): Promise<{ note: string | null; stops: boolean }> {
    const { signal } = this.#request;
    try {
      const report = await this.#trial.look();
      if (signal.aborted) return this.#end("dropped", report, "the turn was stopped");
      if (report.changes.length + report.folders.length === 0) {
        this.#keep("unchanged", report, this.#verdict, null);
        return { note: report.notes.length === 0 ? null : `Note: ${report.notes.join("; ")}.`, stops: false };
      }
      if (report.refusal !== null) return this.#end("dropped", report, report.refusal);
      const paths = [...report.changes, ...report.folders].map(({ path }) => path);
      const asked = paths.filter((path) => !this.#isTemporary(path));
      const question = this.#question(report, exitCode);
      const { decision, verdict } =
        asked.length === 0 && report.conflicts.length === 0
          ? { decision: { type: "allow", enclose: null } as const, verdict: null }
          : await this.#place.judgeWrite(paths, question, report.conflicts.length > 0);
      if (decision.type === "deny") {
        const stops = decision.reason === "cancelled";
        return { ...this.#end("dropped", report, decision.message, verdict), stops };
      }
      const problem = await this.#trial.commit();
      if (problem === null) {
        this.#keep("kept", report, verdict ?? this.#verdict, null);
        return { note: null, stops: false };
      }
      const why =
        "failure" in problem ? problem.failure : problem.conflicts.map(({ path, why }) => `${path}: ${why}`).join("; ");
      return this.#end("dropped", report, why, verdict);
    } finally {
      // Nobody waits for what is thrown away.
      this.#trial.close().catch(() => undefined);
    }
  }

  abandon(): Promise<void> {
    return this.#trial.close();
  }

  #end(
    outcome: "dropped",
    report: TrialReport,
    why: string,
    verdict: Verdict | null = null,
  ): { note: string; stops: boolean } {
    this.#keep(outcome, report, verdict ?? this.#verdict, why);
    const note = `The command ran as a trial, and nothing that it changed was kept: ${why}.`;
    return { note, stops: false };
  }

  #keep(outcome: "kept" | "dropped" | "unchanged", report: TrialReport, verdict: Verdict, why: string | null): void {
    const { turnId, callId } = this.#request;
    const paths = report.changes.map(({ path }) => path);
    this.#place.keep({
      type: "audit.noted",
      note: {
        type: "trial",
        turn_id: turnId,
        call_id: callId,
        outcome,
        rule: verdict.rule,
        ...(why !== null && { reason: why }),
        ...(paths.length > 0 && { files: paths.slice(0, 50), file_count: paths.length }),
        ...(report.hosts.length > 0 && { hosts: report.hosts.slice(0, 50) }),
      },
    });
  }

  #isTemporary(path: string): boolean {
    const { temporaryDirectory, cwd } = this.#place.surroundings;
    if (isWithin(path, cwd)) return false;
    return ["/tmp", temporaryDirectory].some((folder) => folder !== "" && isWithin(path, folder));
  }

  #question(report: TrialReport, exitCode: number | null): Question {
    const { argv, cwd } = this.#action;
    const { changes, ...rest } = report;
    const ended = exitCode === null ? "was ended" : `ended with code ${exitCode}`;
    return {
      type: "patch",
      callId: this.#request.callId,
      changes,
      reason: `\`${shellJoin(argv.at(-2)?.startsWith("-") === true ? argv.slice(-1) : argv)}\` ran as a trial and ${ended}; nothing is changed yet`,
      trial: { ...rest, argv: [...argv], cwd, exitCode },
    };
  }
}
