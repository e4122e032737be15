import type { OAuthClientMetadata } from "@modelcontextprotocol/client";

/** Who we say that we are when a server takes new clients: a program without a secret, on the user's machine. */
export const clientMetadata = (redirectUrl: string, scopes: readonly string[]): OAuthClientMetadata => ({
  client_name: "codex-agent",
  redirect_uris: [redirectUrl],
  grant_types: ["authorization_code", "refresh_token"],
  response_types: ["code"],
  token_endpoint_auth_method: "none",
  ...(scopes.length > 0 && { scope: scopes.join(" ") }),
});
