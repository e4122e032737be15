import { type ByModel, noTokens, plus, type Tokens } from "../../policy/budget/amounts.ts";
import { stringOr } from "../../protocol/codex-0.169/rollout.ts";
import type { System } from "../../system/ports.ts";
import { allRollouts } from "../rollout-files.ts";
import { readHead } from "../summarise.ts";
import { readFileUsage } from "./file-usage.ts";

/** What a thread has used together with its sub-agents, as their files tell. */
export function treeUsage({ files }: System, codexHome: string, sessionId: string): ByModel {
  const rollouts = allRollouts(files, codexHome);
  const used = new Map<string, Tokens>();
  for (const file of rollouts) {
    // Ids are ordered by time: what is older than the root is none of its agents.
    if (file.threadId < sessionId) continue;
    if (file.threadId !== sessionId && stringOr(readHead(files, file, true)?.meta["session_id"]) !== sessionId)
      continue;
    for (const { model, tokens } of readFileUsage(files, rollouts, file).buckets) {
      const [input, cached, output] = tokens;
      used.set(model, plus(used.get(model) ?? noTokens, { input, cached, output }));
    }
  }
  return used;
}
