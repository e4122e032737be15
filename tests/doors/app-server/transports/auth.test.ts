import { createHash, createHmac } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { authorizer, type AuthFlags } from "../../../../src/doors/app-server/transports/auth.ts";

let folder: string;
const file = (name: string): string => join(folder, name);
beforeAll(() => {
  folder = mkdtempSync("/var/tmp/auth-");
  writeFileSync(file("token"), "  secret-token \n");
  writeFileSync(file("empty"), "\n");
  writeFileSync(file("secret"), `${secret}\n`);
});
afterAll(() => rmSync(folder, { recursive: true }));

const secret = "0123456789012345678901234567890123456789";
const now = 1_800_000_000;
const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");

function jwt(claims: unknown, header: object = { alg: "HS256", typ: "JWT" }, key = secret, hash = "sha256"): string {
  const signed = `${part(header)}.${part(claims)}`;
  return `${signed}.${createHmac(hash, key).update(signed).digest("base64url")}`;
}

const check = (flags: AuthFlags, header: string | undefined): string | null =>
  authorizer(flags, () => now * 1000)!(header);

test.each([
  [undefined, "missing websocket bearer token"],
  ["Bearer secret-token", null],
  ["bearer secret-token", null],
  ["Bearer  secret-token ", null],
  ["Bearer x", "invalid websocket bearer token"],
  ["Bearer secret-token-and-more", "invalid websocket bearer token"],
  ["Basic x", "invalid authorization header"],
  ["Bearer", "invalid authorization header"],
  ["Bearer ", "invalid authorization header"],
  ["secret-token", "invalid authorization header"],
])("of a capability token, %j is answered with %j", (header, said) => {
  expect(check({ mode: "capability-token", tokenFile: file("token") }, header)).toBe(said);
  expect(check({ mode: "capability-token", tokenFile: relative(process.cwd(), file("token")) }, header)).toBe(said);
  const tokenSha256 = createHash("sha256").update("secret-token").digest("hex").toUpperCase();
  expect(check({ mode: "capability-token", tokenSha256 }, header)).toBe(said);
});

const invalid = "invalid websocket jwt";
const fits = { exp: now + 60, iss: "me", aud: "you" };
const claimCases: [string, unknown, string | null][] = [
  ["right claims", fits, null],
  ["one of several audiences", { ...fits, aud: ["x", "you"] }, null],
  ["more claims", { ...fits, iat: now + 1_000, sub: "s" }, null],
  ["an end that is just over", { ...fits, exp: now - 20 }, null],
  ["an end long over", { ...fits, exp: now - 31 }, "expired websocket jwt"],
  ["an end below zero", { ...fits, exp: -5 }, "expired websocket jwt"],
  ["a beginning that is near", { ...fits, nbf: now + 20 }, null],
  ["a beginning to come", { ...fits, nbf: now + 100 }, "websocket jwt is not valid yet"],
  ["another issuer", { ...fits, iss: "him" }, "websocket jwt issuer mismatch"],
  ["no issuer", { exp: now + 60, aud: "you" }, "websocket jwt issuer mismatch"],
  ["another audience", { ...fits, aud: "her" }, "websocket jwt audience mismatch"],
  ["no audience", { exp: now + 60, iss: "me" }, "websocket jwt audience mismatch"],
  ["no end", { iss: "me", aud: "you" }, invalid],
  ["an end that is text", { ...fits, exp: String(now + 60) }, invalid],
  ["an end that is no integer", { ...fits, exp: now + 60.5 }, invalid],
  ["a beginning that is text", { ...fits, nbf: "x" }, invalid],
  ["an issuer that is a number", { ...fits, iss: 5 }, invalid],
  ["a list", [1], invalid],
];
const flagsFor = (more: AuthFlags = {}): AuthFlags => ({
  mode: "signed-bearer-token",
  sharedSecretFile: file("secret"),
  issuer: "me",
  audience: "you",
  ...more,
});

test.each(claimCases)("a signed token with %s", (_what, claims, said) => {
  expect(check(flagsFor(), `Bearer ${jwt(claims)}`)).toBe(said);
});

