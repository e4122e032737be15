import { randomUUID } from "node:crypto";
import { homedir } from "node:os";
import type { ClientMethod } from "../../../protocol/codex-0.169/app-server/methods.ts";
import type { AppServer } from "../app-server.ts";
import { addToHistory, readHistory } from "../external-agents/history.ts";
import { detect, summedUp, take, type Item, type Result } from "../external-agents/migration.ts";
import { detectSessions, limitsOf, takeSessions } from "../external-agents/take-sessions.ts";
import { agentOf, type AgentName, type Homes } from "../external-agents/scope.ts";
import type { Handlers } from "./handlers.ts";

type Methods = Extract<ClientMethod, `externalAgentConfig/${string}`>;

const homesOf = ({ surroundings }: AppServer): Homes => ({
  home: surroundings.variables["HOME"] || homedir(),
  codexHome: surroundings.codexHome,
});

/** Imports take turns: each reads what the one before has written. */
let last: Promise<unknown> = Promise.resolve();

async function takeAll(
  server: AppServer,
  importId: string,
  agent: AgentName,
  items: readonly Item[],
  providerId: string | null,
): Promise<void> {
  const results: Result[] = [];
  for (const item of items) {
    const homes = homesOf(server);
    const result = await (item.itemType === "SESSIONS"
      ? takeSessions(server, agent, item, homes)
      : take(agent, item, homes));
    results.push(result);
    const params = { importId, itemTypeResults: [result] };
    server.tellAll({ method: "externalAgentConfig/import/progress", params });
  }
  const itemTypeResults = summedUp(results);
  keep(server, importId, itemTypeResults, providerId);
  server.tellAll({ method: "externalAgentConfig/import/completed", params: { importId, itemTypeResults } });
}

function keep(server: AppServer, importId: string, results: readonly Result[], providerId: string | null): void {
  addToHistory(server, {
    importId,
    providerId,
    completedAtMs: Date.now(),
    successes: results.flatMap(({ successes }) => successes),
    failures: results.flatMap(({ failures }) => failures),
  });
}

export const externalAgents: Handlers<Methods> = {
  async "externalAgentConfig/detect"(params, { server }) {
    const { includeHome, cwds, migrationSource } = params;
    const agent = agentOf(migrationSource);
    const homes = homesOf(server);
    const where = { includeHome: includeHome === true, cwds: cwds ?? [] };
    const items = await detect(agent, where, homes);
    const sessions = where.includeHome ? await detectSessions(server, agent, homes, limitsOf(params)) : null;
    return { items: sessions === null ? items : [...items, sessions], connectors: [] };
  },

  async "externalAgentConfig/import"({ migrationItems, migrationSource, providerId }, { server, after }) {
    const importId = randomUUID();
    const agent = agentOf(migrationSource);
    if (migrationItems.length > 0)
      after(() => {
        last = last
          .then(() => takeAll(server, importId, agent, migrationItems, providerId ?? null))
          .catch(() => undefined);
      });
    return { importId };
  },

  async "externalAgentConfig/import/recordHistory"({ providerId, itemTypeResults }, { server }) {
    const importId = randomUUID();
    const results = itemTypeResults.map(({ successes, ...result }) => ({
      ...result,
      successes: successes.map((success) => ({ ...success, title: success.title ?? null })),
    }));
    keep(server, importId, results, providerId);
    return { importId };
  },

  async "externalAgentConfig/import/readHistories"(_params, { server }) {
    return { data: readHistory(server), connectors: [] };
  },
};
