import type { Ledger } from "./ledger.ts";

export const trustTable = `CREATE TABLE trusted_content (
  id TEXT PRIMARY KEY,
  project TEXT NOT NULL,
  key TEXT NOT NULL,
  hash TEXT NOT NULL,
  trusted_at INTEGER NOT NULL,
  UNIQUE (project, key)
) STRICT`;

/** What a project brings, and was trusted as it was then. */
export interface TrustedContent {
  readonly id: string;
  /** The real path of the project's folder. */
  readonly project: string;
  readonly key: string;
  /** SHA-256 of the content. */
  readonly hash: string;
  readonly trustedAtMs: number;
}

/** Null: nothing of that key is trusted. */
export function trustedHash({ database }: Ledger, project: string, key: string): string | null {
  const [row] = database.all("SELECT hash FROM trusted_content WHERE project = ? AND key = ?", project, key);
  return row === undefined ? null : String(row["hash"]);
}

/** Takes the place of what was trusted under the key before. */
export function addTrust({ database }: Ledger, { id, project, key, hash, trustedAtMs }: TrustedContent): void {
  database.run("INSERT OR REPLACE INTO trusted_content VALUES (?, ?, ?, ?, ?)", id, project, key, hash, trustedAtMs);
}

export const allTrust = ({ database }: Ledger): TrustedContent[] =>
  database.all("SELECT * FROM trusted_content ORDER BY trusted_at, id").map((row) => ({
    id: String(row["id"]),
    project: String(row["project"]),
    key: String(row["key"]),
    hash: String(row["hash"]),
    trustedAtMs: Number(row["trusted_at"]),
  }));

/** False when there is none of that id. */
export const removeTrust = ({ database }: Ledger, id: string): boolean =>
  database.run("DELETE FROM trusted_content WHERE id = ?", id).changes > 0;
