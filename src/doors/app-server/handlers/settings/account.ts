import { PlanType } from "../../../../protocol/codex-0.169/app-server/account.ts";
import { messageOf } from "../../../../protocol/errors.ts";
import type { ResultOf } from "../../../../protocol/codex-0.169/app-server/methods.ts";
import type { AppServer } from "../../app-server.ts";
import { refused } from "../../request-error.ts";
import { wireLimits } from "../../words/limits.ts";
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

/** What a vendor keeps for accounts of its own, and what is not asked of it here. */
async function onlyWithAccount(server: AppServer, what: string): Promise<never> {
  const { stored, needed } = await server.client.call("account/read", configOf(server));
  if (stored === "chatgpt" && needed) throw refused(`not supported: what a ChatGPT account needs ${what}`);
  throw refused(`${stored !== null && needed ? "chatgpt" : "codex account"} authentication required ${what}`);
}

const otherLogins: Readonly<Record<string, string>> = {
  chatgptAuthTokens: "tokens that a client brings are not supported; log in with chatgpt, or with an API key",
  amazonBedrock: "it is the account of one vendor; set up its gateway in model_providers of config.toml",
  amazonBedrockAccessKeys: "it is the account of one vendor; set up its gateway in model_providers of config.toml",
};

const plans = new Set<string>(PlanType.kind === "choice" ? PlanType.values : []);
const planOf = (plan: string | null): PlanType => (plan !== null && plans.has(plan) ? (plan as PlanType) : "unknown");

/** Tells everybody who is logged in now. */
async function tellUpdated(server: AppServer): Promise<void> {
  // Whoever cannot be told this, since the configuration cannot be read, is told why when something needs it.
  const now = await server.client.call("account/read", configOf(server)).catch(() => null);
  if (now === null) return;
  const { stored, account } = now;
  const authMode = stored === "apiKey" ? "apikey" : stored === "chatgpt" ? "chatgpt" : null;
  const planType = account === null ? null : planOf(account.plan);
  server.tellAll({ method: "account/updated", params: { authMode, planType } });
}

function tellCompleted(server: AppServer, loginId: string | null, error: string | null): void {
  const params = { loginId, success: error === null, error, onboardingEntrypoint: null };
  server.tellAll({ method: "account/login/completed", params });
}

/** A login in the browser or with a code; how it ends is told when it does. */
async function beginLogin(server: AppServer, way: "browser" | "device", after: (work: () => void) => void) {
  const begun = await server.client.call("account/login/begin", { ...configOf(server), way });
  const done = server.client.call("account/login/wait", { loginId: begun.loginId });
  after(() => {
    done.then(
      () => {
        tellCompleted(server, begun.loginId, null);
        void tellUpdated(server);
      },
      (error: unknown) => tellCompleted(server, begun.loginId, messageOf(error)),
    );
  });
  return begun;
}

export const account: Handlers<Methods> = {
  async "account/read"({ refreshToken }, { server }): Promise<ResultOf<"account/read">> {
    const which = { ...configOf(server), renew: refreshToken === true };
    const { stored, needed, account: of } = await server.client.call("account/read", which);
    const chatgpt = needed && of !== null;
    return {
      account: chatgpt
        ? { type: "chatgpt", email: of.email, planType: planOf(of.plan), workspaceName: null }
        : needed && stored === "apiKey"
          ? { type: "apiKey" }
          : null,
      userId: chatgpt ? of.userId : null,
      requiresOpenaiAuth: needed,
      workspaceRouting: null,
    };
  },

  async "account/login/start"(params, { server, after }) {
    switch (params.type) {
      case "apiKey":
        await server.client.call("account/login", { ...configOf(server), key: params.apiKey });
        after(() => {
          tellCompleted(server, null, null);
          void tellUpdated(server);
        });
        return { type: "apiKey" };
      case "chatgpt": {
        const { loginId, page } = await beginLogin(server, "browser", after);
        return { type: "chatgpt", loginId, authUrl: page };
      }
      case "chatgptDeviceCode": {
        const { loginId, page, userCode } = await beginLogin(server, "device", after);
        return { type: "chatgptDeviceCode", loginId, verificationUrl: page, userCode: userCode ?? "" };
      }
      default:
        throw refused(`${params.type}: ${otherLogins[params.type]}`);
    }
  },

  async "account/login/cancel"({ loginId }, { server }) {
    if (faultOfId(loginId) !== null) throw refused(`invalid login id: ${loginId}`);
    const { canceled } = await server.client.call("account/login/cancel", { loginId });
    return { status: canceled ? "canceled" : "notFound" };
  },

  async "account/logout"(_params, { server, after }) {
    await server.client.call("account/logout", {});
    after(() => void tellUpdated(server));
    return {};
  },

  async "account/rateLimits/read"(_params, { server }) {
    const { stored, needed } = await server.client.call("account/read", configOf(server));
    if (!needed || stored !== "chatgpt") return onlyWithAccount(server, "to read rate limits");
    const { plan, accountId, limits } = await server.client.call("account/limits", configOf(server));
    const rateLimits = { ...wireLimits(limits), planType: planOf(plan) };
    return {
      accountId,
      ordinaryUsageAllowed: null,
      rateLimitResetCredits: null,
      rateLimitUpsell: null,
      rateLimits,
      rateLimitsByLimitId: { codex: rateLimits },
    };
  },
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

  async getAuthStatus({ includeToken, refreshToken }, { server }) {
    const reveal = includeToken === true;
    const { stored, needed, key } = await server.client.call("account/read", {
      ...configOf(server),
      reveal,
      renew: refreshToken === true,
    });
    const methods = { apiKey: "apikey", chatgpt: "chatgpt" } as const;
    const method = needed && stored !== null && stored !== "other" ? methods[stored] : null;
    return { authMethod: method, authToken: method === null ? null : key, requiresOpenaiAuth: needed };
  },
};
