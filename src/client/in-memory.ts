import type { AgentEvent } from "../protocol/events.ts";
import type { MethodName, ParamsOf, ResultOf } from "../protocol/methods.ts";
import type { Transport } from "./client.ts";

/** The other end of a transport within one process. */
export interface Peer {
  handle<Name extends MethodName>(method: Name, params: ParamsOf<Name>, signal?: AbortSignal): Promise<ResultOf<Name>>;
  /** Hears of everything until the returned function is called. */
  subscribe(listener: (event: AgentEvent) => void): () => void;
  close(): Promise<void>;
}

/** A transport that calls the host directly: nothing is serialised, events arrive before the call that made them returns. */
export function inMemory(peer: Peer): Transport {
  const stops: (() => void)[] = [];
  return {
    call: (method, params, signal) => peer.handle(method, params, signal),
    onEvent: (listener) => stops.push(peer.subscribe(listener)),
    async close() {
      await peer.close();
      for (const stop of stops) stop();
    },
  };
}
