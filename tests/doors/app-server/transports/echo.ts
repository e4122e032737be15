import { Outgoing, type Accept, type Wire } from "../../../../src/doors/app-server/wire.ts";

/** A server that sends each message back as `{ echo }`, and keeps who is there. */
export interface Echo {
  readonly accept: Accept;
  readonly wires: Wire[];
  readonly received: unknown[];
  gone: number;
}

export function echo(): Echo {
  const server: Echo = {
    wires: [],
    received: [],
    gone: 0,
    accept(wire) {
      server.wires.push(wire);
      return {
        receive(message) {
          server.received.push(message);
          wire.send(new Outgoing({ method: "echo", params: message }));
        },
        gone() {
          server.gone++;
        },
      };
    },
  };
  return server;
}
