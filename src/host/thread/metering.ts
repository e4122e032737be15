import type { Config } from "../../config/config.ts";
import type { ModelClient } from "../../model/model-client.ts";
import type { Meter, MeterPlace } from "../parts/budget.ts";

/** Holds what a thread asks of its model to the budgets that are configured; loads nothing where there are none. */
export class Metering {
  readonly #place: MeterPlace;
  #meter: Meter | null;

  /** `meter`: that of the tree of agents, where the thread is in one. */
  constructor(place: MeterPlace, meter: Meter | null) {
    this.#place = place;
    this.#meter = meter;
  }

  /** Null as long as nothing had to be metered. */
  get meter(): Meter | null {
    return this.#meter;
  }

  /** @throws AgentError `config` for budgets that mean nothing. */
  async wrap(client: ModelClient, config: Config): Promise<ModelClient> {
    if (this.#meter === null && config.codexAgent["budget"] === undefined) return client;
    const { Meter: Opened } = await import("../parts/budget.ts");
    const meter = (this.#meter ??= new Opened(this.#place));
    // What each model of a chain takes is counted at its own price.
    return client.each?.((each) => meter.wrap(each, config)) ?? meter.wrap(client, config);
  }
}
