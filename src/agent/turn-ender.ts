import type { AgentEvent } from "../protocol/events.ts";
import { isTurnEnd } from "./turn-result.ts";

/** Ends a turn when that is wanted: at once where it runs, else as soon as it begins. */
export class TurnEnder {
  readonly #interrupt: (turnId: string, reason: string) => void;
  #turnId: string | null = null;
  #runs = false;
  #over = false;
  #reason: string | null = null;

  constructor(interrupt: (turnId: string, reason: string) => void) {
    this.#interrupt = interrupt;
  }

  /** The turn has an id, and `waits` where others come before it. */
  taken(turnId: string, waits: boolean): void {
    this.#turnId = turnId;
    if (!waits) this.#begin();
  }

  hear(event: AgentEvent): void {
    if (this.#turnId === null || !("turnId" in event) || event.turnId !== this.#turnId) return;
    if (event.type === "turn.started") this.#begin();
    if (isTurnEnd(event)) this.#over = true;
  }

  end(reason: string): void {
    if (this.#reason !== null || this.#over) return;
    this.#reason = reason;
    if (this.#runs) this.#interrupt(this.#turnId!, reason);
  }

  /** Nothing more can come of it: it is over, has been told to end, or was never taken. */
  get isDone(): boolean {
    return this.#over || this.#runs || this.#turnId === null;
  }

  #begin(): void {
    if (this.#runs) return;
    this.#runs = true;
    if (this.#reason !== null) this.#interrupt(this.#turnId!, this.#reason);
  }
}
