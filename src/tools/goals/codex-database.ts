import { DatabaseSync } from "node:sqlite";
import { goalStatuses } from "../../protocol/goals.ts";

/** A row of Codex's `thread_goals`. Times are milliseconds since the Unix epoch. */
export interface CodexGoal {
  id: string;
  objective: string;
  status: (typeof goalStatuses)[number];
  tokenBudget: number | null;
  tokensUsed: number;
  timeUsedMs: number;
  createdAtMs: number;
  updatedAtMs: number;
}

/** The goal that the real Codex 0.169 keeps for a thread in its `goals_1.sqlite`; null when there is none to be read. */
export function readCodexGoal(path: string, threadId: string): CodexGoal | null {
  try {
    const database = new DatabaseSync(path, { readOnly: true });
    try {
      const row = database.prepare("SELECT * FROM thread_goals WHERE thread_id = ?").get(threadId);
      return row === undefined ? null : goalOf(row);
    } finally {
      database.close();
    }
  } catch {
    // Another version's database, or one that is locked: the thread goes on without.
    return null;
  }
}

function goalOf(row: Record<string, unknown>): CodexGoal | null {
  const word = String(row["status"]).replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
  const status = goalStatuses.find((each) => each === word);
  if (status === undefined) return null;
  return {
    id: String(row["goal_id"]),
    objective: String(row["objective"]),
    status,
    tokenBudget: row["token_budget"] === null ? null : Number(row["token_budget"]),
    tokensUsed: Number(row["tokens_used"]),
    timeUsedMs: Number(row["time_used_seconds"]) * 1000,
    createdAtMs: Number(row["created_at_ms"]),
    updatedAtMs: Number(row["updated_at_ms"]),
  };
}
