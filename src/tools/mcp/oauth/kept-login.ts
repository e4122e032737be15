import type { OAuthClientProvider } from "@modelcontextprotocol/client";
import { clientMetadata } from "./client-metadata.ts";
import { readLogin, writeLogin } from "./login-store.ts";

/**
 * The login of `mcp login`, for a connection: its tokens are shown to the server, and renewed where they have grown
 * old. Null where nobody has logged in. Whatever would need a browser is an error that says how to log in.
 */
export function keptLogin(name: string, url: string, runtimeHome: string): OAuthClientProvider | null {
  if (readLogin(name, url, runtimeHome) === null) return null;
  const again = (): never => {
    throw new Error(`its login has run out: run \`codex-agent mcp login ${name}\``);
  };
  return {
    redirectUrl: "http://127.0.0.1/callback",
    clientMetadata: clientMetadata("http://127.0.0.1/callback", []),
    // Read each time: another process may have renewed them.
    clientInformation: () => readLogin(name, url, runtimeHome)?.client,
    tokens: () => readLogin(name, url, runtimeHome)?.tokens,
    saveTokens(tokens) {
      const login = readLogin(name, url, runtimeHome);
      if (login !== null) writeLogin(name, { ...login, tokens: { ...login.tokens, ...tokens } }, runtimeHome);
    },
    redirectToAuthorization: again,
    saveCodeVerifier: () => {},
    codeVerifier: again,
  };
}
