import { AgentError } from "../../../protocol/errors.ts";
import type { Section } from "../../../protocol/desk.ts";
import type { Ledger } from "../ledger.ts";

export const sectionsTable = `CREATE TABLE sections (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  appearance TEXT
) STRICT`;

/** Clients of Codex know the id of the section that is always there. */
export const firstSection = `INSERT INTO sections VALUES ('01984de2-8f74-7c91-a3b2-5c5e937cf318', 'Pinned', NULL)`;

type Row = ReturnType<Ledger["database"]["all"]>[number];

export const sectionOf = (row: Row): Section => ({
  id: String(row["id"]),
  name: String(row["name"]),
  appearance: typeof row["appearance"] === "string" ? JSON.parse(row["appearance"]) : null,
});

const written = (appearance: unknown): string | null =>
  (appearance ?? null) === null ? null : JSON.stringify(appearance);

/** In the order in which they were made: ids begin with their time. */
export const allSections = ({ database }: Ledger): Section[] =>
  database.all("SELECT * FROM sections ORDER BY id").map(sectionOf);

export function addSection({ database }: Ledger, section: Section): void {
  database.run("INSERT INTO sections VALUES (?, ?, ?)", section.id, section.name, written(section.appearance));
}

/** Null: there is none of that id. `appearance` left out stays. */
export function changeSection({ database }: Ledger, id: string, name: string, appearance?: unknown): Section | null {
  database.run("UPDATE sections SET name = ? WHERE id = ?", name, id);
  if (appearance !== undefined) {
    database.run("UPDATE sections SET appearance = ? WHERE id = ?", written(appearance), id);
  }
  const [row] = database.all("SELECT * FROM sections WHERE id = ?", id);
  return row === undefined ? null : sectionOf(row);
}

/** Its threads are in none then. False: there is none of that id. */
export function removeSection({ database }: Ledger, id: string): boolean {
  return database.transaction(() => {
    database.run("UPDATE thread_notes SET section = NULL, entered_at = NULL, position = NULL WHERE section = ?", id);
    return database.run("DELETE FROM sections WHERE id = ?", id).changes > 0;
  });
}

export const threadsIn = ({ database }: Ledger, id: string): string[] =>
  database
    .all("SELECT thread FROM thread_notes WHERE section = ? ORDER BY position, thread", id)
    .map((row) => String(row["thread"]));

/** Room between two neighbours, for those that come between them later. */
const step = 1_000_000;

export interface Placing {
  threadId: string;
  sectionId: string | null;
  before: string | null;
  nowMs: number;
}

/** @throws AgentError `usage` for a section or a neighbour that is not there. */
export function placeThread(ledger: Ledger, { threadId, sectionId, before, nowMs }: Placing): void {
  const { database } = ledger;
  database.transaction(() => {
    if (sectionId !== null && database.all("SELECT id FROM sections WHERE id = ?", sectionId).length === 0) {
      throw new AgentError("usage", `section ${sectionId} does not exist`);
    }
    const position = sectionId === null ? null : positionIn(ledger, sectionId, threadId, before);
    database.run("INSERT OR IGNORE INTO thread_notes (thread) VALUES (?)", threadId);
    database.run(
      `UPDATE thread_notes SET entered_at = CASE WHEN section IS ? THEN entered_at ELSE ? END, section = ?, position = ?
       WHERE thread = ?`,
      sectionId,
      sectionId === null ? null : nowMs,
      sectionId,
      position,
      threadId,
    );
  });
}

function positionIn({ database }: Ledger, sectionId: string, threadId: string, before: string | null): number {
  const others = database
    .all(
      "SELECT thread, position FROM thread_notes WHERE section = ? AND thread <> ? ORDER BY position",
      sectionId,
      threadId,
    )
    .map((row) => ({ thread: row["thread"], position: Number(row["position"]) }));
  const at = before === null ? others.length : others.findIndex(({ thread }) => thread === before);
  if (at === -1) throw new AgentError("usage", `before thread ${before} is not in section ${sectionId}`);
  const left = others[at - 1]?.position ?? 0;
  const right = others[at]?.position;
  return right === undefined ? left + step : (left + right) / 2;
}
