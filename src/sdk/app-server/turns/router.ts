/** Brings each notification to the streams that it is for. */
import type { NotificationMessage } from "../../../protocol/codex-0.169/app-server/messages.ts";
import { addressOf, type Address } from "../events/address.ts";

export interface Listener {
  /** Every notification; whether it is for this one is the listener's to say. */
  offer(message: NotificationMessage, address: Address): void;
  /** The connection is over. `dropped`: what was not read is forgotten. */
  fail(error: Error, dropped: boolean): void;
  /** Somebody is asked about this thread or turn, or no more: the count of open questions changes by that. */
  asked(address: Address, change: 1 | -1): void;
}

export class Router {
  readonly #listeners = new Set<Listener>();

  get size(): number {
    return this.#listeners.size;
  }

  add(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  route(message: NotificationMessage): void {
    const address = addressOf(message.params);
    for (const listener of this.#listeners) listener.offer(message, address);
  }

  asked(address: Address, change: 1 | -1): void {
    for (const listener of this.#listeners) listener.asked(address, change);
  }

  failAll(error: Error, dropped = false): void {
    for (const listener of this.#listeners) listener.fail(error, dropped);
  }
}
