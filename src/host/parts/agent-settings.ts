import type { Config } from "../../config/config.ts";
import { isTable, type TomlTable } from "../../config/toml/toml-values.ts";
import type { AgentLimits } from "../../kernel/agents/agent-tree.ts";
import { AgentError } from "../../protocol/errors.ts";

/** Codex's numbers: of open agents that are known by id, and of agents with a path that work beside the first one. */
const [placesById, placesByPath] = [6, 3];
/** Codex lets agents with a path have agents of their own, without end; the places that all share are bound enough. */
const [depthById, depthByPath] = [1, 8];
const [defaultMinutes, defaultTokens] = [120, 20_000_000];

function wholeNumber(value: unknown, key: string, fallback: number): number {
  if (value === undefined) return fallback;
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 1) return value;
  throw new AgentError("config", `${key} must be at least 1`);
}

const tableAt = (table: TomlTable, key: string): TomlTable => (isTable(table[key]) ? table[key] : {});

/** What bounds a thread's sub-agents. @throws AgentError `config` */
export function agentLimits(config: Config, knownBy: "id" | "path"): AgentLimits {
  const agents = tableAt(config.settings, "agents");
  const second = tableAt(tableAt(config.settings, "features"), "multi_agent_v2");
  const ours = tableAt(config.codexAgent, "agents");
  const threads = agents["max_threads"];
  // Codex counts the thread itself among those that work at once.
  const together = second["max_concurrent_threads_per_session"];
  const places =
    knownBy === "id" || together === undefined
      ? wholeNumber(threads, "agents.max_threads", knownBy === "id" ? placesById : placesByPath)
      : wholeNumber(together, "features.multi_agent_v2.max_concurrent_threads_per_session", 1) - 1;
  return {
    places,
    idleOnesCount: knownBy === "id",
    depth: wholeNumber(agents["max_depth"], "agents.max_depth", knownBy === "id" ? depthById : depthByPath),
    minutes: (ours["max_minutes"] as number | undefined) ?? defaultMinutes,
    tokens: (ours["max_tokens"] as number | undefined) ?? defaultTokens,
  };
}

/** What an agent is asked with where the call that makes it says nothing; null: what its parent has. */
export function agentDefaults({ settings }: Config): { readonly model: string | null; readonly effort: string | null } {
  const { default_subagent_model: model, default_subagent_reasoning_effort: effort } = tableAt(settings, "agents");
  return { model: (model as string | undefined) ?? null, effort: (effort as string | undefined) ?? null };
}

/** Roles that are always there; they name what an agent is for. */
export const standingRoles: readonly string[] = ["default", "explorer", "worker"];
