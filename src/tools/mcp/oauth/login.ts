import { randomBytes, timingSafeEqual } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type {
  OAuthClientProvider,
  OAuthDiscoveryState,
  StoredOAuthClientInformation,
  StoredOAuthTokens,
} from "@modelcontextprotocol/client";
import { AgentError, messageOf } from "../../../protocol/errors.ts";
import { loadLibrary } from "../library.ts";
import { limitedFetch } from "../transport/limited-fetch.ts";
import { clientMetadata } from "./client-metadata.ts";
import { writeLogin } from "./login-store.ts";

export interface LoginRequest {
  readonly name: string;
  readonly url: string;
  readonly scopes: readonly string[];
  readonly runtimeHome: string;
  /** Port of the loopback address that the browser comes back to; null: any that is free. */
  readonly port: number | null;
  /** The page that the user has to open. */
  open(url: string): void;
  /** How long the user may take. */
  readonly limitMs: number;
}

/**
 * Logs in at a server by way of the user's browser: authorization code with PKCE, back to a port of this machine.
 * Keeps the tokens. @throws AgentError `mcp_failed`
 */
export async function login(request: LoginRequest): Promise<void> {
  const state = randomBytes(24).toString("base64url");
  const callback = await listen(request.port, state).catch((error: unknown) => {
    throw failed(request.name, portProblem(request.port, error));
  });
  try {
    await authorize(request, state, callback);
  } catch (error) {
    throw error instanceof AgentError ? error : failed(request.name, messageOf(error));
  } finally {
    callback.close();
  }
}

function portProblem(port: number | null, error: unknown): string {
  if (port === null) return messageOf(error);
  const taken = (error as NodeJS.ErrnoException).code === "EADDRINUSE";
  const why = taken ? "where another program listens" : messageOf(error);
  return `the browser cannot come back to port ${port} of this machine, ${why}; set mcp_oauth_callback_port to a free one, or leave it out`;
}

const failed = (name: string, why: string): AgentError =>
  new AgentError("mcp_failed", `The login at MCP server '${name}' failed: ${why}`);

async function authorize(request: LoginRequest, state: string, callback: Callback): Promise<void> {
  const { name, url, scopes, runtimeHome } = request;
  const { auth } = await loadLibrary();
  let client: StoredOAuthClientInformation | undefined;
  let tokens: StoredOAuthTokens | undefined;
  let verifier = "";
  let discovered: OAuthDiscoveryState | undefined;
  const provider: OAuthClientProvider = {
    redirectUrl: callback.url,
    clientMetadata: clientMetadata(callback.url, scopes),
    state: () => state,
    // Never one of before: it was registered for another port.
    clientInformation: () => client,
    saveClientInformation: (given) => {
      client = given;
    },
    tokens: () => tokens,
    saveTokens: (given) => {
      tokens = given;
    },
    redirectToAuthorization: (page) => request.open(page.href),
    saveCodeVerifier: (given) => {
      verifier = given;
    },
    codeVerifier: () => verifier,
    // Who the code must come from is what was found before the browser was opened.
    saveDiscoveryState: (found) => {
      discovered = found;
    },
    discoveryState: () => discovered,
  };
  const options = {
    serverUrl: url,
    fetchFn: limitedFetch,
    ...(scopes.length > 0 && { scope: scopes.join(" ") }),
  };
  if ((await auth(provider, options)) === "REDIRECT") {
    const parameters = await callback.wait(request.limitMs);
    const refused = parameters.get("error");
    if (refused !== null) throw failed(name, parameters.get("error_description") ?? refused);
    const authorizationCode = parameters.get("code");
    if (authorizationCode === null) throw failed(name, "the browser came back without a code");
    const iss = parameters.get("iss");
    await auth(provider, { ...options, authorizationCode, ...(iss !== null && { iss }) });
  }
  if (client === undefined || tokens === undefined) throw failed(name, "the server gave no token");
  writeLogin(name, { url, client, tokens }, runtimeHome);
}

interface Callback {
  readonly url: string;
  /** What the browser brought. */
  wait(limitMs: number): Promise<URLSearchParams>;
  close(): void;
}

/** Waits on the loopback address for the browser to come back. A request that does not know our state is not it. */
async function listen(port: number | null, state: string): Promise<Callback> {
  let arrived: (parameters: URLSearchParams) => void = () => {};
  const parameters = new Promise<URLSearchParams>((resolve) => {
    arrived = resolve;
  });
  const server: Server = createServer((incoming, outgoing) => {
    const asked = new URL(incoming.url ?? "/", "http://127.0.0.1");
    const fits = asked.pathname === "/callback" && equal(asked.searchParams.get("state") ?? "", state);
    outgoing.writeHead(fits ? 200 : 404, { "content-type": "text/plain; charset=utf-8", connection: "close" });
    outgoing.end(fits ? "Done. You can close this page and go back to the terminal.\n" : "There is nothing here.\n");
    if (fits) arrived(asked.searchParams);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port ?? 0, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/callback`,
    async wait(limitMs) {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<never>((_, reject) => {
        const minutes = Math.round(limitMs / 60_000);
        timer = setTimeout(() => reject(new Error(`nobody came back from the browser in ${minutes} minutes`)), limitMs);
      });
      try {
        return await Promise.race([parameters, late]);
      } finally {
        clearTimeout(timer);
      }
    },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function equal(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
