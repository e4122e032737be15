import type { ModelFailure, ModelRequest } from "../../model/model-client.ts";
import { messageOf } from "../../protocol/errors.ts";
import type { Prices } from "../../model/prices.ts";
import { type ByModel, measure, plus, noTokens, requestEstimate, type Tokens } from "./amounts.ts";
import type { Booking, DayBook } from "./day-book.ts";
import { keyOf, type Limit, type Scope } from "./limits.ts";
import type { Tallies } from "./tallies.ts";

/** Where a budget's numbers come from. */
export interface BudgetPlace {
  readonly limits: readonly Limit[];
  readonly prices: Prices;
  readonly tallies: Tallies;
  /** What a thread with its sub-agents used before this process. */
  before(sessionId: string): ByModel;
  /** Null where there is no budget for days. */
  readonly day: DayBook | null;
  /** The local day, `YYYY-MM-DD`. */
  today(): string;
  warn(message: string): void;
}

/** A request that may be sent. */
export interface Granted {
  /** Called once, with what it took. */
  settle(tokens: Tokens): void;
  readonly booked: Tokens;
}

/** From here on the user is told that a budget runs out. */
const warnShare = 0.8;

const names: Readonly<Record<Scope, string>> = { turn: "this turn", thread: "this thread", day: "today" };

/** Checks requests against budgets before they are sent. */
export class Budget {
  readonly #place: BudgetPlace;
  /**
   * Of each thread's last response, how much of its input was cached, and how far the estimate was off: with the next one that
   * will be about the same.
   */
  readonly #last = new Map<string, { model: string; cached: number; scale: number }>();

  constructor(place: BudgetPlace) {
    this.#place = place;
  }

  /**
   * Books what a request is known to take, which is what it makes the model read: how long the answer becomes nobody knows, so a
   * budget is overrun by the answers under way at most.
   */
  reserve(request: ModelRequest): Granted | ModelFailure {
    const { limits, prices, tallies, day } = this.#place;
    const { model, identity } = request;
    const unpriced = limits.find(({ unit }) => unit === "usd");
    if (unpriced !== undefined && prices.of(model) === null) return noPrice(unpriced, model);
    const booked = this.#estimate(request);
    const turn = tallies.turn(identity.rootTurnId);
    const scopes = [{ scope: "turn" as Scope, used: (): ByModel => turn.used, name: identity.rootTurnId }];
    const thread = limits.some(({ scope }) => scope === "thread")
      ? tallies.thread(identity.sessionId, () => this.#place.before(identity.sessionId))
      : null;
    if (thread !== null) scopes.push({ scope: "thread", used: () => thread.used, name: identity.sessionId });
    for (const { scope, used, name } of scopes) {
      const failure = this.#check(scope, used(), booked, model, name);
      if (failure !== null) return failure;
    }
    const booking: Booking = { day: this.#place.today(), threadId: ownerOf(identity), model, tokens: booked };
    let refused: ModelFailure | null = null;
    const id =
      day?.reserve(booking, (used) => {
        refused = this.#check("day", used, booked, model, booking.day);
        return refused === null;
      }) ?? null;
    if (refused !== null) return refused;
    turn.add(model, booked);
    thread?.add(model, booked);
    return {
      booked,
      settle: (tokens) => {
        const rest = {
          input: tokens.input - booked.input,
          cached: tokens.cached - booked.cached,
          output: tokens.output,
        };
        turn.add(model, rest);
        thread?.add(model, rest);
        if (id !== null) this.#settleDay(id, booking, tokens);
        if (tokens.input === 0) return;
        this.#last.set(identity.threadId, {
          model,
          cached: tokens.cached,
          scale: tokens.input / requestEstimate(request),
        });
      },
    };
  }

  /** The answer is there, and paid for: it is not lost with its count. */
  #settleDay(id: string, booking: Booking, tokens: Tokens): void {
    const { day, today, warn } = this.#place;
    try {
      day?.settle(id, booking, tokens, today());
    } catch (error) {
      warn(
        `What this request took could not be counted for today's budget, where it stands as it was estimated: ${messageOf(error)}`,
      );
    }
  }

  #estimate(request: ModelRequest): Tokens {
    const known = this.#last.get(request.identity.threadId);
    const last = known?.model === request.model ? known : { cached: 0, scale: 1 };
    const input = Math.ceil(requestEstimate(request) * last.scale);
    return { ...noTokens, input, cached: Math.min(last.cached, input) };
  }

  /** Why a request is one too many; null where it is not. Warns, once, of what is nearly used up. */
  #check(scope: Scope, used: ByModel, booked: Tokens, model: string, name: string): ModelFailure | null {
    for (const limit of this.#place.limits) {
      if (limit.scope !== scope) continue;
      const { unit, most } = limit;
      const before = measure(used, unit, this.#place.prices);
      const unknown =
        before === null ? [...used.keys()].find((each) => this.#place.prices.of(each) === null) : undefined;
      const after = measure(
        new Map([...used, [model, plus(used.get(model) ?? noTokens, booked)]]),
        unit,
        this.#place.prices,
      );
      if (before === null || after === null) return noPrice(limit, unknown ?? model);
      if (after > most) return tooMuch(limit, before, after - before);
      const warning = `${keyOf(limit)} ${most} ${name}`;
      if (after < most * warnShare || this.#place.tallies.warned.has(warning)) continue;
      this.#place.tallies.warned.add(warning);
      this.#place.warn(
        `The budget ${keyOf(limit)} is nearly used up: ${amount(limit, after)} of ${amount(limit, most)} ${names[scope]}, the request that is sent now included.`,
      );
    }
    return null;
  }
}

/** The thread whose journal tells of a request: a reviewer has none of its own. */
const ownerOf = ({ agent, threadId }: ModelRequest["identity"]): string =>
  agent?.kind === "guardian" ? agent.parentThreadId : threadId;

function tooMuch(limit: Limit, used: number, next: number): ModelFailure {
  const key = keyOf(limit);
  const message =
    `The budget ${key} (${amount(limit, limit.most)}) does not allow the next request: ${amount(limit, used)} ` +
    `${limit.scope === "day" ? "were used today" : `were used in ${names[limit.scope]}`}, and it takes about ${amount(limit, next)}. ` +
    `Nothing was sent. To go on, raise ${key} in [codex_agent.budget] of config.toml (or with -c codex_agent.budget.${key}=...) and resume the thread.`;
  return { code: "budget_exceeded", message, retryable: false };
}

function noPrice(limit: Limit, model: string): ModelFailure {
  const message =
    `The budget ${keyOf(limit)} is in dollars, and nobody has said what the model ${model} costs. Nothing was sent. ` +
    `Write [codex_agent.prices.${JSON.stringify(model)}] with input, cached_input and output in dollars for a million tokens, or set a budget in tokens instead.`;
  return { code: "config", message, retryable: false };
}

const amount = ({ unit }: Limit, value: number): string =>
  unit === "usd"
    ? `$${value < 0.01 && value > 0 ? value.toPrecision(2) : value.toFixed(2)}`
    : `${Math.round(value).toLocaleString("en-US")} tokens`;
