import { isAbsolute } from "node:path";
import type { HooksListEntry, SkillMetadata } from "../../../../protocol/codex-0.169/app-server/extensions.ts";
import type { SkillFacts } from "../../../../protocol/settings.ts";
import { refused } from "../../request-error.ts";
import { assertThreadId, invalid } from "../../words/thread-ids.ts";
import { configIn } from "../../words/which-config.ts";
import type { AppServer } from "../../app-server.ts";
import type { Handlers } from "../handlers.ts";

type Methods =
  | "skills/list"
  | "skills/extraRoots/set"
  | "skills/config/write"
  | "hooks/list"
  | "plugin/list"
  | "plugin/installed"
  | "app/list"
  | "app/read"
  | "app/installed";

/** What nobody says of a skill is left out, but for what Codex always says. */
function wireSkill({ shown, needs, shortDescription, ...skill }: SkillFacts): SkillMetadata {
  return {
    name: skill.name,
    description: skill.description,
    ...(shortDescription !== null && { shortDescription }),
    ...(shown !== null && { interface: { ...shown, iconSmallUrl: null, iconLargeUrl: null } }),
    ...(needs.length > 0 && {
      dependencies: {
        tools: needs.map(
          (need) =>
            Object.fromEntries(Object.entries(need).filter(([, value]) => value !== null)) as typeof need & object,
        ),
      },
    }),
    path: skill.path,
    scope: skill.scope,
    enabled: skill.enabled,
    pluginId: null,
  };
}

/** A thread that is asked about has to be there. */
function assertLoaded(server: AppServer, threadId: string | null | undefined): void {
  if (threadId == null) return;
  assertThreadId(threadId);
  server.loaded(threadId);
}

const folders = (server: AppServer, cwds: readonly string[] | undefined): readonly string[] =>
  cwds === undefined || cwds.length === 0 ? [server.surroundings.cwd] : cwds;

export const extensions: Handlers<Methods> = {
  async "skills/list"({ cwds }, { server }) {
    const data = await Promise.all(
      folders(server, cwds).map(async (cwd) => {
        const { skills, problems } = await server.client.call("skill/list", {
          ...configIn(server, cwd),
          extraRoots: server.skillRoots,
        });
        return { cwd, skills: skills.map(wireSkill), errors: problems };
      }),
    );
    return { data };
  },

  async "skills/extraRoots/set"({ extraRoots }, { server, after }) {
    const relative = extraRoots.find((root) => !isAbsolute(root));
    if (relative !== undefined) throw refused(`Invalid request: extraRoots: ${relative} is no absolute path`);
    server.skillRoots = extraRoots;
    after(() => server.tellAll({ method: "skills/changed", params: {} }));
    return {};
  },

  async "skills/config/write"({ name, path, enabled }, { server }) {
    const named = name?.trim() ? { name } : null;
    const placed = path ? { path } : null;
    if ((named === null) === (placed === null))
      throw invalid("skills/config/write requires exactly one of path or name");
    if (placed !== null && !isAbsolute(placed.path))
      throw refused(`Invalid request: path: ${placed.path} is no absolute path`);
    await server.client.call("skill/switch", { skill: (named ?? placed) as { name: string }, enabled });
    return { effectiveEnabled: enabled };
  },

  async "hooks/list"({ cwds, threadId }, { server }) {
    if (threadId != null && cwds !== undefined && cwds.length > 0) throw refused("specify either threadId or cwds");
    if (threadId != null) assertThreadId(threadId);
    const asked = threadId == null ? folders(server, cwds) : [server.loaded(threadId).info.cwd];
    const data = await Promise.all(
      asked.map(async (cwd): Promise<HooksListEntry> => {
        const { hooks, warnings, errors } = await server.client.call("hook/list", configIn(server, cwd));
        return {
          cwd,
          hooks: hooks.map((hook) => {
            const shared = { ...hook, pluginId: null, environmentId: null };
            if (shared.handlerType === "command") return shared;
            const { input: _input, ...tool } = shared;
            return tool;
          }),
          warnings,
          errors,
        };
      }),
    );
    return { data };
  },

  // There are no plugins and no apps of a vendor: the lists are as they are of who has none.
  "plugin/list": async () => ({ marketplaces: [], marketplaceLoadErrors: [], featuredPluginIds: [] }),
  "plugin/installed": async () => ({ marketplaces: [], marketplaceLoadErrors: [] }),

  async "app/list"({ threadId }, { server }) {
    assertLoaded(server, threadId);
    return { data: [], nextCursor: null };
  },
  async "app/read"({ appIds, threadId }, { server }) {
    assertLoaded(server, threadId);
    return { apps: [], missingAppIds: appIds };
  },
  async "app/installed"({ threadId }, { server }) {
    assertLoaded(server, threadId);
    return { apps: [] };
  },
};
