import { existsSync } from "node:fs";
import { chmod, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { readLogin, type ChatgptTokens } from "../../../src/config/secrets/stored-login.ts";
import { freshTokens, renewRefused, type SessionPlace } from "../../../src/model/login/chatgpt-session.ts";
import { loginWeb } from "../../../src/model/login/ask.ts";
import { nodeSystem } from "../../../src/system/node.ts";
import {
  authJson,
  startFakeIssuer,
  unsignedJwt,
  type FakeIssuer,
  type IssuerOptions,
} from "../../support/fake-issuer.ts";
import { makeStage } from "../../support/run.ts";

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

interface Scene {
  issuer: FakeIssuer;
  place: SessionPlace;
  file: string;
  tokens(): ChatgptTokens;
  stored(): Promise<{ tokens: Record<string, unknown> } & Record<string, unknown>>;
}

/** A home with a login whose access token is good for so many seconds. */
async function scene(expiresIn: number, options: IssuerOptions = {}): Promise<Scene> {
  const issuer = await startFakeIssuer(options);
  closing.push(() => issuer.close());
  const stage = await makeStage({ homeFiles: { "auth.json": authJson(issuer, issuer.grant(expiresIn)) } });
  closing.push(() => stage.dispose());
  const file = join(stage.codexHome, "auth.json");
  const place = { codexHome: stage.codexHome, clock: nodeSystem().clock, web: loginWeb({}) };
  return {
    issuer,
    place,
    file,
    tokens() {
      const login = readLogin(stage.codexHome);
      if (login?.type !== "chatgpt") throw new Error("no login");
      return login.tokens;
    },
    stored: async () => JSON.parse(await readFile(file, "utf8")),
  };
}

it("tokens that are good for more than five minutes are taken as they are", async () => {
  const { issuer, place, tokens } = await scene(310);
  expect(await freshTokens(tokens(), place)).toEqual(tokens());
  expect(issuer.requests).toEqual([]);
});

it("a token without a date is good until a server refuses it", async () => {
  const { issuer, place, tokens } = await scene(3600);
  const undated = { ...tokens(), accessToken: { reveal: () => "opaque" } as ChatgptTokens["accessToken"] };
  expect(await freshTokens(undated, place)).toBe(undated);
  expect(issuer.requests).toEqual([]);
});

it("a token that runs out soon is renewed, and the file keeps what is not ours", async () => {
  const { issuer, place, tokens, stored, file } = await scene(200);
  await chmod(file, 0o644);
  const before = await stored();
  const fresh = await freshTokens(tokens(), place);
  const after = await stored();
  expect(fresh.accessToken.reveal()).toBe(after.tokens["access_token"]);
  expect(after.tokens).toEqual({
    ...before.tokens,
    id_token: expect.any(String),
    access_token: expect.any(String),
    refresh_token: "refresh-token-2",
  });
  expect({ ...after, tokens: null }).toEqual({ ...before, tokens: null, last_refresh: expect.any(String) });
  expect(after["last_refresh"]).not.toBe(before["last_refresh"]);
  expect(Object.keys(after)).toEqual(Object.keys(before));
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(issuer.asked("/oauth/token").map(({ body }) => body)).toEqual([
    {
      client_id: "app_EMoamEEZ73f0CkXaXp7hrann",
      grant_type: "refresh_token",
      refresh_reason: "proactive_expiry",
      refresh_token: "refresh-token-1",
    },
  ]);
});

it("many requests at once make one renewal", async () => {
  const { issuer, place, tokens } = await scene(-10);
  const all = await Promise.all(Array.from({ length: 20 }, () => freshTokens(tokens(), place)));
  expect(new Set(all.map(({ accessToken }) => accessToken.reveal())).size).toBe(1);
  expect(issuer.asked("/oauth/token")).toHaveLength(1);
});

it("what another program has renewed already is not renewed again", async () => {
  const { issuer, place, tokens, file } = await scene(3600);
  const refused = tokens();
  await writeFile(file, authJson(issuer, issuer.grant(3600)));
  expect((await renewRefused(refused, place)).refreshToken?.reveal()).toBe("refresh-token-2");
  expect(issuer.requests).toEqual([]);
});

it("a refused renewal is none where another program was quicker", async () => {
  const { issuer, place, tokens, file } = await scene(-10);
  issuer.onRefresh = async () => {
    issuer.refuseRefresh("refresh-token-1", "refresh_token_reused");
    await writeFile(file, authJson(issuer, issuer.grant(3600)));
  };
  const fresh = await freshTokens(tokens(), place);
  expect(fresh.refreshToken?.reveal()).toBe("refresh-token-2");
  expect(issuer.asked("/oauth/token")).toHaveLength(1);
});

it("where the other program's token has run out as well, its refresh token is used", async () => {
  const { issuer, place, tokens, file } = await scene(-10);
  issuer.onRefresh = async ({ body }) => {
    if (body["refresh_token"] !== "refresh-token-1") return;
    issuer.refuseRefresh("refresh-token-1", "refresh_token_reused");
    await writeFile(file, authJson(issuer, issuer.grant(-5)));
  };
  const fresh = await freshTokens(tokens(), place);
  expect(fresh.refreshToken?.reveal()).toBe("refresh-token-3");
  expect(issuer.asked("/oauth/token").map(({ body }) => body["refresh_token"])).toEqual([
    "refresh-token-1",
    "refresh-token-2",
  ]);
});

it.each([
  ["refresh_token_expired", "it has run out"],
  ["refresh_token_reused", "it was used before"],
  ["refresh_token_invalidated", "it was taken back"],
  ["something_else", "status 401"],
])("a renewal that is refused with %s says so, without a token, and leaves the file", async (code, why) => {
  const { issuer, place, tokens, file } = await scene(-10);
  issuer.refuseRefresh("refresh-token-1", code);
  const before = await readFile(file, "utf8");
  const error: Error & { code?: string } = await freshTokens(tokens(), place).then(
    () => new Error("renewed"),
    (thrown: Error) => thrown,
  );
  expect(error).toMatchObject({ code: "unauthorized", message: expect.stringContaining(why) });
  expect(error.message).toContain("codex-agent login");
  expect(error.message).not.toContain("refresh-token");
  expect(await readFile(file, "utf8")).toBe(before);
});

it("an issuer that fails is no reason to send nothing while the token is good", async () => {
  const { issuer, place, tokens } = await scene(200);
  issuer.refreshStatus = 500;
  expect(await freshTokens(tokens(), place)).toEqual(tokens());
  const { place: late, tokens: old, issuer: failing } = await scene(-1);
  failing.refreshStatus = 503;
  await expect(freshTokens(old(), late)).rejects.toMatchObject({ code: "connection_failed" });
});

it("who logs out while tokens are renewed stays out", async () => {
  const { issuer, place, tokens, file } = await scene(-10);
  const { removeLogin } = await import("../../../src/config/secrets/store-login.ts");
  issuer.onRefresh = async () => void (await removeLogin(place.codexHome));
  await freshTokens(tokens(), place);
  expect(existsSync(file)).toBe(false);
});

it("who logs in as somebody else while tokens are renewed is not overwritten, and nobody goes on as them", async () => {
  const { issuer, place, tokens, file } = await scene(-10);
  const other = authJson(issuer, issuer.grant(3600)).replace('"account-1"', '"account-2"');
  issuer.onRefresh = () => writeFile(file, other);
  await freshTokens(tokens(), place);
  expect(await readFile(file, "utf8")).toBe(other);
  const old = { ...tokens(), accountId: "account-1" };
  await expect(renewRefused(old, place)).rejects.toThrow("another account has logged in");
});

it("a login without a refresh token, or whose issuer is reached in the open, cannot be renewed", async () => {
  const { place, tokens, stored, file } = await scene(-10);
  const auth = await stored();
  await writeFile(file, JSON.stringify({ ...auth, tokens: { ...auth.tokens, refresh_token: "" } }));
  await expect(freshTokens(tokens(), place)).rejects.toThrow("no refresh token");
  const plain = { ...auth.tokens, oauth_provenance: { issuer: "http://issuer.example", client_id: "x" } };
  await writeFile(file, JSON.stringify({ ...auth, tokens: plain }));
  await expect(freshTokens(tokens(), place)).rejects.toThrow("must be an https URL");
});

it("claims of what is no token say nothing", async () => {
  const { claimsOf } = await import("../../../src/config/secrets/login-claims.ts");
  const nothing = { email: null, plan: null, accountId: null, userId: null, expiresAt: null, isFedramp: false };
  for (const text of ["", "a.b", "a.b.c", "..", `x.${Buffer.from("[1]").toString("base64url")}.y`])
    expect(claimsOf(text)).toEqual(nothing);
  const auth = { chatgpt_account_is_fedramp: true, user_id: "u" };
  const token = unsignedJwt({ exp: 1.5, "https://api.openai.com/auth": auth });
  expect(claimsOf(token)).toEqual({ ...nothing, expiresAt: 1500, userId: "u", isFedramp: true });
});
