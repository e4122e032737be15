import { isIP } from "node:net";
import { resolve } from "node:path";
import { AgentError } from "../../../protocol/errors.ts";
import type { Accept } from "../wire.ts";
import type { Authorize } from "./auth.ts";
import type { Serving, Tell } from "./serving.ts";
import type { Place } from "./tcp.ts";

/** Where a server listens. */
export type Listen =
  | { readonly type: "stdio" }
  | { readonly type: "off" }
  /** `path` null: the socket of the Codex home. */
  | { readonly type: "unix"; readonly path: string | null }
  | ({ readonly type: "ws" } & Place);

/** Reads a `--listen` URL; a text says what is wrong with it, in Codex's words. */
export function parseListen(url: string): Listen | string {
  if (url === "stdio://") return { type: "stdio" };
  if (url === "off") return { type: "off" };
  if (url.startsWith("unix://")) {
    const path = url.slice("unix://".length);
    return { type: "unix", path: path === "" ? null : path };
  }
  if (url.startsWith("ws://")) {
    const place = placeOf(url.slice("ws://".length));
    return place === null
      ? `invalid websocket --listen URL \`${url}\`; expected \`ws://IP:PORT\``
      : { type: "ws", ...place };
  }
  return `unsupported --listen URL \`${url}\`; expected \`stdio://\`, \`unix://\`, \`unix://PATH\`, \`ws://IP:PORT\`, or \`off\``;
}

function placeOf(text: string): Place | null {
  const [, inBrackets, plain, digits = ""] = /^(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/.exec(text) ?? [];
  const address = inBrackets ?? plain ?? "";
  const port = Number(digits);
  const isAddress = inBrackets === undefined ? isIP(address) === 4 : isIP(address) === 6;
  return isAddress && port <= 65_535 ? { address, port } : null;
}

/**
 * Starts the transport.
 * @throws AgentError `config` where it cannot be started.
 */
export async function serve(
  listen: Listen,
  accept: Accept,
  options: { readonly authorize: Authorize | null; readonly codexHome: string; readonly tell: Tell },
): Promise<Serving> {
  const { authorize, codexHome, tell } = options;
  switch (listen.type) {
    case "off":
      throw new AgentError("config", "no transport configured; use --listen");
    case "stdio": {
      const { serveStdio } = await import("./stdio.ts");
      return serveStdio(accept, { stdin: process.stdin, stdout: process.stdout, tell });
    }
    case "unix": {
      const { defaultSocket, serveUnix } = await import("./unix.ts");
      const path = listen.path === null ? defaultSocket(codexHome) : resolve(listen.path);
      return serveUnix(accept, path, codexHome, { tell });
    }
    case "ws": {
      const { serveTcp } = await import("./tcp.ts");
      return serveTcp(accept, listen, { authorize, tell });
    }
  }
}
