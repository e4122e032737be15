import type { Config } from "../../config/config.ts";
import type { Ledger } from "../../journal/ledger/ledger.ts";
import { treeUsage } from "../../journal/usage/tree-usage.ts";
import { localDay } from "../../journal/usage/report.ts";
import type { ModelClient } from "../../model/model-client.ts";
import { readPrices } from "../../model/prices-config.ts";
import { Budget } from "../../policy/budget/budget.ts";
import type { DayBook } from "../../policy/budget/day-book.ts";
import { readLimits } from "../../policy/budget/limits.ts";
import { MeteredClient } from "../../policy/budget/metered-client.ts";
import { Tallies } from "../../policy/budget/tallies.ts";
import type { Ids } from "../../system/ids.ts";
import type { System } from "../../system/ports.ts";

/** What was used, for all threads of a process. */
const talliesOf = new WeakMap<System, Tallies>();

export interface MeterPlace {
  readonly system: System;
  readonly ids: Ids;
  warn(message: string): void;
}

/** The budgets of a thread and its sub-agents. */
export class Meter {
  readonly #place: MeterPlace;
  readonly #tallies: Tallies;
  #ledger: Promise<Ledger> | null = null;
  #book: Promise<DayBook> | null = null;
  #bookDay = "";

  constructor(place: MeterPlace) {
    this.#place = place;
    this.#tallies = talliesOf.get(place.system) ?? new Tallies();
    talliesOf.set(place.system, this.#tallies);
  }

  /** The client, held to the budgets of a configuration. @throws AgentError `config` */
  wrap(client: ModelClient, config: Config): ModelClient {
    const limits = readLimits(config.codexAgent);
    const prices = readPrices(config.codexAgent);
    if (limits.length === 0) return client;
    const { system, warn } = this.#place;
    const today = (): string => localDay(system.clock.now());
    const daily = limits.some(({ scope }) => scope === "day");
    const budgetWith = (day: DayBook | null): Budget =>
      new Budget({
        limits,
        prices,
        tallies: this.#tallies,
        before: (sessionId) => treeUsage(system, config.homes.codex, sessionId),
        day,
        today,
        warn,
      });
    if (!daily) {
      const budget = Promise.resolve(budgetWith(null));
      return new MeteredClient(client, () => budget);
    }
    let known: { book: DayBook; budget: Budget } | null = null;
    return new MeteredClient(client, async () => {
      const book = await this.#dayBook(config, today());
      if (known?.book !== book) known = { book, budget: budgetWith(book) };
      return known.budget;
    });
  }

  async close(): Promise<void> {
    (await this.#ledger?.catch(() => null))?.close();
    this.#ledger = null;
    this.#book = null;
  }

  /** Opened with the first request. Of each day on which it is asked, it takes up what others have used. */
  #dayBook(config: Config, day: string): Promise<DayBook> {
    if (this.#book !== null && this.#bookDay === day) return this.#book;
    this.#bookDay = day;
    this.#book = this.#openBook(config, day);
    // It is tried again with the next request.
    this.#book.catch(() => (this.#bookDay = ""));
    return this.#book;
  }

  async #openBook({ homes }: Config, day: string): Promise<DayBook> {
    const { system, ids, warn } = this.#place;
    const { openLedger } = await import("../../journal/ledger/ledger.ts");
    const { LedgerDayBook } = await import("../../journal/ledger/usage-day.ts");
    const { readAllUsage } = await import("../../journal/ledger/usage-index.ts");
    this.#ledger ??= openLedger(homes.runtime, system).catch((error: unknown) => {
      this.#ledger = null;
      throw error;
    });
    const ledger = await this.#ledger;
    for (const warning of ledger.warnings) warn(warning);
    const book = new LedgerDayBook(ledger, system.processes, ids);
    const midnight = new Date(system.clock.now()).setHours(0, 0, 0, 0);
    book.takeUp(day, readAllUsage(system, homes.codex, ledger, midnight).usages);
    return book;
  }
}
