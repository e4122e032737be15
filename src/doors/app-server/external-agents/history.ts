import { join } from "node:path";
import { writeAtomically } from "../../../config/atomic-write.ts";
import { findHomes } from "../../../config/homes.ts";
import type { ExternalAgentConfigImportHistory } from "../../../protocol/codex-0.169/app-server/external-agents.ts";
import type { AppServer } from "../app-server.ts";
import { isRecord, textOf } from "./read.ts";

export type Past = ExternalAgentConfigImportHistory;

const mostKept = 200;

function fileOf({ surroundings }: AppServer, name: string): string {
  const variables = { ...surroundings.variables, CODEX_HOME: surroundings.codexHome } as Record<string, string>;
  return join(findHomes(variables).runtime, name);
}

function listIn(path: string): unknown[] {
  try {
    const kept: unknown = JSON.parse(textOf(path) ?? "[]");
    return Array.isArray(kept) ? kept.filter(isRecord) : [];
  } catch {
    return [];
  }
}

const imports = "external-imports.json";
const sessions = "external-sessions.json";

/** What was taken over before, the last first. A file that cannot be read is none. */
export const readHistory = (server: AppServer): Past[] => listIn(fileOf(server, imports)) as Past[];

export function addToHistory(server: AppServer, past: Past): void {
  const kept = [past, ...readHistory(server)].slice(0, mostKept);
  writeAtomically(fileOf(server, imports), `${JSON.stringify(kept)}\n`);
}

/** A conversation that is a thread here. */
export interface TakenSession {
  readonly path: string;
  readonly modifiedMs: number;
  readonly threadId: string;
}

export const takenSessions = (server: AppServer): TakenSession[] =>
  listIn(fileOf(server, sessions)) as unknown as TakenSession[];

export function addTakenSession(server: AppServer, taken: TakenSession): void {
  const others = takenSessions(server).filter(({ path }) => path !== taken.path);
  writeAtomically(fileOf(server, sessions), `${JSON.stringify([...others, taken])}\n`);
}
