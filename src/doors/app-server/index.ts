/** `codex-agent/app-server`: the app-server in your program, without a process and without a wire. */
import { nodeSystem } from "../../system/node.ts";
import { openServer } from "./open-server.ts";
import type { Receiver, Wire } from "./wire.ts";

export interface AppServerOptions {
  /** Where threads begin that name no folder, absolute. Default: the process's own. */
  cwd?: string;
  /** The environment: homes, keys, what commands start with. Default: the process's own. */
  env?: Readonly<Record<string, string>>;
}

export interface InProcessAppServer {
  /** Takes a client on: `transport` of `createClient`. Messages are handed over as they are, and are nobody's to change. */
  accept(wire: Pick<Wire, "send" | "close">): Receiver;
  /** Ends what runs, in every thread, and then the connections. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Opens one; it does nothing before a client asks it to. */
export function openAppServer(options: AppServerOptions = {}): InProcessAppServer {
  const { cwd = process.cwd(), env } = options;
  const machine = nodeSystem();
  const environment = { ...machine.environment, ...(env !== undefined && { variables: { ...env } }) };
  const { server, close } = openServer({ ...machine, environment }, cwd, {});
  const wires = new Set<Pick<Wire, "close">>();
  const end = async (): Promise<void> => {
    await close();
    for (const wire of wires) wire.close("the server was closed");
    wires.clear();
  };
  return {
    accept(wire) {
      wires.add(wire);
      const receiver = server.accept({
        send: (outgoing) => wire.send(outgoing),
        close: (reason) => wire.close(reason),
        // Nothing is ever missed: what is sent is there at once.
        tellMissed: () => undefined,
      });
      return {
        receive: (message) => receiver.receive(message),
        gone() {
          wires.delete(wire);
          receiver.gone();
        },
      };
    },
    close: end,
    [Symbol.asyncDispose]: end,
  };
}
