import { createHash, randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface IssuerRequest {
  method: string;
  path: string;
  headers: IncomingMessage["headers"];
  /** The fields of a JSON or form body. */
  body: Record<string, unknown>;
}

export interface IssuerOptions {
  email?: string;
  plan?: string;
  accountId?: string;
  /** How long access tokens are good, seconds; default an hour. */
  lifeSeconds?: number;
  /** Times that a device is told to ask again; each answer in turn, then the code. */
  devicePolls?: readonly { status: number; body: unknown }[];
  /** What a device is told to wait between two questions, seconds. */
  deviceInterval?: string;
}

/** An issuer of ChatGPT logins on the loopback address, with the backend that takes its tokens. */
export interface FakeIssuer {
  readonly url: string;
  /** `chatgpt_base_url` of the backend. */
  readonly backend: string;
  readonly requests: IssuerRequest[];
  /** Those of one path, in order. */
  asked(path: string): IssuerRequest[];
  /** Tokens as a login long ago brought them. `expiresIn`: seconds, of the access token; may be negative. */
  grant(expiresIn: number): GrantedTokens;
  /** Takes access tokens back: the backend refuses them from now on. */
  refuseAccess(token: string): void;
  /** Takes a refresh token back, with this code. */
  refuseRefresh(token: string, code: string): void;
  /** Called before a renewal is answered. */
  onRefresh: (request: IssuerRequest) => Promise<void> | void;
  /** Status that every renewal is answered with, null: the right one. */
  refreshStatus: number | null;
  /** What a browser does with the page that a login names, when its user says yes (or `error`): the address it is sent back to. */
  visit(page: string, error?: string): URL;
  close(): Promise<void>;
}

export interface GrantedTokens {
  id_token: string;
  access_token: string;
  refresh_token: string;
}

const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");

export const unsignedJwt = (claims: Record<string, unknown>): string =>
  `${encoded({ alg: "none", typ: "JWT" })}.${encoded(claims)}.${Buffer.from("signature").toString("base64url")}`;

const usage = {
  account_id: "counted-on",
  plan_type: "plus",
  rate_limit: {
    allowed: true,
    limit_reached: false,
    primary_window: { used_percent: 12, limit_window_seconds: 18_000, reset_after_seconds: 1, reset_at: 1_900_000_000 },
    secondary_window: {
      used_percent: 30,
      limit_window_seconds: 604_800,
      reset_after_seconds: 2,
      reset_at: 1_900_001_000,
    },
  },
  credits: { has_credits: false, unlimited: false, balance: "0" },
};

export async function startFakeIssuer(options: IssuerOptions = {}): Promise<FakeIssuer> {
  const { email = "me@example.test", plan = "plus", accountId = "account-1", lifeSeconds = 3600 } = options;
  const requests: IssuerRequest[] = [];
  /** Refresh tokens: good, or the code that they are refused with. */
  const refreshTokens = new Map<string, string | null>();
  const accessTokens = new Set<string>();
  const codes = new Map<string, { challenge: string; redirectUri: string }>();
  const devicePolls = [...(options.devicePolls ?? [])];
  let count = 0;

  function grant(expiresIn: number): GrantedTokens {
    count++;
    const now = Math.floor(Date.now() / 1000);
    const auth = { chatgpt_plan_type: plan, chatgpt_user_id: "user-1", chatgpt_account_id: accountId };
    const named = { "https://api.openai.com/auth": auth, iat: now, n: count };
    const access = unsignedJwt({ ...named, exp: now + expiresIn });
    accessTokens.add(access);
    refreshTokens.set(`refresh-token-${count}`, null);
    const id = unsignedJwt({ ...named, exp: now + 3600, email, sub: "subject" });
    return { id_token: id, access_token: access, refresh_token: `refresh-token-${count}` };
  }

  const issuer: Omit<FakeIssuer, "url" | "backend" | "close"> = {
    requests,
    asked: (path) => requests.filter((request) => request.path === path),
    grant,
    refuseAccess: (token) => accessTokens.delete(token),
    refuseRefresh: (token, code) => refreshTokens.set(token, code),
    onRefresh: () => {},
    refreshStatus: null,
    visit(page, error) {
      const { searchParams: asked } = new URL(page);
      const redirectUri = asked.get("redirect_uri")!;
      const back = new URL(redirectUri);
      if (error === undefined) {
        const code = randomBytes(8).toString("hex");
        codes.set(code, { challenge: asked.get("code_challenge")!, redirectUri });
        back.searchParams.set("code", code);
      } else back.searchParams.set("error", error);
      back.searchParams.set("state", asked.get("state")!);
      return back;
    },
  };

  const send = (outgoing: ServerResponse, status: number, body: unknown): void => {
    outgoing.writeHead(status, { "content-type": "application/json" });
    outgoing.end(JSON.stringify(body));
  };

  async function answerToken(request: IssuerRequest, outgoing: ServerResponse): Promise<void> {
    const { body } = request;
    if (body["grant_type"] === "authorization_code") {
      const known = codes.get(String(body["code"]));
      codes.delete(String(body["code"]));
      const challenge = createHash("sha256").update(String(body["code_verifier"])).digest("base64url");
      const fits = known !== undefined && known.challenge === challenge && known.redirectUri === body["redirect_uri"];
      return fits ? send(outgoing, 200, grant(lifeSeconds)) : send(outgoing, 400, { error: "invalid_grant" });
    }
    await issuer.onRefresh(request);
    if (issuer.refreshStatus !== null) return send(outgoing, issuer.refreshStatus, { error: "later" });
    const token = String(body["refresh_token"]);
    const refusal = refreshTokens.has(token) ? refreshTokens.get(token)! : "refresh_token_invalidated";
    if (refusal !== null) return send(outgoing, 401, { error: { code: refusal, message: `no: ${token}` } });
    refreshTokens.set(token, "refresh_token_reused");
    send(outgoing, 200, grant(lifeSeconds));
  }

  function answerModel(request: IssuerRequest, outgoing: ServerResponse): void {
    const token = request.headers.authorization?.replace("Bearer ", "") ?? "";
    if (!accessTokens.has(token)) return send(outgoing, 401, { error: { code: "token_expired", message: "expired" } });
    outgoing.writeHead(200, { "content-type": "text/event-stream" });
    const events = [
      { type: "response.created", response: { id: "r" } },
      {
        type: "response.output_item.done",
        item: { type: "message", role: "assistant", content: [{ type: "output_text", text: "hello" }] },
      },
      {
        type: "response.completed",
        response: { id: "r", usage: { input_tokens: 1, output_tokens: 1, total_tokens: 2 } },
      },
    ];
    outgoing.end(events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join(""));
  }

  async function answer(request: IssuerRequest, outgoing: ServerResponse): Promise<void> {
    switch (request.path) {
      case "/oauth/token":
        return answerToken(request, outgoing);
      case "/oauth/revoke":
        refreshTokens.set(String(request.body["token"]), "refresh_token_invalidated");
        return send(outgoing, 200, {});
      case "/api/accounts/deviceauth/usercode":
        return send(outgoing, 200, {
          device_auth_id: "device-1",
          user_code: "ABCD-1234",
          interval: options.deviceInterval ?? "0.01",
        });
      case "/api/accounts/deviceauth/token": {
        const poll = devicePolls.shift();
        if (poll !== undefined) return send(outgoing, poll.status, poll.body);
        const verifier = randomBytes(16).toString("hex");
        const challenge = createHash("sha256").update(verifier).digest("base64url");
        codes.set("device-code", { challenge, redirectUri: `http://${request.headers.host}/deviceauth/callback` });
        return send(outgoing, 200, {
          authorization_code: "device-code",
          code_challenge: challenge,
          code_verifier: verifier,
        });
      }
      case "/backend-api/codex/responses":
        return answerModel(request, outgoing);
      case "/backend-api/wham/usage":
        return send(outgoing, 200, usage);
      case "/backend-api/wham/accounts/check":
        return send(outgoing, 200, {
          accounts: [
            {
              id: accountId,
              workspace_backend_origin: "https://localhost:9",
              account_routing_override: "NO_CONSTRAINT",
              plan_type: plan,
              structure: "personal",
            },
          ],
          account_ordering: [accountId],
          default_account_id: accountId,
        });
      default:
        return send(outgoing, 404, { error: "nothing here" });
    }
  }

  const server = createServer((incoming, outgoing) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of incoming) chunks.push(chunk as Buffer);
      const request: IssuerRequest = {
        method: incoming.method ?? "",
        path: new URL(incoming.url ?? "/", "http://issuer").pathname,
        headers: incoming.headers,
        body: fieldsOf(Buffer.concat(chunks).toString("utf8")),
      };
      requests.push(request);
      await answer(request, outgoing);
    })().catch(() => outgoing.destroy());
  });
  server.on("upgrade", (_incoming, socket) =>
    socket.end("HTTP/1.1 426 Upgrade Required\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"),
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return Object.assign(issuer, {
    url,
    backend: `${url}/backend-api/`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}

function fieldsOf(text: string): Record<string, unknown> {
  if (text === "") return {};
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return Object.fromEntries(new URLSearchParams(text));
  }
}

/** `auth.json` of a login with such tokens, as Codex 0.169 writes it, and with what somebody else put there. */
export function authJson(issuer: FakeIssuer, tokens: GrantedTokens, more: Record<string, unknown> = {}): string {
  const file = {
    auth_mode: "chatgpt",
    OPENAI_API_KEY: null,
    tokens: {
      ...tokens,
      oauth_provenance: { issuer: issuer.url, client_id: "app_EMoamEEZ73f0CkXaXp7hrann" },
      login_owner_id: "owner",
      account_id: "account-1",
      of_tomorrow: ["kept"],
    },
    last_refresh: "2026-01-01T00:00:00.000Z",
    of_tomorrow: { also: "kept" },
    ...more,
  };
  return JSON.stringify(file, null, 2);
}