const tokenCases: [string, () => string, string | null][] = [
  ["no type", () => jwt(fits, { alg: "HS256" }), null],
  ["another key", () => jwt(fits, undefined, "x"), invalid],
  ["no algorithm", () => `${part({ alg: "none" })}.${part(fits)}.`, invalid],
  ["another algorithm's name", () => jwt(fits, { alg: "HS384" }), invalid],
  ["another algorithm", () => jwt(fits, { alg: "HS512" }, secret, "sha512"), invalid],
  ["padding", () => `${jwt(fits)}=`, invalid],
  ["another payload", () => jwt(fits).replace(/\.[^.]+\./, `.${part({ ...fits, exp: now + 61 })}.`), invalid],
  ["words", () => "abc", invalid],
  ["three words", () => "a.b.c", invalid],
];
test.each(tokenCases)("a signed token of %s", (_what, make, said) => {
  expect(check(flagsFor(), `Bearer ${make()}`)).toBe(said);
});

test("without an issuer and an audience in the flags, any will do; the skew may be set", () => {
  const open = { mode: "signed-bearer-token", sharedSecretFile: file("secret") } as const;
  expect(check(open, `Bearer ${jwt({ exp: now + 60, iss: "x" })}`)).toBeNull();
  expect(check({ ...open, maxClockSkewSeconds: 0 }, `Bearer ${jwt({ exp: now })}`)).toBeNull();
  expect(check({ ...open, maxClockSkewSeconds: 0 }, `Bearer ${jwt({ exp: now - 1 })}`)).toBe("expired websocket jwt");
  expect(check({ ...open, maxClockSkewSeconds: 300 }, `Bearer ${jwt({ exp: now - 299 })}`)).toBeNull();
});

const needsMode = "websocket auth flags require `--ws-auth capability-token` or `--ws-auth signed-bearer-token`";
const forSigned =
  "`--ws-shared-secret-file`, `--ws-issuer`, `--ws-audience`, and `--ws-max-clock-skew-seconds` require `--ws-auth signed-bearer-token`";
const flagCases: [() => AuthFlags, string][] = [
  [() => ({ tokenFile: file("token") }), needsMode],
  [() => ({ issuer: "x" }), needsMode],
  [() => ({ maxClockSkewSeconds: 1 }), needsMode],
  [
    () => ({ mode: "capability-token" }),
    "`--ws-token-file` or `--ws-token-sha256` is required when `--ws-auth capability-token` is set",
  ],
  [
    () => ({ mode: "capability-token", tokenFile: file("token"), tokenSha256: "aa" }),
    "`--ws-token-file` and `--ws-token-sha256` are mutually exclusive",
  ],
  [
    () => ({ mode: "capability-token", tokenSha256: "aa" }),
    "--ws-token-sha256 must be a 64-character hex SHA-256 digest",
  ],
  [
    () => ({ mode: "capability-token", tokenSha256: "z".repeat(64) }),
    "--ws-token-sha256 must be a 64-character hex SHA-256 digest",
  ],
  [() => ({ mode: "capability-token", tokenFile: file("none") }), "failed to read websocket auth secret"],
  [() => ({ mode: "capability-token", tokenFile: file("empty") }), "must not be empty"],
  [() => ({ mode: "capability-token", tokenFile: file("token"), issuer: "a" }), forSigned],
  [
    () => ({ mode: "signed-bearer-token" }),
    "`--ws-shared-secret-file` is required when `--ws-auth signed-bearer-token` is set",
  ],
  [
    () => ({ mode: "signed-bearer-token", tokenFile: file("token") }),
    "`--ws-token-file` and `--ws-token-sha256` require `--ws-auth capability-token`, not `signed-bearer-token`",
  ],
  [() => ({ mode: "signed-bearer-token", sharedSecretFile: file("token") }), "must be at least 32 bytes"],
];
test.each(flagCases)("flags that do not fit are refused: %#", (flags, said) => {
  expect(() => authorizer(flags())).toThrow(said);
});

test("without flags everybody may come in", () => {
  expect(authorizer({})).toBeNull();
});
