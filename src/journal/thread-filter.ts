import type { ListQuery } from "../kernel/journal-port.ts";
import { type JsonObject, objectOr, stringOr } from "../protocol/codex-0.169/rollout.ts";
import { agentOriginOf } from "../protocol/codex-0.169/rollout-agents.ts";
import type { AgentKind } from "../protocol/threads.ts";
import type { RolloutFile } from "./rollout-files.ts";

/** What a query asks of threads, by what has to be read to know it. */
export interface ThreadSieve {
  file(file: RolloutFile): boolean;
  meta(meta: JsonObject): boolean;
  words(name: string | null, preview: string): boolean;
}

const isIn = <Value>(value: Value, list: readonly Value[] | undefined): boolean =>
  list === undefined || list.includes(value);

export function threadFilter({ cwd, filter = {} }: ListQuery): ThreadSieve {
  const { cwds, providers, search, only, except = [], agents, sources, agentKinds, parentThreadId } = filter;
  return {
    file: ({ threadId }) => isIn(threadId, only) && !except.includes(threadId),
    meta(meta) {
      const folder = stringOr(meta["cwd"]) ?? "";
      if (cwd && folder !== cwd) return false;
      if (!isIn(folder, cwds) || !isIn(stringOr(meta["model_provider"]) ?? "", providers)) return false;
      if (parentThreadId !== undefined && agentOriginOf(meta)?.parentThreadId !== parentThreadId) return false;
      const kind = agentKindOf(meta);
      if (kind === null) return isIn(stringOr(meta["source"]) ?? "", sources);
      return agents === true && isIn(kind, agentKinds);
    },
    words: (name, preview) => search === undefined || preview.includes(search) || (name?.includes(search) ?? false),
  };
}

/** Null of a thread of a user's. */
function agentKindOf(meta: JsonObject): AgentKind | null {
  const source = objectOr(meta["source"]);
  if (source === null) return null;
  const { subagent } = source;
  if (subagent === "review" || subagent === "compact") return subagent;
  return objectOr(subagent)?.["thread_spawn"] === undefined ? "other" : "thread_spawn";
}
