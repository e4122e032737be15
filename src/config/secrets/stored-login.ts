import { isTable } from "../toml/toml-values.ts";
import { readAuthFile, type AuthFile } from "./auth-file.ts";
import { claimsOf } from "./login-claims.ts";
import { Secret } from "./secret.ts";

/** The tokens of a ChatGPT login. */
export interface ChatgptTokens {
  readonly accessToken: Secret;
  /** Null: this login cannot be renewed. */
  readonly refreshToken: Secret | null;
  /** Says who it is. */
  readonly idToken: Secret | null;
  /** The workspace that requests are counted on. */
  readonly accountId: string | null;
  /** Who gave them, where the file says so. */
  readonly issuer: string | null;
  readonly clientId: string | null;
}

/** What `auth.json` is a login with. `other`: one of a kind that only Codex knows. */
export type StoredLogin =
  | { readonly type: "apiKey"; readonly key: Secret }
  | { readonly type: "chatgpt"; readonly tokens: ChatgptTokens }
  | { readonly type: "other"; readonly mode: string };

/** Null where nobody is logged in. @throws AgentError `credentials_missing` for a file that cannot be read */
export function readLogin(codexHome: string): StoredLogin | null {
  const auth = readAuthFile(codexHome);
  return auth === null ? null : loginOf(auth);
}

/** The file without `auth_mode` is that of older versions, in which a key went first. */
export function loginOf(auth: AuthFile): StoredLogin | null {
  const mode = textOf(auth["auth_mode"]);
  const key = textOf(auth["OPENAI_API_KEY"]);
  if (key !== null && (mode === null || mode === "apikey")) return { type: "apiKey", key: new Secret(key) };
  const tokens = isTable(auth["tokens"]) ? tokensOf(auth["tokens"]) : null;
  if (mode === null || mode === "chatgpt") return tokens === null ? null : { type: "chatgpt", tokens };
  return mode === "apikey" ? null : { type: "other", mode };
}

function tokensOf(tokens: Record<string, unknown>): ChatgptTokens | null {
  const access = textOf(tokens["access_token"]);
  if (access === null) return null;
  const id = textOf(tokens["id_token"]);
  const refresh = textOf(tokens["refresh_token"]);
  const from = isTable(tokens["oauth_provenance"]) ? tokens["oauth_provenance"] : {};
  return {
    accessToken: new Secret(access),
    refreshToken: refresh === null ? null : new Secret(refresh),
    idToken: id === null ? null : new Secret(id),
    accountId: textOf(tokens["account_id"]) ?? (id === null ? null : claimsOf(id).accountId),
    issuer: textOf(from["issuer"]),
    clientId: textOf(from["client_id"]),
  };
}

function textOf(value: unknown): string | null {
  const text = typeof value === "string" ? value.trim() : "";
  return text === "" ? null : text;
}
