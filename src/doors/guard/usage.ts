import type { UsageReport } from "../../protocol/usage-report.ts";
import { findThread } from "./find-thread.ts";
import { usageText } from "./usage-text.ts";
import { withClient } from "./with-client.ts";

/** `codex-agent usage`. Resolves to the exit code. */
export function usageDoor(
  thread: string | null,
  by: "cause" | "model" | "day" | null,
  { json, overrides }: { json: boolean; overrides: readonly string[] },
): Promise<number> {
  return withClient(async (client) => {
    const cwd = process.cwd();
    const threadId = thread === null ? undefined : await findThread(client, thread, cwd);
    const report = await client.call("usage/read", { cwd, overrides, ...(threadId !== undefined && { threadId }) });
    process.stdout.write(json ? `${JSON.stringify(chosen(report, by))}\n` : `${usageText(report, by)}\n`);
    return 0;
  });
}

const tables = { cause: "byCause", model: "byModel", day: "byDay" } as const;

/** Everything, or one table with the total. */
function chosen(report: UsageReport, by: keyof typeof tables | null): Partial<UsageReport> {
  if (by === null) return report;
  const { total, unpricedModels, notes, cacheMisses, lost } = report;
  const rest = by === "cause" ? { cacheMisses, lost } : {};
  return { total, [tables[by]]: report[tables[by]], ...rest, unpricedModels, notes };
}
