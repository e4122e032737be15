import { messageOf } from "../../protocol/errors.ts";
import { joinPath } from "../../system/paths.ts";
import type { Database, System } from "../../system/ports.ts";
import { attachmentsTable } from "./desk/attachments.ts";
import { firstSection, sectionsTable } from "./desk/sections.ts";
import { notesTable } from "./desk/thread-notes.ts";
import { grantsTable } from "./grants.ts";
import { trustTable } from "./trust.ts";
import { dayBookedTable, daySpentTable } from "./usage-day.ts";
import { usageFilesTable } from "./usage-index.ts";

/**
 * What no thread owns: grants, trust, budgets of a day, the index of usage. One SQLite file in the runtime home; whoever loses it
 * loses no conversation. Each concern keeps its own tables in a module of its own.
 */
export interface Ledger {
  readonly database: Database;
  /** What the user should know: that the file was damaged and put aside. */
  readonly warnings: readonly string[];
  close(): void;
}

/**
 * Each is run once per file, in this order: add at the end and change none. They are only ever extended, so a program of an
 * older version can use the file as well.
 */
const migrations: readonly string[] = [
  grantsTable,
  trustTable,
  usageFilesTable,
  daySpentTable,
  dayBookedTable,
  sectionsTable,
  firstSection,
  notesTable,
  attachmentsTable,
];

/** @throws what SQLite or the disk says when no ledger can be had at all. */
export async function openLedger(runtimeHome: string, system: System): Promise<Ledger> {
  const path = joinPath(runtimeHome, "ledger.sqlite");
  if (system.files.stat(runtimeHome) === null) system.files.makeDirectory(runtimeHome, 0o700);
  try {
    return { ...(await openAt(path, system)), warnings: [] };
  } catch (error) {
    if (!isDamage(error)) throw error;
    const aside = `${path}.damaged-${system.clock.now()}`;
    for (const end of ["", "-wal", "-shm"]) {
      if (system.files.lstat(path + end) !== null) system.files.rename(path + end, aside + end);
    }
    const warnings = [
      `The ledger was damaged (${messageOf(error)}) and is put aside as ${aside}; grants and budgets start anew.`,
    ];
    return { ...(await openAt(path, system)), warnings };
  }
}

async function openAt(path: string, { databases }: System): Promise<Omit<Ledger, "warnings">> {
  const database = await databases.open(path);
  try {
    migrate(database);
  } catch (error) {
    database.close();
    throw error;
  }
  return { database, close: () => database.close() };
}

function migrate(database: Database): void {
  const version = (): number => Number(database.all("PRAGMA user_version")[0]?.["user_version"] ?? 0);
  if (version() >= migrations.length) return;
  database.transaction(() => {
    for (const statement of migrations.slice(version())) database.run(statement);
    database.run(`PRAGMA user_version = ${migrations.length}`);
  });
}

/** SQLITE_CORRUPT and SQLITE_NOTADB. */
const isDamage = (error: unknown): boolean =>
  typeof error === "object" && error !== null && "errcode" in error && [11, 26].includes(Number(error.errcode) & 0xff);
