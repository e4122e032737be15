import { messageOf } from "../../protocol/errors.ts";
import type { System } from "../../system/ports.ts";
import { allRollouts, type RolloutFile } from "../rollout-files.ts";
import { type FileUsage, readFileUsage } from "../usage/file-usage.ts";
import type { DatedUsage } from "../usage/report.ts";
import type { Ledger } from "./ledger.ts";

/** What files of threads used, so that those that have not changed are not read again. It is made anew from them when it is lost. */
export const usageFilesTable = `CREATE TABLE usage_files (
  path TEXT PRIMARY KEY,
  size INTEGER NOT NULL,
  modified_ms REAL NOT NULL,
  format INTEGER NOT NULL,
  usage TEXT NOT NULL
) STRICT`;

/** Of what is kept in `usage`: a file whose usage was kept in another one is read again. */
const format = 1;

/**
 * The usage of all files that were written to since then. Without a ledger each is read.
 * `notes` tell of those that cannot be.
 */
export function readAllUsage(
  system: System,
  codexHome: string,
  ledger: Ledger | null,
  sinceMs = 0,
): { usages: DatedUsage[]; notes: string[] } {
  const { files } = system;
  const rollouts = allRollouts(files, codexHome);
  const known = new Map((ledger?.database.all("SELECT * FROM usage_files") ?? []).map((row) => [row["path"], row]));
  const usages: DatedUsage[] = [];
  const notes: string[] = [];
  const fresh: { file: RolloutFile; size: number; modifiedMs: number; usage: FileUsage }[] = [];
  for (const file of rollouts) {
    const stat = files.stat(file.path);
    if (stat === null || stat.modifiedMs < sinceMs) continue;
    const { size, modifiedMs } = stat;
    const row = known.get(file.path);
    try {
      const kept = row?.["size"] === size && row["modified_ms"] === modifiedMs && row["format"] === format;
      const usage = kept ? (JSON.parse(String(row["usage"])) as FileUsage) : readFileUsage(files, rollouts, file);
      if (!kept) fresh.push({ file, size, modifiedMs, usage });
      usages.push({ ...usage, modifiedMs });
    } catch (error) {
      notes.push(`${file.path} is left out: ${messageOf(error)}`);
    }
  }
  if (ledger !== null) keep(ledger, fresh, sinceMs === 0 ? gone(rollouts, known.keys(), codexHome) : []);
  return { usages, notes };
}

function gone(rollouts: readonly RolloutFile[], paths: Iterable<unknown>, codexHome: string): string[] {
  const there = new Set(rollouts.map(({ path }) => path));
  return [...paths].map(String).filter((path) => path.startsWith(`${codexHome}/`) && !there.has(path));
}

function keep(
  { database }: Ledger,
  fresh: readonly { file: RolloutFile; size: number; modifiedMs: number; usage: FileUsage }[],
  dropped: readonly string[],
): void {
  if (fresh.length + dropped.length === 0) return;
  database.transaction(() => {
    for (const { file, size, modifiedMs, usage } of fresh) {
      const text = JSON.stringify(usage);
      database.run(
        "INSERT OR REPLACE INTO usage_files VALUES (?, ?, ?, ?, ?)",
        file.path,
        size,
        modifiedMs,
        format,
        text,
      );
    }
    for (const path of dropped) database.run("DELETE FROM usage_files WHERE path = ?", path);
  });
}
