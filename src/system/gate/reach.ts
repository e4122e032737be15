import { lookup } from "node:dns/promises";
import { connect, isIP, type Socket } from "node:net";
import type { GateRules } from "../ports.ts";
import { isPublic } from "./addresses.ts";

/** A host as it is judged: a name in lower case without a dot at its end, or an address in its usual form. */
export interface Target {
  readonly host: string;
  readonly port: number;
}

/** Why there is no connection, in a sentence for who asked. */
export class GateError extends Error {
  override readonly name = "GateError";
  readonly status: 400 | 403 | 502 | 503;

  constructor(status: 400 | 403 | 502 | 503, message: string) {
    super(message);
    this.status = status;
  }
}

/** All addresses of a name. */
export type Resolve = (name: string) => Promise<string[]>;

export const systemResolve: Resolve = async (name) => {
  const found = await lookup(name, { all: true });
  return found.map(({ address }) => address);
};

const connectMs = 10_000;
/** Of RFC 1035. */
const longestName = 253;

/**
 * What a text means as a host: the same for whoever reads it next, however it was written (percent signs, numbers for
 * addresses, letters that look like others). Null when it is none.
 */
export function targetOf(host: string, port: number): Target | null {
  if (/[\s/?#@\\]/.test(host) || !Number.isInteger(port) || port < 1 || port > 65_535) return null;
  let name: string;
  try {
    name = new URL(`http://${host.includes(":") && !host.startsWith("[") ? `[${host}]` : host}/`).hostname;
  } catch {
    return null;
  }
  if (name.startsWith("[")) name = name.slice(1, -1);
  if (name.endsWith(".")) name = name.slice(0, -1);
  return name === "" || name.length > longestName ? null : { host: name, port };
}

/**
 * Connects to a host that the rules allow, by the addresses that its name has now: nobody looks it up a second time.
 * @throws {GateError}
 */
export async function reach(target: Target, rules: GateRules, resolve: Resolve): Promise<Socket> {
  const { host, port } = target;
  const refuse = (reason: string): never => {
    rules.onHost({ host, port, refusal: reason });
    throw new GateError(403, `${host}:${port} may not be reached: ${reason}`);
  };
  const refusal = rules.refusal(host, port);
  if (refusal !== null) return refuse(refusal);
  let addresses = [host];
  if (isIP(host) === 0) {
    try {
      addresses = await resolve(host);
    } catch {
      throw new GateError(502, `${host} is allowed, but was not found`);
    }
    const good = addresses.filter((address) => isPublic(address) || rules.allowsAddress(address, port));
    if (good.length === 0) {
      return refuse(
        `its name leads to ${addresses.join(", ") || "no address"}, which is not public and not allowed itself`,
      );
    }
    addresses = good;
  }
  rules.onHost({ host, port, refusal: null });
  let failure = "";
  for (const address of addresses) {
    try {
      return await connectTo(address, port);
    } catch (error) {
      failure = (error as Error).message;
    }
  }
  throw new GateError(502, `${host}:${port} is allowed, but does not answer: ${failure}`);
}

function connectTo(address: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port, allowHalfOpen: true });
    const fail = (error: Error): void => {
      socket.destroy();
      reject(error);
    };
    socket.setTimeout(connectMs, () => fail(new Error("it took too long")));
    socket.once("error", fail);
    socket.once("connect", () => {
      socket.setTimeout(0);
      socket.removeAllListeners("timeout");
      socket.off("error", fail);
      resolve(socket);
    });
  });
}

/** Hands on what comes from either side, until both have ended. */
export function join(one: Socket, other: Socket): void {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    from.pipe(to);
    from.on("error", () => to.destroy());
    // What it has said may still be on its way to a slow reader.
    from.on("close", () => to.destroySoon());
    // It may have gone while the other one was on its way.
    if (from.destroyed) to.destroy();
  }
}
