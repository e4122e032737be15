/** A server in this process. Messages are handed over as they are, and are nobody's to change. */
import type { ConnectionEnd } from "../errors.ts";
import type { OpenTransport } from "./transport.ts";

/** The client, as the server sees it. */
export interface MemoryWire {
  send(outgoing: { readonly message: unknown }): void;
  close(reason: string): void;
}

/** Takes a client on; what it returns is the server's end of the connection. */
export type MemoryServer = (wire: MemoryWire) => {
  receive(message: unknown): void;
  gone(): void;
};

export function memoryTransport(accept: MemoryServer): OpenTransport {
  return async (handlers, signal) => {
    signal.throwIfAborted();
    let over = false;
    const end = (reason: string): void => {
      if (over) return;
      over = true;
      const facts: ConnectionEnd = { reason, exitCode: null, signal: null, stderrTail: [] };
      queueMicrotask(() => handlers.onClose(facts));
    };
    // Each hop is a microtask, so that neither side is called in the middle of its own sending.
    const receiver = accept({
      send: ({ message }) => queueMicrotask(() => over || handlers.onMessage(message)),
      close: (reason) => end(`The app-server closed the connection: ${reason}`),
    });
    return {
      send: async (message) => {
        if (over) throw new Error("the connection is closed");
        queueMicrotask(() => over || receiver.receive(message));
      },
      close: async () => {
        if (over) return;
        end("The connection was closed");
        receiver.gone();
      },
      stderrTail: () => [],
    };
  };
}
