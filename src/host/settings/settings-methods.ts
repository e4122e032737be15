import { configure } from "../configure.ts";
import type { MethodName, Methods, ParamsOf, ResultOf } from "../../protocol/methods.ts";
import type { ConfigOf, SettingsMethods } from "../../protocol/settings-methods.ts";
import { findHomes, type Homes } from "../../config/homes.ts";
import type { Config } from "../../config/config.ts";
import type { Ids } from "../../system/ids.ts";
import type { System } from "../../system/ports.ts";
import type { Cleaner } from "../outlet.ts";
import type { LiveThread } from "../thread/live-thread.ts";
import type { AccountLogins } from "./account-logins.ts";
import type { McpLogins } from "./mcp-logins.ts";

/** What the settings know of the host. */
export interface SettingsPlace {
  readonly system: System;
  readonly ids: Ids;
  /** @throws AgentError `thread_not_found` */
  live(threadId: string): LiveThread;
  /** Threads that are open. */
  threads(): Iterable<LiveThread>;
  /** Takes the secrets of the machine and of the thread out. */
  cleaner(threadId: string | null): Promise<Cleaner>;
}

/** Homes and environment of the process; the system's own configuration lies where Codex has it. */
const systemDirectory = "/etc/codex";

type Handlers = { [Name in keyof SettingsMethods & MethodName]: (params: ParamsOf<Name>) => Promise<ResultOf<Name>> };

/** Answers what doors ask about settings, accounts, skills and MCP servers. */
export function settingsMethods(place: SettingsPlace): Handlers {
  const { system } = place;
  const homes = (): Homes => findHomes(system.environment.variables);
  const configOf = ({ cwd, ...flags }: ConfigOf): Promise<Config> =>
    // The root is no project: nothing but the user's own files and the flags has a say there.
    configure({ ...plain(flags), cwd: cwd ?? "/" }, system);
  let logins: Promise<McpLogins> | null = null;
  const allLogins = (): Promise<McpLogins> =>
    (logins ??= import("./mcp-logins.ts").then(({ McpLogins: Logins }) => new Logins(place.ids)));
  let accountLogins: Promise<AccountLogins> | null = null;
  const allAccountLogins = (): Promise<AccountLogins> =>
    (accountLogins ??= import("./account-logins.ts").then(({ AccountLogins: Logins }) => new Logins(place.ids)));
  return {
    "config/read": async (params) => (await import("./config-methods.ts")).readConfig(params, homes(), systemDirectory),
    "config/write": async (params) => {
      const { changeConfig } = await import("./config-methods.ts");
      return changeConfig(params, homes(), systemDirectory);
    },
    "requirements/read": async () => (await import("./facts.ts")).requirementFacts(systemDirectory),
    "feature/list": async ({ threadId, ...which }) => {
      const config = threadId === undefined ? await configOf(which) : place.live(threadId).config;
      return (await import("./facts.ts")).featureFacts(config);
    },
    "profile/list": async (params) => (await import("./facts.ts")).profileFacts(params, homes(), systemDirectory),
    "model/list": async (params) => (await import("./facts.ts")).modelFacts(await configOf(params)),
    "provider/list": async (params) =>
      (await import("./facts.ts")).providerFacts(
        await import("./config-methods.ts").then(({ readConfig }) => readConfig(params, homes(), systemDirectory)),
      ),
    "provider/local": async (which) => {
      const { localFacts } = await import("./local-facts.ts");
      return localFacts(
        (overrides) => configOf({ ...which, overrides: [...(which.overrides ?? []), ...overrides] }),
        system,
      );
    },
    "account/read": async ({ reveal = false, renew = false, ...which }) =>
      (await import("./account.ts")).readAccount(await configOf(which), { reveal, renew }, system),
    "account/limits": async (which) => (await import("./account.ts")).readLimits(await configOf(which), system),
    "account/login": async ({ key, ...which }) => (await import("./account.ts")).logIn(await configOf(which), key),
    "account/login/begin": async ({ way, ...which }) =>
      (await allAccountLogins()).begin(await configOf(which), way, system),
    "account/login/wait": async ({ loginId }) => (await allAccountLogins()).wait(loginId),
    "account/login/cancel": async ({ loginId }) => (await allAccountLogins()).cancel(loginId),
    "account/logout": async () => (await import("./account.ts")).logOut(homes().codex, system),
    "skill/list": async ({ extraRoots = [], ...which }) =>
      (await import("./skill-methods.ts")).listSkills(await configOf(which), extraRoots),
    "skill/roots": async (which) => (await import("./skill-methods.ts")).rootsOf(await configOf(which)),
    "skill/switch": async ({ skill, enabled }) =>
      (await import("./skill-methods.ts")).switchSkill(homes(), skill, enabled),
    "mcp/status": async ({ threadId, server, brief = false, ...which }) => {
      const { threadServers, configuredServers } = await import("./mcp-methods.ts");
      const choice = { only: server ?? null, brief };
      const { servers } = await (threadId === undefined
        ? configuredServers(await configOf(which), choice)
        : threadServers(place.live(threadId), choice));
      // A server's last words may be any.
      const clean = await place.cleaner(threadId ?? null);
      return { servers: servers.map((one) => ({ ...one, failure: clean(one.failure) })) };
    },
    "mcp/resource": async ({ threadId, server, uri, ...which }) => {
      const { threadResource, configuredResource } = await import("./mcp-methods.ts");
      if (threadId !== undefined) return threadResource(place.live(threadId), server, uri);
      return configuredResource(await configOf(which), server, uri);
    },
    "mcp/call": async ({ threadId, ...call }) =>
      (await import("./mcp-methods.ts")).callTool(place.live(threadId), call),
    "mcp/login": async ({ server, scopes = null, limitMs, ...which }) =>
      (await allLogins()).begin(await configOf(which), { server, scopes, limitMs: limitMs ?? null }),
    "mcp/login/wait": async ({ loginId }) => (await allLogins()).wait(loginId),
    "mcp/reload": async () => {
      for (const live of place.threads()) await live.reloadServers();
      return {};
    },
  };
}

/** Without what is not said. */
function plain(flags: Omit<ConfigOf, "cwd">): Partial<Methods["thread/start"]["params"]> {
  return Object.fromEntries(Object.entries(flags).filter(([, value]) => value !== undefined));
}
