import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { AgentError } from "../../protocol/errors.ts";
import { isLoopbackName } from "../../system/loopback.ts";
import { Refusal } from "./refusal.ts";

const digest = (text: string): Buffer => createHash("sha256").update(text).digest();

/** Who may ask. @throws AgentError `config` for a place that strangers reach and no token keeps them from */
export function gateOf(options: {
  host: string;
  token: string | null;
  allowedHosts: readonly string[];
}): (request: IncomingMessage, path: string) => void {
  const { host, token } = options;
  const local = isLoopbackName(host);
  if (!local && token === null)
    throw new AgentError(
      "config",
      `${host} can be reached from other machines: give the bridge a token (--token-file FILE), or listen on 127.0.0.1`,
    );
  const expected = token === null ? null : digest(token);
  const names = new Set([...options.allowedHosts, host].map((name) => name.toLowerCase()));
  // Behind an address that is no loopback one, clients know it by names that nobody here can know; the token keeps pages out.
  const namesCount = local || options.allowedHosts.length > 0;
  return (request, path) => {
    const { headers } = request;
    // Browsers name the page that asks, programs do not. A page may also give this machine a name of its own.
    if (headers.origin !== undefined) throw new Refusal(403, "pages of browsers may not ask this bridge");
    const name = (headers.host ?? "").replace(/:\d*$/, "").toLowerCase();
    if (namesCount && !isLoopbackName(name) && !names.has(name))
      throw new Refusal(
        403,
        "the Host header does not name this bridge: ask for the address that it said when it began",
      );
    if (expected === null || path === "/healthz" || path === "/health") return;
    const bearer = /^bearer[ \t]+(\S+)[ \t]*$/i.exec(headers.authorization ?? "")?.[1] ?? "";
    // Digests have one length, and tell nothing of how far a wrong token was right.
    if (!timingSafeEqual(digest(bearer), expected))
      throw new Refusal(401, "this bridge wants its token as `Authorization: Bearer TOKEN`", {
        code: "invalid_api_key",
        headers: { "www-authenticate": "Bearer" },
      });
  };
}
