import type { Effects } from "../../protocol/effects.ts";
import type { FileMark, Grant, GrantedThing, GrantScope } from "../../protocol/grants.ts";
import type { DatabaseValue } from "../../system/ports.ts";
import type { Ledger } from "./ledger.ts";

export const grantsTable = `CREATE TABLE grants (
  id TEXT PRIMARY KEY,
  scope TEXT NOT NULL,
  thread_id TEXT NOT NULL,
  turn_id TEXT NOT NULL,
  folder TEXT,
  thing TEXT NOT NULL,
  effects TEXT NOT NULL,
  files TEXT NOT NULL,
  granted_at INTEGER NOT NULL,
  expires_at INTEGER,
  revoked_at INTEGER
) STRICT`;

export function addGrant({ database }: Ledger, grant: Grant): void {
  database.run(
    "INSERT INTO grants VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    grant.id,
    grant.scope,
    grant.threadId,
    grant.turnId,
    grant.folder,
    JSON.stringify(grant.thing),
    JSON.stringify(grant.effects),
    JSON.stringify(grant.files),
    grant.grantedAtMs,
    grant.expiresAtMs,
    grant.revokedAtMs,
  );
}

/** Those of a folder that nobody has revoked; expired ones too. */
export const grantsOfFolder = ({ database }: Ledger, folder: string): Grant[] =>
  database
    .all("SELECT * FROM grants WHERE scope = 'folder' AND folder = ? AND revoked_at IS NULL", folder)
    .flatMap(grantOf);

/** All of them, the oldest first. */
export const allGrants = ({ database }: Ledger): Grant[] =>
  database.all("SELECT * FROM grants ORDER BY granted_at, id").flatMap(grantOf);

/** Whether it is there and nobody has revoked it. */
export const stillHeld = ({ database }: Ledger, id: string): boolean =>
  database.all("SELECT 1 FROM grants WHERE id = ? AND revoked_at IS NULL", id).length > 0;

/** False when there is none of that id that still held. */
export const revokeGrant = ({ database }: Ledger, id: string, nowMs: number): boolean =>
  database.run("UPDATE grants SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL", nowMs, id).changes > 0;

/** What was given for a thread while it was open ends with it. */
export function endThreadGrants({ database }: Ledger, threadId: string, nowMs: number): void {
  database.run(
    "UPDATE grants SET revoked_at = ? WHERE thread_id = ? AND scope = 'thread' AND revoked_at IS NULL",
    nowMs,
    threadId,
  );
}

/** None for a row that a newer program wrote in another way: what cannot be read allows nothing. */
function grantOf(row: Record<string, DatabaseValue>): Grant[] {
  const number = (key: string): number | null => (typeof row[key] === "number" ? row[key] : null);
  try {
    const thing = JSON.parse(String(row["thing"])) as GrantedThing;
    const grantedAtMs = number("granted_at");
    if (grantedAtMs === null) return [];
    return [
      {
        id: String(row["id"]),
        scope: String(row["scope"]) as GrantScope,
        threadId: String(row["thread_id"]),
        turnId: String(row["turn_id"]),
        folder: row["folder"] === null ? null : String(row["folder"]),
        thing,
        effects: JSON.parse(String(row["effects"])) as Effects,
        files: JSON.parse(String(row["files"])) as FileMark[],
        grantedAtMs,
        expiresAtMs: number("expires_at"),
        revokedAtMs: number("revoked_at"),
      },
    ];
  } catch {
    return [];
  }
}
