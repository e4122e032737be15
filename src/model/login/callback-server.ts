import { timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { AgentError, messageOf } from "../../protocol/errors.ts";

/** The browser came back. `close` answers it: the page tells the user how the login ended. */
export interface Arrival {
  readonly parameters: URLSearchParams;
  close(page: string): void;
}

export interface CallbackServer {
  readonly redirectUri: string;
  /** The first request that knows our state. There is no second. */
  readonly arrival: Promise<Arrival>;
  stop(): void;
}

/** Those that Codex's client id may come back to. */
export const codexPorts = [1455, 1457] as const;

const path = "/auth/callback";
const maxUrlLength = 8192;

/** Listens on the loopback address, on the first of the ports that is free. @throws AgentError `config` where none is */
export async function listenForBrowser(state: string, ports: readonly number[] = codexPorts): Promise<CallbackServer> {
  let arrived: (arrival: Arrival) => void = () => {};
  const arrival = new Promise<Arrival>((resolve) => {
    arrived = resolve;
  });
  let used = false;
  const server = createServer({ headersTimeout: 5000, requestTimeout: 5000 }, (incoming, outgoing) => {
    const parameters = parametersOf(incoming, (server.address() as AddressInfo | null)?.port ?? 0);
    if (parameters === null) return say(outgoing, 404, "There is nothing here.");
    if (!sameText(parameters.get("state") ?? "", state))
      return say(outgoing, 400, "This is not the login that is waiting here.");
    if (used) return say(outgoing, 400, "This login has been used.");
    used = true;
    arrived({ parameters, close: (page) => say(outgoing, 200, page) });
  });
  server.maxConnections = 16;
  const port = await firstFree(server, ports);
  return {
    redirectUri: `http://127.0.0.1:${port}${path}`,
    arrival,
    stop() {
      server.close();
      // What was said is still sent; who says nothing any more is not waited for.
      server.closeIdleConnections();
      setTimeout(() => server.closeAllConnections(), 1000).unref();
      server.unref();
    },
  };
}

/** Null for what is no visit of the user's own browser to our address. */
function parametersOf(incoming: IncomingMessage, port: number): URLSearchParams | null {
  const { url = "", method } = incoming;
  const host = incoming.headers.host ?? "";
  // Another name that leads here is that of a page which wants to speak with us.
  if (host !== `127.0.0.1:${port}` && host !== `localhost:${port}`) return null;
  if (method !== "GET" || url.length > maxUrlLength) return null;
  const asked = URL.canParse(url, "http://127.0.0.1") ? new URL(url, "http://127.0.0.1") : null;
  return asked?.pathname === path ? asked.searchParams : null;
}

function say(outgoing: ServerResponse, status: number, text: string): void {
  outgoing.writeHead(status, {
    "content-type": "text/plain; charset=utf-8",
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    connection: "close",
  });
  outgoing.end(`${text}\n`);
}

async function firstFree(server: ReturnType<typeof createServer>, ports: readonly number[]): Promise<number> {
  for (const port of ports) {
    try {
      await new Promise<void>((resolve, reject) => {
        server.once("error", reject);
        server.listen(port, "127.0.0.1", () => {
          server.off("error", reject);
          resolve();
        });
      });
      return (server.address() as AddressInfo).port;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE")
        throw new AgentError("config", `the browser cannot come back to this machine: ${messageOf(error)}`);
    }
  }
  throw new AgentError(
    "config",
    `the browser has no port to come back to: other programs listen on ${ports.join(" and ")}, perhaps a login that still waits; end them, or log in with \`codex-agent login --device\``,
  );
}

function sameText(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
