import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { AgentError, messageOf } from "../../../protocol/errors.ts";

/** Why a client is not let in; null: it is. The text is for the client, as Codex words it. */
export type Authorize = (authorization: string | undefined) => string | null;

export const authModes = ["capability-token", "signed-bearer-token"] as const;

/** What the command line says of it. */
export interface AuthFlags {
  readonly mode?: (typeof authModes)[number] | undefined;
  readonly tokenFile?: string | undefined;
  /** Of the token, in hexadecimal digits. */
  readonly tokenSha256?: string | undefined;
  readonly sharedSecretFile?: string | undefined;
  readonly issuer?: string | undefined;
  readonly audience?: string | undefined;
  readonly maxClockSkewSeconds?: number | undefined;
}

const leastSecretBytes = 32;
const usualSkewSeconds = 30;

/**
 * How clients of a WebSocket show that they may come in; null: they need not.
 * @throws AgentError `config` for flags that do not go together, and for secrets that cannot be used.
 */
export function authorizer(flags: AuthFlags, nowMs: () => number = Date.now): Authorize | null {
  checkTogether(flags);
  if (flags.mode === undefined) return null;
  const check = flags.mode === "capability-token" ? tokenCheck(flags) : jwtCheck(flags, nowMs);
  return (authorization) => {
    if (authorization === undefined) return "missing websocket bearer token";
    const bearer = /^bearer[ \t]+(\S.*)$/i.exec(authorization.trim())?.[1];
    return bearer === undefined ? "invalid authorization header" : check(bearer);
  };
}

function checkTogether(flags: AuthFlags): void {
  const forTokens = flags.tokenFile !== undefined || flags.tokenSha256 !== undefined;
  const forJwts = [flags.sharedSecretFile, flags.issuer, flags.audience, flags.maxClockSkewSeconds].some(
    (flag) => flag !== undefined,
  );
  if (flags.mode === undefined && (forTokens || forJwts)) {
    throw wrong("websocket auth flags require `--ws-auth capability-token` or `--ws-auth signed-bearer-token`");
  }
  if (flags.mode === "capability-token" && forJwts) {
    throw wrong(
      "`--ws-shared-secret-file`, `--ws-issuer`, `--ws-audience`, and `--ws-max-clock-skew-seconds` require `--ws-auth signed-bearer-token`",
    );
  }
  if (flags.mode === "signed-bearer-token" && forTokens) {
    throw wrong(
      "`--ws-token-file` and `--ws-token-sha256` require `--ws-auth capability-token`, not `signed-bearer-token`",
    );
  }
}

function tokenCheck({ tokenFile, tokenSha256 }: AuthFlags): (token: string) => string | null {
  const expected = tokenDigest(tokenFile, tokenSha256);
  // Digests have one length, and tell nothing of how far a wrong token was right.
  return (token) => (timingSafeEqual(sha256(token), expected) ? null : "invalid websocket bearer token");
}

function tokenDigest(file: string | undefined, digest: string | undefined): Buffer {
  if (file !== undefined && digest !== undefined) {
    throw wrong("`--ws-token-file` and `--ws-token-sha256` are mutually exclusive");
  }
  if (file !== undefined) return sha256(readSecret(file).secret);
  if (digest === undefined) {
    throw wrong("`--ws-token-file` or `--ws-token-sha256` is required when `--ws-auth capability-token` is set");
  }
  if (!/^[0-9a-f]{64}$/i.test(digest)) throw wrong("--ws-token-sha256 must be a 64-character hex SHA-256 digest");
  return Buffer.from(digest, "hex");
}

const sha256 = (text: string): Buffer => createHash("sha256").update(text).digest();

/** JSON Web Tokens (RFC 7519) signed with HMAC and SHA-256, of which `exp` must be there. */
function jwtCheck(flags: AuthFlags, nowMs: () => number): (token: string) => string | null {
  if (flags.sharedSecretFile === undefined) {
    throw wrong("`--ws-shared-secret-file` is required when `--ws-auth signed-bearer-token` is set");
  }
  const { secret, path } = readSecret(flags.sharedSecretFile);
  if (Buffer.byteLength(secret) < leastSecretBytes) {
    throw wrong(`signed websocket bearer secret ${path} must be at least ${leastSecretBytes} bytes`);
  }
  const skew = flags.maxClockSkewSeconds ?? usualSkewSeconds;
  return (token) => {
    const claims = readJwt(token, secret);
    if (claims === null) return "invalid websocket jwt";
    const now = Math.floor(nowMs() / 1000);
    if (now > claims.exp + skew) return "expired websocket jwt";
    if (typeof claims.nbf === "number" && now < claims.nbf - skew) return "websocket jwt is not valid yet";
    if (flags.issuer !== undefined && claims.iss !== flags.issuer) return "websocket jwt issuer mismatch";
    const audiences = Array.isArray(claims.aud) ? claims.aud : [claims.aud];
    if (flags.audience !== undefined && !audiences.includes(flags.audience)) return "websocket jwt audience mismatch";
    return null;
  };
}

interface Claims {
  /** Seconds since the Unix epoch, as `nbf` is. */
  exp: number;
  nbf?: number | null;
  iss?: string | null;
  aud?: string | string[] | null;
}

/** Null for whatever is no token of ours. */
function readJwt(token: string, secret: string): Claims | null {
  const [head, body, signature, ...more] = token.split(".");
  if (head === undefined || body === undefined || signature === undefined || more.length > 0) return null;
  if (![head, body, signature].every((part) => /^[\w-]+$/.test(part))) return null;
  const expected = createHmac("sha256", secret).update(`${head}.${body}`).digest();
  const said = Buffer.from(signature, "base64url");
  if (said.length !== expected.length || !timingSafeEqual(said, expected)) return null;
  const [header, claims] = [readPart(head), readPart(body)];
  return header?.["alg"] === "HS256" && isClaims(claims) ? claims : null;
}

function readPart(part: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, "base64url").toString());
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : null;
  } catch {
    return null;
  }
}

function isClaims(claims: object | null): claims is Claims {
  if (claims === null) return false;
  const { exp, nbf, iss, aud } = claims as Record<string, unknown>;
  const isText = (value: unknown): boolean => typeof value === "string";
  return (
    Number.isInteger(exp) &&
    (nbf === undefined || nbf === null || Number.isInteger(nbf)) &&
    (iss === undefined || iss === null || isText(iss)) &&
    (aud === undefined || aud === null || isText(aud) || (Array.isArray(aud) && aud.every(isText)))
  );
}

function readSecret(file: string): { secret: string; path: string } {
  const path = resolve(file);
  let secret: string;
  try {
    secret = readFileSync(path, "utf8").trim();
  } catch (error) {
    throw wrong(`failed to read websocket auth secret ${path}: ${messageOf(error)}`);
  }
  if (secret === "") throw wrong(`websocket auth secret ${path} must not be empty`);
  return { secret, path };
}

const wrong = (message: string): AgentError => new AgentError("config", message);
