import { existsSync } from "node:fs";
import { join } from "node:path";

/** What became of a stored thread. */
export type IndexChange =
  | { type: "moved"; path: string; archived: boolean }
  | { type: "named"; name: string }
  | { type: "deleted" };

/** How long Codex may hold its index. */
const waitMs = 2000;

/**
 * Tells the list of threads that the real Codex keeps beside the rollouts, where it has one: it believes that list more than the
 * folders, and would neither resume nor unarchive a thread that it takes for archived. What cannot be told is left: the list
 * is Codex's, and the thread itself is as it should be.
 */
export async function tellCodexIndex(codexHome: string, threadId: string, change: IndexChange): Promise<void> {
  const file = join(codexHome, "state_5.sqlite");
  if (!existsSync(file)) return;
  try {
    const { DatabaseSync } = await import("node:sqlite");
    const database = new DatabaseSync(file, { timeout: waitMs });
    try {
      switch (change.type) {
        case "moved":
          database
            .prepare("UPDATE threads SET archived = ?, archived_at = ?, rollout_path = ? WHERE id = ?")
            .run(
              Number(change.archived),
              change.archived ? Math.floor(Date.now() / 1000) : null,
              change.path,
              threadId,
            );
          break;
        case "named":
          database.prepare("UPDATE threads SET name = ? WHERE id = ?").run(change.name, threadId);
          break;
        case "deleted":
          database.prepare("DELETE FROM threads WHERE id = ?").run(threadId);
      }
    } finally {
      database.close();
    }
  } catch {
    // Another version's table, or a busy one.
  }
}
