import { valueAt } from "../../config/toml/toml-values.ts";
import {
  changeGoal,
  concludeGoal,
  createGoal,
  shownGoal,
  type GoalResult,
  type GoalState,
} from "../../kernel/goals/goal.ts";
import { budgetText, continuationText, editedText, goalMessageKind } from "../../kernel/goals/prompts.ts";
import {
  afterTurn,
  countedTokens,
  readMeter,
  startMeter,
  type Meter,
  type TurnOutcome,
} from "../../kernel/goals/pursuit.ts";
import type { TurnInput } from "../../kernel/turn-setup.ts";
import { AgentError } from "../../protocol/errors.ts";
import type { AgentEvent } from "../../protocol/events.ts";
import type { Goal, GoalChange, GoalStatus } from "../../protocol/goals.ts";
import type { ResponseItem } from "../../protocol/response-items.ts";
import type { TokenUsage } from "../../protocol/usage.ts";
import { joinPath } from "../../system/paths.ts";
import type { GoalPort } from "../../tools/goals/goal-port.ts";
import { createGoalTools } from "../../tools/goals/goal-tools.ts";
import { truncateMiddle } from "../../tools/truncate.ts";
import type { Config } from "../../config/config.ts";
import type { GoalKeeper, PartPlace, ThreadPart } from "./part.ts";

/** Turns that a goal begins before the user has to say something again, unless configured. */
const defaultContinuations = 200;

const settingName = "codex_agent.goals.max_continuations";

const maximumContinuations = ({ codexAgent }: Config): number =>
  (valueAt(codexAgent, ["goals", "max_continuations"]) as number | undefined) ?? defaultContinuations;

interface Options {
  /** The goal as the thread's journal has it. */
  stored: GoalState | null;
  /** Whether a turn that ends with an active goal begins the next one. */
  continues: boolean;
}

/** A thread's goal: kept in its journal, counted with each response, and pursued in turns of its own. */
export class GoalsPart implements ThreadPart, GoalPort {
  readonly goals: GoalKeeper;
  readonly #place: PartPlace;
  readonly #continues: boolean;
  readonly #maximum: number;
  readonly #tools;
  #goal: GoalState | null;
  #meter: Meter | null = null;
  /** The turns that the goal has begun since the user last said something: how many, the last one, and what it goes back to. */
  #begun: Begun = { count: 0, turnId: null, rootTurnId: null };
  /** Whatever else happens in the thread, the goal goes on only after what the user says next. */
  #rests: boolean;

  constructor(place: PartPlace, { stored, continues }: Options) {
    this.#place = place;
    this.#maximum = maximumContinuations(place.config);
    this.#continues = continues && this.#maximum > 0;
    this.#goal = stored;
    this.#rests = stored !== null;
    this.#tools = createGoalTools(this);
    this.goals = {
      get: () => this.get(),
      set: (change) => this.#set(change),
      clear: () => this.#clear(),
    };
  }

  tools(): ReturnType<typeof createGoalTools> {
    return this.#tools;
  }

  get(): Goal | null {
    return this.#goal === null ? null : shownGoal(this.#place.threadId, this.#goal);
  }

  create(turnId: string, objective: string, tokenBudget: number | null): Goal | string {
    const made = this.#take(createGoal(this.#goal, objective, tokenBudget, this.#moment()), turnId);
    if (typeof made !== "string")
      this.#place.thread().ride({ ...nothing, items: [this.#objectiveItem(made.objective)] });
    return made;
  }

  conclude(turnId: string, status: GoalStatus): Goal | string {
    return this.#take(concludeGoal(this.#goal, status, this.#now), turnId);
  }

  observe(event: AgentEvent): void {
    switch (event.type) {
      case "turn.started":
        // A plan is talked over before the goal is pursued.
        this.#meter = this.#plans ? null : startMeter(this.#goal, this.#place.thread().usage, this.#now);
        return;
      case "item.completed":
        if (event.item.type === "userMessage") this.#hear();
        return;
      case "usage.updated":
        this.#count(event.turnId, event.total);
        return;
      case "turn.completed":
        return this.#ended(event, { type: "completed" });
      case "turn.interrupted":
        this.#rests = true;
        return this.#ended(event, { type: "interrupted" });
      case "turn.failed":
        return this.#ended(event, { type: "failed", code: event.error.code });
    }
  }

  async stop(): Promise<void> {
    this.#rests = true;
  }

