import { join } from "node:path";
import { writeAtomically } from "../../../config/atomic-write.ts";
import { findHomes } from "../../../config/homes.ts";
import type { ExternalAgentConfigImportHistory } from "../../../protocol/codex-0.169/app-server/external-agents.ts";
import type { AppServer } from "../app-server.ts";
import { isRecord, textOf } from "./read.ts";

export type Past = ExternalAgentConfigImportHistory;

const mostKept = 200;

const fileOf = ({ surroundings }: AppServer): string => {
  const variables = { ...surroundings.variables, CODEX_HOME: surroundings.codexHome } as Record<string, string>;
  return join(findHomes(variables).runtime, "external-imports.json");
};

/** What was taken over before, the last first. A file that cannot be read is none. */
export function readHistory(server: AppServer): Past[] {
  try {
    const kept: unknown = JSON.parse(textOf(fileOf(server)) ?? "[]");
    return Array.isArray(kept) ? kept.filter((each): each is Past => isRecord(each)) : [];
  } catch {
    return [];
  }
}

export function addToHistory(server: AppServer, past: Past): void {
  const kept = [past, ...readHistory(server)].slice(0, mostKept);
  writeAtomically(fileOf(server), `${JSON.stringify(kept)}\n`);
}
