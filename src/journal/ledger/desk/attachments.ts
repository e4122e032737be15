import type { Attachment } from "../../../protocol/desk.ts";
import type { Ledger } from "../ledger.ts";

export const attachmentsTable = `CREATE TABLE attachments (
  id TEXT PRIMARY KEY,
  thread TEXT NOT NULL,
  type TEXT NOT NULL,
  key TEXT NOT NULL,
  payload TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  UNIQUE (thread, type, key)
) STRICT`;

const attachmentOf = (row: Record<string, unknown>): Attachment => ({
  id: String(row["id"]),
  type: String(row["type"]),
  key: String(row["key"]),
  payload: JSON.parse(String(row["payload"])),
  createdAtMs: Number(row["created_at"]),
});

/** What is tied already stays as it is. */
export function addAttachment(
  { database }: Ledger,
  threadId: string,
  { id, type, key, payload, createdAtMs }: Attachment,
): { attachment: Attachment; created: boolean } {
  const statement = "INSERT OR IGNORE INTO attachments VALUES (?, ?, ?, ?, ?, ?)";
  const { changes } = database.run(statement, id, threadId, type, key, JSON.stringify(payload ?? null), createdAtMs);
  const [row] = database.all(
    "SELECT * FROM attachments WHERE thread = ? AND type = ? AND key = ?",
    threadId,
    type,
    key,
  );
  return { attachment: attachmentOf(row!), created: changes > 0 };
}

export const attachmentsOf = ({ database }: Ledger, threadId: string): Attachment[] =>
  database.all("SELECT * FROM attachments WHERE thread = ? ORDER BY created_at, id", threadId).map(attachmentOf);

export const ownersOf = ({ database }: Ledger, type: string, key: string): string[] =>
  database
    .all("SELECT thread FROM attachments WHERE type = ? AND key = ? ORDER BY thread", type, key)
    .map((row) => String(row["thread"]));

/** Null when there was none. */
export function removeAttachment({ database }: Ledger, threadId: string, type: string, key: string): Attachment | null {
  const where = "thread = ? AND type = ? AND key = ?";
  return database.transaction(() => {
    const [row] = database.all(`SELECT * FROM attachments WHERE ${where}`, threadId, type, key);
    database.run(`DELETE FROM attachments WHERE ${where}`, threadId, type, key);
    return row === undefined ? null : attachmentOf(row);
  });
}
