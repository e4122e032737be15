import type { AgentEvent } from "../protocol/events.ts";
import type { MethodName, ParamsOf, ResultOf } from "../protocol/methods.ts";

/** Whatever carries calls to a host and its events back. */
export interface Transport {
  call<Name extends MethodName>(method: Name, params: ParamsOf<Name>, signal?: AbortSignal): Promise<ResultOf<Name>>;
  /** Events of every thread that this connection opened, in order. */
  onEvent(listener: (event: AgentEvent) => void): void;
  close(): Promise<void>;
}

export type EventListener = (event: AgentEvent) => void;

/** The typed client of the method table. Doors are written against it, whatever lies between them and the host. */
export class Client {
  readonly #transport: Transport;
  readonly #listeners = new Map<string, Set<EventListener>>();
  readonly #everywhere = new Set<EventListener>();

  constructor(transport: Transport) {
    this.#transport = transport;
    transport.onEvent((event) => {
      for (const listener of [...this.#everywhere, ...(this.#listeners.get(event.threadId) ?? [])]) {
        try {
          listener(event);
        } catch {
          // It cost itself this event; the others hear it, and it hears the next.
        }
      }
    });
  }

  call<Name extends MethodName>(method: Name, params: ParamsOf<Name>, signal?: AbortSignal): Promise<ResultOf<Name>> {
    return this.#transport.call(method, params, signal);
  }

  /** Hears of a thread until the returned function is called. */
  subscribe(threadId: string, listener: EventListener): () => void {
    const listeners = this.#listeners.get(threadId) ?? new Set();
    this.#listeners.set(threadId, listeners);
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#listeners.delete(threadId);
    };
  }

  /** Hears of all threads until the returned function is called. */
  subscribeAll(listener: EventListener): () => void {
    this.#everywhere.add(listener);
    return () => this.#everywhere.delete(listener);
  }

  close(): Promise<void> {
    return this.#transport.close();
  }
}
