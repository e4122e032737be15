import { createHash, randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** An MCP server over streamable HTTP that takes no call without a token, and hands tokens out itself. */
export interface OAuthServer {
  readonly url: string;
  /** What a user does who says yes: follows the page to where it leads. */
  allow(page: string, refuse?: boolean): Promise<string>;
  /** From now on every token that was given is worth nothing but for its renewal. */
  expire(): void;
  readonly asked: string[];
  /** Tokens of a login, as the client `client-1` gets them. */
  give(): { access_token: string; refresh_token: string; token_type: string };
  /** How many calls came with a token that is worth nothing. */
  readonly refused: number;
  /** How often it was asked for a renewal. One that was used counts once: shown again, it ends all that was given. */
  readonly renewed: number;
  /** What no token of it reaches, where it is asked for. */
  wantsScope: string | null;
  /** Renewals are answered when this has resolved. */
  beforeRenewal: () => Promise<unknown>;
  close(): Promise<void>;
}

async function body(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

export async function startOAuthServer(): Promise<OAuthServer> {
  const valid = new Set<string>();
  const renewals = new Set<string>();
  const codes = new Map<string, { challenge: string; redirect: string }>();
  const asked: string[] = [];
  let base = "";
  let [refused, renewed] = [0, 0];

  const json = (outgoing: ServerResponse, status: number, value: unknown, headers = {}): void => {
    outgoing.writeHead(status, { "content-type": "application/json", ...headers });
    outgoing.end(value === undefined ? "" : JSON.stringify(value));
  };
  const give: OAuthServer["give"] = () => {
    const [access_token, refresh_token] = [randomUUID(), randomUUID()];
    valid.add(access_token);
    renewals.add(refresh_token);
    return { access_token, refresh_token, token_type: "Bearer" };
  };
  const token = (): object => ({ ...give(), expires_in: 3600 });

  const server = createServer((incoming, outgoing) => {
    void answer(incoming, outgoing);
  });
  async function answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const url = new URL(incoming.url ?? "/", base);
    asked.push(`${incoming.method} ${url.pathname}`);
    switch (url.pathname) {
      case "/.well-known/oauth-protected-resource":
      case "/.well-known/oauth-protected-resource/mcp":
        return json(outgoing, 200, { resource: `${base}/mcp`, authorization_servers: [base] });
      case "/.well-known/oauth-authorization-server":
        return json(outgoing, 200, {
          issuer: base,
          authorization_endpoint: `${base}/authorize`,
          token_endpoint: `${base}/token`,
          registration_endpoint: `${base}/register`,
          response_types_supported: ["code"],
          code_challenge_methods_supported: ["S256"],
          token_endpoint_auth_methods_supported: ["none"],
        });
      case "/register":
        return json(outgoing, 201, { ...(JSON.parse(await body(incoming)) as object), client_id: "client-1" });
      case "/authorize": {
        const back = new URL(url.searchParams.get("redirect_uri")!);
        back.searchParams.set("state", url.searchParams.get("state") ?? "");
        if (url.searchParams.get("refuse") === "yes") back.searchParams.set("error", "access_denied");
        else {
          const code = randomUUID();
          codes.set(code, { challenge: url.searchParams.get("code_challenge")!, redirect: back.origin });
          back.searchParams.set("code", code);
        }
        outgoing.writeHead(302, { location: back.href });
        return void outgoing.end();
      }
      case "/token": {
        const given = new URLSearchParams(await body(incoming));
        if (given.get("grant_type") === "refresh_token") {
          renewed++;
          const fits = renewals.delete(given.get("refresh_token") ?? "");
          if (!fits) for (const all of [valid, renewals]) all.clear();
          await oauth.beforeRenewal();
          return json(outgoing, fits ? 200 : 400, fits ? token() : { error: "invalid_grant" });
        }
        const code = codes.get(given.get("code") ?? "");
        const shown = createHash("sha256")
          .update(given.get("code_verifier") ?? "")
          .digest("base64url");
        const fits = code !== undefined && code.challenge === shown;
        return json(outgoing, fits ? 200 : 400, fits ? token() : { error: "invalid_grant" });
      }
      case "/mcp":
        return call(incoming, outgoing);
      default:
        return json(outgoing, 404, { error: "not found" });
    }
  }

  async function call(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const bearer = /^Bearer (.+)$/.exec(incoming.headers.authorization ?? "")?.[1];
    if (bearer === undefined || !valid.has(bearer)) {
      refused++;
      const where = `Bearer resource_metadata="${base}/.well-known/oauth-protected-resource/mcp"`;
      return json(outgoing, 401, { error: "invalid_token" }, { "www-authenticate": where });
    }
    if (oauth.wantsScope !== null) {
      const wish = `Bearer error="insufficient_scope", scope="${oauth.wantsScope}"`;
      return json(outgoing, 403, { error: "insufficient_scope" }, { "www-authenticate": wish });
    }
    if (incoming.method !== "POST") return json(outgoing, 405, {});
    const { id, method, params } = JSON.parse(await body(incoming)) as {
      id?: number;
      method: string;
      params?: Record<string, unknown>;
    };
    if (id === undefined) return json(outgoing, 202, undefined);
    const results: Record<string, unknown> = {
      initialize: {
        protocolVersion: params?.["protocolVersion"],
        capabilities: { tools: {} },
        serverInfo: { name: "locked", version: "1" },
      },
      "tools/list": {
        tools: [{ name: "whoami", inputSchema: { type: "object" }, annotations: { readOnlyHint: true } }],
      },
      "tools/call": { content: [{ type: "text", text: "somebody" }] },
    };
    json(outgoing, 200, { jsonrpc: "2.0", id, result: results[method] ?? {} });
  }

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const oauth: OAuthServer = {
    url: `${base}/mcp`,
    asked,
    give,
    get refused() {
      return refused;
    },
    get renewed() {
      return renewed;
    },
    wantsScope: null,
    beforeRenewal: async () => {},
    async allow(page, refuse = false) {
      const response = await fetch(refuse ? `${page}&refuse=yes` : page);
      return response.text();
    },
    expire: () => valid.clear(),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return oauth;
}