  /** The user has said something, to the model or of the goal. */
  #hear(): void {
    this.#rests = false;
    this.#begun = { ...this.#begun, count: 0 };
  }

  #count(turnId: string, total: TokenUsage): void {
    if (this.#meter === null) return;
    const read = readMeter(this.#meter, this.#goal, total, this.#now);
    this.#meter = read.meter;
    if (read.goal === null || read.goal === this.#goal) return;
    this.#keep(read.goal, turnId);
    if (read.ranOut) this.#tell(budgetText(read.goal));
  }

  #ended({ turnId, usage }: { turnId: string; usage: TokenUsage }, outcome: TurnOutcome): void {
    // What a cut response has cost was not told yet.
    if (countedTokens(usage) !== this.#meter?.tokens) this.#count(turnId, usage);
    this.#meter = null;
    if (this.#plans) return;
    const step = afterTurn(this.#goal, outcome, {
      nowMs: this.#now,
      continued: this.#begun.count,
      maximum: this.#maximum,
      held: !this.#continues || this.#rests || this.#isBusy,
    });
    switch (step.type) {
      case "rest":
        return;
      case "continue":
        this.#begin(turnId);
        return;
      case "stop":
        this.#keep(step.goal, turnId);
        return;
      case "pause":
        this.#keep(step.goal, turnId);
        this.#place.emit({
          type: "warning",
          threadId: this.#place.threadId,
          message: `The goal was continued ${step.turns} times without a word of yours and is paused now. Set it to active to go on; ${settingName} says after how many turns this happens.`,
        });
    }
  }

  #set(change: GoalChange): Goal {
    const before = this.#goal;
    const result = changeGoal(this.#place.threadId, before, change, this.#moment());
    if ("problem" in result) throw new AgentError("usage", result.problem);
    const { goal } = result;
    this.#keep(goal, null);
    if (goal.status !== "active") return shownGoal(this.#place.threadId, goal);
    this.#hear();
    if (!this.#isBusy) {
      if (this.#continues && !this.#plans) this.#begin(null);
    } else if (before?.objective !== goal.objective) {
      this.#tell(editedText(goal));
    }
    return shownGoal(this.#place.threadId, goal);
  }

  #clear(): boolean {
    if (this.#goal === null) return false;
    this.#place.keep({ type: "goal.changed", goal: null });
    this.#goal = null;
    this.#place.emit({ type: "goal.cleared", threadId: this.#place.threadId });
    return true;
  }

  #take(result: GoalResult, turnId: string): Goal | string {
    if ("problem" in result) return result.problem;
    if (result.goal !== this.#goal) this.#keep(result.goal, turnId);
    return shownGoal(this.#place.threadId, result.goal);
  }

  /** Written before it is told. */
  #keep(goal: GoalState, turnId: string | null): void {
    this.#place.keep({ type: "goal.changed", goal });
    this.#goal = goal;
    const { threadId } = this.#place;
    this.#place.emit({ type: "goal.updated", threadId, turnId, goal: shownGoal(threadId, goal) });
  }

  /** Begins a turn for the goal; `after` is the one that it follows. */
  #begin(after: string | null): void {
    const goal = this.#goal!;
    const input: TurnInput = {
      ...nothing,
      items: this.#isTold(goal.objective) ? [] : [this.#objectiveItem(goal.objective)],
      attachments: [{ kind: goalMessageKind, text: continuationText(goal) }],
    };
    const { count, turnId: last, rootTurnId: root } = this.#begun;
    const rootTurnId = after === last ? root : after;
    const origin =
      after === null || rootTurnId === null ? {} : { origin: { parentTurnId: after, rootTurnId, initiator: null } };
    const { turnId } = this.#place.thread().submit(input, { trigger: "goal", ...origin });
    this.#begun = { count: count + 1, turnId, rootTurnId: rootTurnId ?? turnId };
  }

  /** For the running turn's next request, if there is one. */
  #tell(text: string): void {
    this.#place.thread().ride({ ...nothing, attachments: [{ kind: goalMessageKind, text }] });
  }

  /** Whether the objective that the model was told last is this one. A compaction may have taken it away. */
  #isTold(objective: string): boolean {
    const { history } = this.#place.thread().memory;
    const last = history.findLast(
      (item) => item["name" as keyof ResponseItem] === objectiveName && item.type === "function_call_output",
    );
    return last !== undefined && (last as { output?: unknown }).output === shownObjective(objective);
  }

  #objectiveItem(objective: string): ResponseItem {
    const id = `fco_${this.#place.ids.uuid()}`;
    const output = shownObjective(objective);
    return { type: "function_call_output", id, name: objectiveName, namespace: "agent", output } as ResponseItem;
  }

  /** Whether a turn runs or waits. */
  get #isBusy(): boolean {
    return this.#place.thread().accepted.length > 0;
  }

  get #plans(): boolean {
    return this.#place.config.collaborationMode === "plan";
  }

  #moment(): { nowMs: number; newId: () => string } {
    return { nowMs: this.#now, newId: () => this.#place.ids.uuid() };
  }

  get #now(): number {
    return this.#place.system.clock.now();
  }
}

const objectiveName = "goal_objective";

/** What a model is shown of a long objective unless it asks with get_goal. */
const shownObjective = (objective: string): string => truncateMiddle(objective, 1000);

interface Begun {
  readonly count: number;
  readonly turnId: string | null;
  readonly rootTurnId: string | null;
}

const nothing: TurnInput = { elements: [], content: [], kinds: [], attachments: [] };

/** The goal of a thread as its journal has it, or, where that was later, as the real Codex does. */
export async function loadGoals(place: PartPlace): Promise<GoalsPart> {
  const { stored, config, options } = place;
  let goal = stored?.goal ?? null;
  const database = joinPath(config.homes.codex, "goals_1.sqlite");
  if (stored?.meta.id === place.threadId && place.system.files.stat(database) !== null) {
    const { readCodexGoal } = await import("../../tools/goals/codex-database.ts");
    const theirs = readCodexGoal(database, place.threadId);
    if (theirs !== null && theirs.updatedAtMs > (goal?.updatedAtMs ?? 0)) goal = theirs;
  }
  return new GoalsPart(place, { stored: goal, continues: options.continueGoals !== false });
}
