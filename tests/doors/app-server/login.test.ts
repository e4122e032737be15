import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { appServerInMemory, type AppClient } from "../../support/app-client.ts";
import { authJson, startFakeIssuer, type FakeIssuer, type IssuerOptions } from "../../support/fake-issuer.ts";
import { holdLoginPorts } from "../../support/login-ports.ts";
import { makeStage, type Stage } from "../../support/run.ts";

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

interface Place {
  issuer: FakeIssuer;
  stage: Stage;
  client: AppClient;
  /** Connects one more. */
  other(): Promise<AppClient>;
  logIn(expiresIn: number): Promise<void>;
}

async function start(options: IssuerOptions = {}): Promise<Place> {
  const issuer = await startFakeIssuer(options);
  closing.push(() => issuer.close());
  const config = `chatgpt_base_url = "${issuer.backend}"\n`;
  const env = { CODEX_APP_SERVER_LOGIN_ISSUER: issuer.url };
  const stage = await makeStage({ homeFiles: { "config.toml": config }, env });
  closing.push(() => stage.dispose());
  const server = appServerInMemory(stage);
  closing.push(() => server.close());
  return {
    issuer,
    stage,
    client: await server.connect(),
    other: () => server.connect(),
    logIn: (expiresIn) => writeFile(join(stage.codexHome, "auth.json"), authJson(issuer, issuer.grant(expiresIn))),
  };
}

const ofPlus = { type: "chatgpt", email: "me@example.test", planType: "plus", workspaceName: null };

it("a login in the browser is told to every client, with who it is", async () => {
  closing.push(await holdLoginPorts());
  const { issuer, stage, client, other } = await start();
  const second = await other();
  const { authUrl, loginId, type } = await client.call("account/login/start", { type: "chatgpt" });
  expect(type).toBe("chatgpt");
  const page = await fetch(issuer.visit(String(authUrl)));
  expect([page.status, page.headers.get("content-security-policy")]).toEqual([200, "default-src 'none'"]);
  for (const each of [client, second]) {
    expect((await each.next("account/login/completed")).params).toMatchObject({ loginId, success: true, error: null });
    expect((await each.next("account/updated")).params).toEqual({ authMode: "chatgpt", planType: "plus" });
  }
  expect(await client.call("account/read", {})).toMatchObject({ account: ofPlus, userId: "user-1" });
  const stored = JSON.parse(await readFile(join(stage.codexHome, "auth.json"), "utf8"));
  const { access_token: token, refresh_token: refresh } = stored.tokens;
  expect(await client.call("getAuthStatus", { includeToken: true })).toMatchObject({ authToken: token });
  expect(JSON.stringify([client.told, second.told])).not.toMatch(new RegExp(`${token}|${refresh}`));
  expect(await client.call("account/login/cancel", { loginId })).toEqual({ status: "notFound" });
});

it("a login that is canceled, and one that another takes the place of, is told as failed", async () => {
  closing.push(await holdLoginPorts());
  const { client, stage } = await start();
  const first = await client.call("account/login/start", { type: "chatgpt" });
  expect(await client.call("account/login/cancel", { loginId: first["loginId"] })).toEqual({ status: "canceled" });
  const canceled = await client.next("account/login/completed");
  expect(canceled.params).toMatchObject({ loginId: first["loginId"], success: false });
  expect(canceled.params["error"]).toContain("canceled");
  const second = await client.call("account/login/start", { type: "chatgpt" });
  const third = await client.call("account/login/start", { type: "chatgpt" });
  const replaced = await client.next("account/login/completed");
  expect(replaced.params).toMatchObject({ loginId: second["loginId"], success: false });
  await client.call("account/login/cancel", { loginId: third["loginId"] });
  await client.next("account/login/completed");
  expect(existsSync(join(stage.codexHome, "auth.json"))).toBe(false);
});

it("a login by code is told when its user has typed it", async () => {
  const { issuer, client } = await start({ devicePolls: [{ status: 403, body: {} }] });
  const begun = await client.call("account/login/start", { type: "chatgptDeviceCode" });
  expect(begun).toMatchObject({ userCode: "ABCD-1234", verificationUrl: `${issuer.url}/codex/device` });
  const { params } = await client.next("account/login/completed");
  expect(params).toMatchObject({ loginId: begun["loginId"], success: true });
  expect(await client.call("account/read", {})).toMatchObject({ account: ofPlus });
});

it("what the account may still use is asked of its vendor, with a token that is good", async () => {
  const { issuer, client, logIn } = await start();
  const refused = await client.request("account/rateLimits/read", {});
  expect(refused).toMatchObject({ error: { message: expect.stringContaining("authentication required") } });
  await logIn(-5);
  const windows = {
    primary: { usedPercent: 12, windowDurationMins: 300, resetsAt: 1_900_000_000 },
    secondary: { usedPercent: 30, windowDurationMins: 10_080, resetsAt: 1_900_001_000 },
  };
  const limits = await client.call("account/rateLimits/read", {});
  expect(limits).toMatchObject({ accountId: "counted-on", rateLimits: { ...windows, planType: "plus" } });
  expect(limits["rateLimitsByLimitId"]).toEqual({ codex: limits["rateLimits"] });
  expect(issuer.asked("/oauth/token")).toHaveLength(1);
  expect(issuer.asked("/backend-api/wham/usage")[0]!.headers["chatgpt-account-id"]).toBe("account-1");
});

it("tokens are renewed where a client asks for that, and forgotten and taken back with the logout", async () => {
  const { issuer, client, logIn, stage } = await start();
  await logIn(3600);
  expect(await client.call("account/read", { refreshToken: true })).toMatchObject({ account: ofPlus });
  expect(issuer.asked("/oauth/token")).toHaveLength(1);
  await client.call("account/logout");
  expect((await client.next("account/updated")).params).toEqual({ authMode: null, planType: null });
  expect(existsSync(join(stage.codexHome, "auth.json"))).toBe(false);
  expect(issuer.asked("/oauth/revoke")[0]!.body["token"]).toBe("refresh-token-2");
});
