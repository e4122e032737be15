import type { Config } from "../../config/config.ts";
import { openLedger, type Ledger } from "../../journal/ledger/ledger.ts";
import { readAllUsage } from "../../journal/ledger/usage-index.ts";
import { allRollouts } from "../../journal/rollout-files.ts";
import { causesOf, foldFile } from "../../journal/usage/file-usage.ts";
import { addTokens, noSum, reportUsage, rootedAt } from "../../journal/usage/report.ts";
import { readPrices } from "../../model/prices-config.ts";
import type { Prices } from "../../model/prices.ts";
import { AgentError, messageOf } from "../../protocol/errors.ts";
import type { RequestUsage, UsageReport } from "../../protocol/usage-report.ts";
import type { System } from "../../system/ports.ts";

/** What all threads of the home used, or one with its sub-agents. @throws AgentError `thread_not_found`, `config` */
export async function readUsage(system: System, config: Config, threadId: string | null): Promise<UsageReport> {
  const prices = readPrices(config.codexAgent);
  const { homes } = config;
  const opened = await openIndex(system, homes.runtime);
  try {
    const { usages, notes } = readAllUsage(system, homes.codex, opened.ledger);
    if (threadId !== null && !usages.some((usage) => usage.threadId === threadId)) {
      throw new AgentError("thread_not_found", `thread not found: ${threadId}`);
    }
    const report = reportUsage(usages, prices, threadId);
    report.notes.push(...opened.notes, ...notes);
    if (threadId !== null) {
      const members = new Set(rootedAt(usages, threadId).keys());
      report.requests = requestsOf(system, homes.codex, members, prices);
    }
    return report;
  } finally {
    opened.ledger?.close();
  }
}

/** Without the index everything is read anew, which takes longer and says the same. */
async function openIndex(
  system: System,
  runtimeHome: string,
): Promise<{ ledger: Ledger | null; notes: readonly string[] }> {
  try {
    const ledger = await openLedger(runtimeHome, system);
    return { ledger, notes: ledger.warnings };
  } catch (error) {
    return { ledger: null, notes: [`The index of usage cannot be used: ${messageOf(error)}`] };
  }
}

/** Each request by itself, in the order of time. */
function requestsOf(system: System, codexHome: string, members: ReadonlySet<string>, prices: Prices): RequestUsage[] {
  const rollouts = allRollouts(system.files, codexHome);
  const requests: RequestUsage[] = [];
  for (const file of rollouts) {
    if (!members.has(file.threadId)) continue;
    const { threadId } = file;
    foldFile(system.files, rollouts, file, (request) => {
      if (request.kind === "lost") return;
      const { turnId, atMs, model, usage, miss } = request;
      const sum = noSum();
      addTokens(sum, prices, {
        model,
        requests: 1,
        tokens: [usage.inputTokens, usage.cachedInputTokens, usage.outputTokens],
        reasoning: usage.reasoningOutputTokens,
      });
      const causes = Object.fromEntries(causesOf(request).map(([cause, [input, , output]]) => [cause, input + output]));
      requests.push({ turnId, threadId, atMs, model, sum, causes, miss });
    });
  }
  return requests.sort((a, b) => a.atMs - b.atMs);
}
