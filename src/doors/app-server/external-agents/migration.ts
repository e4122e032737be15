import { messageOf } from "../../../protocol/errors.ts";
import type {
  ExternalAgentConfigImportTypeResult,
  ExternalAgentConfigMigrationItem,
} from "../../../protocol/codex-0.169/app-server/external-agents.ts";
import { findServers, findSettings } from "./config.ts";
import { detailsOf, wantedNames, type Found, type ItemType } from "./found.ts";
import { findHooks } from "./hooks.ts";
import { leadsOut, repositoryScope, userScope, type AgentName, type Homes, type Scope } from "./scope.ts";
import { findCommands, findInstructions, findSkills, findSubagents } from "./texts.ts";

export type Item = ExternalAgentConfigMigrationItem;
export type Result = ExternalAgentConfigImportTypeResult;

const finders: Partial<Record<ItemType, (scope: Scope) => Promise<Found | null>>> = {
  CONFIG: findSettings,
  MCP_SERVER_CONFIG: findServers,
  HOOKS: findHooks,
  SKILLS: findSkills,
  COMMANDS: findCommands,
  SUBAGENTS: findSubagents,
  AGENTS_MD: findInstructions,
};

/** What would change something here, of each scope in the order in which it is taken over. */
export async function detect(
  agent: AgentName,
  { includeHome, cwds }: { includeHome: boolean; cwds: readonly string[] },
  homes: Homes,
): Promise<Item[]> {
  const scopes = new Map<string, Scope>();
  if (includeHome) scopes.set("", userScope(agent, homes));
  for (const cwd of cwds) {
    const scope = repositoryScope(agent, cwd, homes);
    if (scope !== null) scopes.set(scope.root, scope);
  }
  const items: Item[] = [];
  for (const scope of scopes.values())
    for (const find of Object.values(finders)) {
      const found = await find(scope);
      if (found === null) continue;
      const { itemType, description } = found;
      items.push({ itemType, description, cwd: scope.cwd, details: detailsOf(found) });
    }
  return items;
}

const notTaken: Partial<Record<ItemType, string>> = {
  PLUGINS: "codex-agent has no plugin marketplace; what a plugin is made of can be taken over by itself",
  MEMORY: "codex-agent does not take over memories of other agents",
};

const outside = (target: string, { root }: Scope): string =>
  `nothing is written to ${target}: a link there leads out of ${root}, or nowhere; put a file or folder in its place`;

/** Takes over what an item names and is still there to be taken. */
export async function take(agent: AgentName, item: Item, homes: Homes): Promise<Result> {
  const { itemType, cwd, details } = item;
  const result: Result = { itemType, successes: [], failures: [] };
  const fail = (failureStage: string, message: string, source: string | null): Result => ({
    ...result,
    failures: [{ itemType, errorType: null, subErrorType: null, failureStage, message, cwd, source }],
  });
  const why = notTaken[itemType];
  if (why !== undefined) return fail("not_supported", why, null);
  const scope = cwd === null ? userScope(agent, homes) : repositoryScope(agent, cwd, homes);
  let found: Found | null = null;
  try {
    found = scope === null ? null : ((await finders[itemType]?.(scope)) ?? null);
    if (found === null || scope === null) return result;
    const wanted = wantedNames(itemType, details);
    const names = found.names?.filter((name) => wanted?.includes(name) ?? true) ?? null;
    if (names?.length === 0) return result;
    if (leadsOut(scope, found.target)) return fail("import", outside(found.target, scope), found.source);
    await found.take(new Set(names));
    const taken = names?.map((name) => [name, name]) ?? [[found.source, found.target]];
    const successes = taken.map(([source, target]) => ({
      itemType,
      cwd: scope.cwd,
      source: source!,
      target: target!,
      title: null,
    }));
    return { ...result, successes };
  } catch (error) {
    return fail("import", messageOf(error), found?.source ?? null);
  }
}

const order: readonly ItemType[] = [
  "CONFIG",
  "SKILLS",
  "AGENTS_MD",
  "PLUGINS",
  "MCP_SERVER_CONFIG",
  "SUBAGENTS",
  "HOOKS",
  "COMMANDS",
  "MEMORY",
  "SESSIONS",
];

/** All of a type together. */
export function summedUp(results: readonly Result[]): Result[] {
  return order.flatMap((itemType) => {
    const own = results.filter((result) => result.itemType === itemType);
    if (own.length === 0) return [];
    return [
      {
        itemType,
        successes: own.flatMap(({ successes }) => successes),
        failures: own.flatMap(({ failures }) => failures),
      },
    ];
  });
}
