import type { NoteChange, ThreadNotes } from "../../../protocol/desk.ts";
import type { Ledger } from "../ledger.ts";
import { sectionOf } from "./sections.ts";

export const notesTable = `CREATE TABLE thread_notes (
  thread TEXT PRIMARY KEY,
  section TEXT,
  entered_at INTEGER,
  position REAL,
  unread TEXT,
  revision TEXT,
  git TEXT,
  daybreak INTEGER
) STRICT`;

/** Of a thread that nothing was ever noted about. */
export const noNotes = (threadId: string): ThreadNotes => ({
  section: null,
  sectionEnteredAtMs: null,
  unread: { turnId: null, revision: `initial:${threadId}` },
  git: null,
  daybreak: null,
});

export function notesOf({ database }: Ledger, threadId: string): ThreadNotes {
  const [row] = database.all(
    `SELECT thread_notes.*, id, name, appearance FROM thread_notes
     LEFT JOIN sections ON sections.id = thread_notes.section WHERE thread = ?`,
    threadId,
  );
  if (row === undefined) return noNotes(threadId);
  const { entered_at: entered, unread, revision, git, daybreak } = row;
  const section = typeof row["id"] === "string" ? sectionOf(row) : null;
  return {
    section,
    sectionEnteredAtMs: section !== null && typeof entered === "number" ? entered : null,
    unread: {
      turnId: typeof unread === "string" ? unread : null,
      revision: typeof revision === "string" ? revision : noNotes(threadId).unread.revision,
    },
    git: typeof git === "string" ? (JSON.parse(git) as ThreadNotes["git"]) : null,
    daybreak: typeof daybreak === "number" ? daybreak === 1 : null,
  };
}

/** False: the mark has another revision than was expected, and nothing was changed. */
export function changeNotes(ledger: Ledger, threadId: string, change: NoteChange): boolean {
  const { database } = ledger;
  return database.transaction(() => {
    const known = notesOf(ledger, threadId);
    const { unread, git, daybreak } = change;
    if (unread?.expected !== undefined && unread.expected !== known.unread.revision) return false;
    database.run("INSERT OR IGNORE INTO thread_notes (thread) VALUES (?)", threadId);
    if (unread !== undefined) {
      const statement = "UPDATE thread_notes SET unread = ?, revision = ? WHERE thread = ?";
      database.run(statement, unread.turnId, unread.revision, threadId);
    }
    if (git !== undefined) {
      const merged = JSON.stringify({ ...known.git, ...git });
      database.run("UPDATE thread_notes SET git = ? WHERE thread = ?", merged, threadId);
    }
    if (daybreak !== undefined) {
      const value = daybreak === null ? null : Number(daybreak);
      database.run("UPDATE thread_notes SET daybreak = ? WHERE thread = ?", value, threadId);
    }
    return true;
  });
}

/** Of a thread that is deleted. */
export function forgetNotes({ database }: Ledger, threadId: string): void {
  database.run("DELETE FROM thread_notes WHERE thread = ?", threadId);
  database.run("DELETE FROM attachments WHERE thread = ?", threadId);
}
