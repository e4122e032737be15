import { messageOf } from "../../../protocol/errors.ts";
import type { AppServer } from "../app-server.ts";
import { addTakenSession, takenSessions } from "./history.ts";
import type { Item, Result } from "./migration.ts";
import { userScope, type AgentName, type Homes } from "./scope.ts";
import {
  findSessions,
  readSession,
  sessionFiles,
  usualLimits,
  type SessionFile,
  type SessionLimits,
} from "./sessions.ts";

/** Conversations at home that are no threads yet, or have gone on since; null: there are none. */
export async function detectSessions(
  server: AppServer,
  agent: AgentName,
  homes: Homes,
  limits: SessionLimits,
): Promise<Item | null> {
  const found = await findSessions(waiting(server, agent, homes), limits);
  if (found.length === 0) return null;
  const sessions = found.map(({ path, cwd, title }) => ({ path, cwd, title }));
  const none = { plugins: [], skills: [], mcpServers: [], hooks: [], subagents: [], commands: [] };
  const description = `Migrate recent sessions from ${userScope(agent, homes).folder}/projects`;
  return { itemType: "SESSIONS", description, cwd: null, details: { ...none, sessions } };
}

function waiting(server: AppServer, agent: AgentName, homes: Homes): SessionFile[] {
  const taken = new Map(takenSessions(server).map(({ path, modifiedMs }) => [path, modifiedMs]));
  return sessionFiles(userScope(agent, homes)).filter(({ path, modifiedMs }) => taken.get(path) !== modifiedMs);
}

/** Makes threads of the conversations that an item names. */
export async function takeSessions(server: AppServer, agent: AgentName, item: Item, homes: Homes): Promise<Result> {
  const { itemType, cwd } = item;
  const result: Result = { itemType, successes: [], failures: [] };
  const files = new Map(waiting(server, agent, homes).map((file) => [file.path, file]));
  for (const { path } of item.details?.sessions ?? []) {
    const fail = (failureStage: string, subErrorType: string | null, message: string): void =>
      void result.failures.push({ itemType, errorType: null, subErrorType, failureStage, message, cwd, source: path });
    try {
      const file = files.get(path);
      const session = file === undefined ? null : await readSession(file);
      if (session === null) {
        fail("session_missing", "session_not_detected", `external agent session was not detected for import: ${path}`);
        continue;
      }
      const { threadId } = await server.client.call("thread/import", {
        ...server.surroundings.flags,
        cwd: session.cwd,
        mode: null,
        threadSource: null,
        turns: session.turns,
      });
      addTakenSession(server, { path, modifiedMs: session.modifiedMs, threadId });
      result.successes.push({ itemType, cwd: session.cwd, source: path, target: threadId, title: session.title });
    } catch (error) {
      fail("session_import", null, messageOf(error));
    }
  }
  return result;
}

export const limitsOf = (params: {
  maxSessions?: number | null | undefined;
  maxSessionAgeDays?: number | null | undefined;
}): SessionLimits => ({
  count: params.maxSessions ?? usualLimits.count,
  ageDays: params.maxSessionAgeDays ?? usualLimits.ageDays,
});
