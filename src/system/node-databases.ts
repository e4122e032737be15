import { closeSync, openSync } from "node:fs";
import type { Database, Databases, DatabaseValue } from "./ports.ts";

/** How long a statement waits for another process that writes, in milliseconds: a disk or a machine that is busy may hold that one up. */
const patienceMs = 30_000;

export const nodeDatabases: Databases = {
  async open(path) {
    const { DatabaseSync } = await import("node:sqlite");
    // SQLite would make it readable for everybody, and its companions like it.
    closeSync(openSync(path, "a", 0o600));
    const database = new DatabaseSync(path, { timeout: patienceMs });
    const statements = new Map<string, ReturnType<typeof database.prepare>>();
    const prepared = (text: string): ReturnType<typeof database.prepare> => {
      let statement = statements.get(text);
      if (statement === undefined) statements.set(text, (statement = database.prepare(text)));
      return statement;
    };
    try {
      database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON");
    } catch (error) {
      database.close();
      throw error;
    }
    const opened: Database = {
      run: (text, ...values) => ({ changes: Number(prepared(text).run(...values).changes) }),
      all: (text, ...values) => prepared(text).all(...values) as Record<string, DatabaseValue>[],
      transaction(work) {
        database.exec("BEGIN IMMEDIATE");
        try {
          const result = work();
          database.exec("COMMIT");
          return result;
        } catch (error) {
          if (database.isTransaction) database.exec("ROLLBACK");
          throw error;
        }
      },
      close: () => database.close(),
    };
    return opened;
  },
};
