import type { Transport } from "@modelcontextprotocol/client";
import { loadLibrary } from "../library.ts";
import { limitedFetch } from "./limited-fetch.ts";

/** A server at an address, over streamable HTTP; with the login that is kept for it, if there is one. */
export async function httpTransport(
  name: string,
  url: string,
  headers: Readonly<Record<string, string>>,
  runtimeHome: string,
): Promise<Transport> {
  const [{ StreamableHTTPClientTransport }, { keptLogin }] = await Promise.all([
    loadLibrary(),
    import("../oauth/kept-login.ts"),
  ]);
  const login = "authorization" in headers ? null : keptLogin(name, url, runtimeHome);
  return new StreamableHTTPClientTransport(new URL(url), {
    fetch: limitedFetch,
    requestInit: { headers: { ...headers } },
    ...login,
  });
}
