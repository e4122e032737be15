/** What a client tells besides the notifications of its server. */
import type { NotificationName, NotificationParams } from "../../protocol/codex-0.169/app-server/methods.ts";
import type { NotificationMessage } from "../../protocol/codex-0.169/app-server/messages.ts";
import type { ServerInfo } from "./connection/link.ts";
import type { AppServerConnectionError } from "./errors.ts";
import type { PolicyAudit } from "./policy/engine.ts";
import type { HookErrorEvent } from "./requests/answerer.ts";

export interface ClientEvents {
  /** Something came that is no message; at most 2 KiB of it. */
  protocolError: { problem: string; excerpt: string };
  /** A hook or an engine failed, or answered what is no answer; a no was sent in its place. */
  hookError: HookErrorEvent;
  policyAudit: PolicyAudit;
  /** The connection is over; it is made anew. */
  disconnected: { error: AppServerConnectionError };
  /** There is a connection again, and these threads were resumed on it, or could not be. */
  reconnected: { serverInfo: ServerInfo; resumed: string[]; failed: string[] };
  /** The connection is over for good. */
  closed: { error: AppServerConnectionError };
  /** Something that is still taken and will not be. */
  deprecation: { notice: string };
}

export type EventName = keyof ClientEvents | NotificationName;
export type EventOf<Name extends EventName> = Name extends keyof ClientEvents
  ? ClientEvents[Name]
  : Name extends NotificationName
    ? NotificationParams<Name>
    : never;

type Handler = (value: never, message?: NotificationMessage) => unknown;

export class Emitter {
  readonly #handlers = new Map<string, Set<Handler>>();
  readonly #onThrow: (error: unknown) => void;

  constructor(onThrow: (error: unknown) => void) {
    this.#onThrow = onThrow;
  }

  /** Returns what takes it back. */
  on(name: string, handler: Handler): () => void {
    const handlers = this.#handlers.get(name) ?? new Set();
    this.#handlers.set(name, handlers.add(handler));
    return () => handlers.delete(handler);
  }

  /** What a handler throws, or rejects with, stays between it and the logger. */
  emit(name: string, value: unknown, message?: NotificationMessage): void {
    for (const handler of this.#handlers.get(name) ?? []) {
      try {
        const result = handler(value as never, message);
        if (result instanceof Promise) result.catch(this.#onThrow);
      } catch (error) {
        this.#onThrow(error);
      }
    }
  }
}
