import type { IncomingMessage } from "node:http";
import { isLoopbackName } from "../../../system/loopback.ts";
import type { Authorize } from "./auth.ts";

/** What a request is answered with; null: a WebSocket. */
export interface Answer {
  readonly status: number;
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Door {
  readonly authorize: Authorize | null;
  /** Names under which the server may be asked for, besides those of the loopback; null: any. */
  readonly hosts: readonly string[] | null;
}

const healthPaths = ["/healthz", "/readyz"];

/**
 * Judges a request before anything is done for it. Browsers name the page that asks in `Origin`, and programs do not: no
 * page gets in. `Host` is looked at too, since a page can have a name of its own point at this machine.
 */
export function answerTo(request: IncomingMessage, door: Door): Answer | null {
  const { headers, method = "GET", url = "/" } = request;
  if (headers.origin !== undefined) return { status: 403 };
  if (door.hosts !== null && !isOurs(headers.host, door.hosts)) {
    return {
      status: 403,
      text: "The Host header does not name this server: ask for localhost, or for the address that it listens on.",
    };
  }
  if (healthPaths.includes(url.split("?", 1)[0]!)) {
    const isRead = method === "GET" || method === "HEAD";
    return isRead ? { status: 200 } : { status: 405, headers: { allow: "GET,HEAD" } };
  }
  const wrong = wrongUpgrade(request);
  if (wrong !== null) return wrong;
  const refused = door.authorize?.(headers.authorization) ?? null;
  return refused === null ? null : { status: 401, text: refused };
}

function wrongUpgrade({ headers, method }: IncomingMessage): Answer | null {
  if (method !== "GET") return { status: 405, text: "Request method must be `GET`" };
  const says = (text: string): Answer => ({ status: 400, text });
  if (!/(^|[\s,])upgrade($|[\s,])/i.test(headers.connection ?? ""))
    return says("Connection header did not include 'upgrade'");
  if (headers.upgrade?.toLowerCase() !== "websocket") return says("`Upgrade` header did not include 'websocket'");
  if (headers["sec-websocket-version"] !== "13") return says("`Sec-WebSocket-Version` header did not include '13'");
  if (headers["sec-websocket-key"] === undefined) return says("`Sec-WebSocket-Key` header missing");
  return null;
}

function isOurs(host: string | undefined, names: readonly string[]): boolean {
  const name = (host ?? "").replace(/:\d*$/, "").toLowerCase();
  return isLoopbackName(name) || names.includes(name.replace(/^\[(.*)\]$/, "$1"));
}
