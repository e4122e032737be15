import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { AppClient } from "../../support/app-client.ts";
import { startFakeIssuer, type FakeIssuer, type IssuerOptions } from "../../support/fake-issuer.ts";
import { inOtherWords } from "./changes.ts";
import type { Desk, Dialogue } from "./dialogue.ts";
import { changed, inOurWords } from "./settings-wanted.ts";

const account = async (client: AppClient): Promise<void> => {
  await client.request("account/read", {});
  await client.request("getAuthStatus", {});
};

/** What only who is logged in by way of ChatGPT can ask for. */
const ofAccounts = async (client: AppClient): Promise<void> => {
  await client.request("account/rateLimits/read", {});
  await client.request("account/rateLimitResetCredit/consume", { idempotencyKey: "one" });
  await client.request("account/rateLimitResetCredit/consume", { idempotencyKey: "" });
  await client.request("account/usage/read", {});
  await client.request("account/workspaceMessages/read");
  await client.request("account/securitySetup/read");
  await client.request("account/sendAddCreditsNudgeEmail", { creditType: "credits" });
  await client.request("account/gatewayOAuth/read", {});
  await client.request("account/gatewayOAuth/read", { modelProvider: "nope" });
  await client.request("account/gatewayOAuth/login", {});
  await client.request("account/gatewayOAuth/cancel");
};

const login = async (client: AppClient, apiKey: string): Promise<void> => {
  await client.request("account/login/start", { type: "apiKey", apiKey });
  await client.next("account/updated");
};

async function stored({ stage }: Desk): Promise<string> {
  return readFile(join(stage.codexHome, "auth.json"), "utf8").catch(() => "none");
}

/** The file is the same for both, so that a login with the one is one with the other. */
async function expectStored(desk: Desk, wanted: string): Promise<void> {
  const found = await stored(desk);
  if (found.trim() !== wanted.trim()) throw new Error(`auth.json holds ${found}`);
}

const openai = { homeFiles: { "config.toml": `model = "gpt-5.5"\n` } };

/** Plays with an issuer of logins, which is ChatGPT's backend as well. */
async function withIssuer(
  desk: Desk,
  options: IssuerOptions,
  play: (client: AppClient, issuer: FakeIssuer) => Promise<void>,
): Promise<void> {
  const issuer = await startFakeIssuer({ deviceInterval: "1", ...options });
  try {
    desk.stage.env["CODEX_APP_SERVER_LOGIN_ISSUER"] = issuer.url;
    const config = `model = "gpt-5.5"\nchatgpt_base_url = "${issuer.backend}"\n`;
    await writeFile(join(desk.stage.codexHome, "config.toml"), config);
    await play(await desk.connect(), issuer);
  } finally {
    await issuer.close();
  }
}

/** What only the real one asks its vendor for. */
function withoutRouting(reply: Record<string, unknown>): unknown {
  const result = reply["result"] as Record<string, unknown> | undefined;
  if (result === undefined) return reply;
  if ("workspaceRouting" in result) result["workspaceRouting"] = null;
  return reply;
}

export const accountDialogues: Dialogue[] = [
  {
    name: "a provider of one's own needs no login",
    script: () => [],
    stage: { baseUrl: "http://127.0.0.1:9/v1" },
    async play(desk) {
      const client = await desk.connect();
      await account(client);
      await ofAccounts(client);
      await login(client, "sk-key");
      await account(client);
      await client.request("account/login/cancel", { loginId: "none" });
      await client.request("account/login/cancel", { loginId: "0199a213-81c0-7800-8aa1-bbab2a035a53" });
      await client.request("account/logout");
      await client.next("account/updated");
    },
    wanted: { reason: "Its own words.", change: (real) => changed(real, inOurWords) },
  },
  {
    name: "an API key is a login, is kept where Codex keeps it, and is forgotten",
    script: () => [],
    stage: openai,
    async play(desk) {
      const client = await desk.connect();
      await account(client);
      await login(client, "sk-key");
      await expectStored(desk, JSON.stringify({ auth_mode: "apikey", OPENAI_API_KEY: "sk-key" }, null, 2));
      await account(client);
      await client.request("getAuthStatus", { includeToken: true });
      await client.request("getAuthStatus", { includeToken: true, refreshToken: true });
      await ofAccounts(client);
      await client.request("account/login/start", { type: "apiKey" });
      await client.request("account/login/start", { type: "password" });
      await client.request("account/logout");
      await client.next("account/updated");
      await expectStored(desk, "none");
      await account(client);
      await client.request("account/logout");
      await client.next("account/updated");
    },
    wanted: { reason: "Its own words.", change: (real) => changed(real, inOurWords) },
  },
  {
    name: "a ChatGPT login by code is told of, shown, and forgotten",
    script: () => [],
    stage: openai,
    play: (desk) =>
      withIssuer(desk, {}, async (client) => {
        await account(client);
        await client.request("account/login/start", { type: "chatgptDeviceCode" });
        await client.next("account/login/completed");
        await client.next("account/updated");
        await account(client);
        await client.request("account/login/cancel", { loginId: "0199a213-81c0-7800-8aa1-bbab2a035a53" });
        await client.request("account/rateLimits/read", {});
        await client.request("account/logout");
        await client.next("account/updated");
        await account(client);
      }),
    wanted: {
      reason: "Where a workspace is served is not asked: chatgpt_base_url says it.",
      change: (real) => changed(real, withoutRouting),
    },
  },
  {
    name: "a ChatGPT login by code that comes to nothing",
    script: () => [],
    stage: openai,
    play: (desk) =>
      withIssuer(desk, { devicePolls: [{ status: 500, body: {} }] }, async (client) => {
        await client.request("account/login/start", { type: "chatgptDeviceCode" });
        await client.next("account/login/completed");
        await account(client);
      }),
    wanted: {
      reason: "Its own words.",
      change: (real) =>
        inOtherWords(real, {
          "device auth failed with status 500 Internal Server Error":
            "http://<model>: the login came to nothing (status 500)",
        }),
    },
  },
];
