import type { ResultOf } from "../../../../protocol/codex-0.169/app-server/methods.ts";
import type { AppServer } from "../../app-server.ts";
import { refused } from "../../request-error.ts";
import { faultOfId } from "../../words/thread-ids.ts";
import { configOf } from "../../words/which-config.ts";
import type { Handlers } from "../handlers.ts";
import { providerOf } from "./models.ts";

type Methods =
  | "account/read"
  | "account/login/start"
  | "account/login/cancel"
  | "account/logout"
  | "account/rateLimits/read"
  | "account/rateLimitResetCredit/consume"
  | "account/usage/read"
  | "account/workspaceMessages/read"
  | "account/securitySetup/read"
  | "account/sendAddCreditsNudgeEmail"
  | "account/gatewayOAuth/read"
  | "account/gatewayOAuth/login"
  | "account/gatewayOAuth/cancel"
  | "getAuthStatus";

/** What a vendor keeps for those who are logged in with an account of its own, which nobody is here. */
async function onlyWithAccount(server: AppServer, what: string): Promise<never> {
  const { stored, needed } = await server.client.call("account/read", configOf(server));
  throw refused(`${stored !== null && needed ? "chatgpt" : "codex account"} authentication required ${what}`);
}

const laterLogins: Readonly<Record<string, string>> = {
  chatgpt: "a login by way of ChatGPT is not supported yet; log in with an API key",
  chatgptDeviceCode: "a login by way of ChatGPT is not supported yet; log in with an API key",
  chatgptAuthTokens: "tokens of ChatGPT are not supported yet; log in with an API key",
  amazonBedrock: "it is the account of one vendor; set up its gateway in model_providers of config.toml",
  amazonBedrockAccessKeys: "it is the account of one vendor; set up its gateway in model_providers of config.toml",
};

function tellUpdated(server: AppServer, authMode: "apikey" | null): void {
  server.tellAll({ method: "account/updated", params: { authMode, planType: null } });
}

export const account: Handlers<Methods> = {
  async "account/read"(_params, { server }): Promise<ResultOf<"account/read">> {
    const { stored, needed } = await server.client.call("account/read", configOf(server));
    return {
      account: needed && stored === "apiKey" ? { type: "apiKey" } : null,
      userId: null,
      requiresOpenaiAuth: needed,
      workspaceRouting: null,
    };
  },

  async "account/login/start"(params, { server, after }) {
    if (params.type !== "apiKey") throw refused(`${params.type}: ${laterLogins[params.type]}`);
    await server.client.call("account/login", { key: params.apiKey });
    after(() => {
      server.tellAll({
        method: "account/login/completed",
        params: { loginId: null, success: true, error: null, onboardingEntrypoint: null },
      });
      tellUpdated(server, "apikey");
    });
    return { type: "apiKey" };
  },

  async "account/login/cancel"({ loginId }) {
    if (faultOfId(loginId) !== null) throw refused(`invalid login id: ${loginId}`);
    return { status: "notFound" };
  },

  async "account/logout"(_params, { server, after }) {
    await server.client.call("account/logout", {});
    after(() => tellUpdated(server, null));
    return {};
  },

  "account/rateLimits/read": (_params, { server }) => onlyWithAccount(server, "to read rate limits"),
  async "account/rateLimitResetCredit/consume"({ idempotencyKey }, { server }) {
    if (idempotencyKey.trim() === "") throw refused("idempotencyKey must not be empty");
    return onlyWithAccount(server, "for rate limit reset credits");
  },
  "account/usage/read": (_params, { server }) => onlyWithAccount(server, "to read token usage"),
  "account/workspaceMessages/read": (_params, { server }) => onlyWithAccount(server, "to read workspace messages"),
  "account/securitySetup/read": async () => ({ notice: null }),
  "account/sendAddCreditsNudgeEmail": (_params, { server }) => onlyWithAccount(server, "to notify workspace owner"),

  async "account/gatewayOAuth/read"({ modelProvider }, { server }) {
    const { id, name } = await providerOf(server, modelProvider);
    return {
      providerId: id,
      providerName: name,
      required: false,
      supportsDeviceAuth: false,
      status: null,
      error: null,
    };
  },
  async "account/gatewayOAuth/login"({ modelProvider }, { server }) {
    await providerOf(server, modelProvider);
    throw refused("The selected provider does not use gateway OAuth");
  },
  "account/gatewayOAuth/cancel": async () => ({}),

  async getAuthStatus({ includeToken }, { server }) {
    const reveal = includeToken === true;
    const { stored, needed, key } = await server.client.call("account/read", { ...configOf(server), reveal });
    const usable = needed && stored === "apiKey";
    return { authMethod: usable ? "apikey" : null, authToken: usable ? key : null, requiresOpenaiAuth: needed };
  },
};
