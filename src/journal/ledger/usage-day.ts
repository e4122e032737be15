import { type ByModel, noTokens, plus, type Tokens } from "../../policy/budget/amounts.ts";
import type { Booking, DayBook } from "../../policy/budget/day-book.ts";
import type { Ids } from "../../system/ids.ts";
import type { Database, DatabaseValue, Processes } from "../../system/ports.ts";
import type { DatedUsage } from "../usage/report.ts";
import { localDay } from "../usage/report.ts";
import { quarterMs } from "../usage/file-usage.ts";
import type { Ledger } from "./ledger.ts";

/** What was used on a local day. */
export const daySpentTable = `CREATE TABLE day_spent (
  day TEXT NOT NULL,
  thread_id TEXT NOT NULL,
  model TEXT NOT NULL,
  input INTEGER NOT NULL,
  cached INTEGER NOT NULL,
  output INTEGER NOT NULL,
  PRIMARY KEY (day, thread_id, model)
) STRICT`;

/** Requests under way, with what they were booked for. */
export const dayBookedTable = `CREATE TABLE day_booked (
  id TEXT PRIMARY KEY,
  pid INTEGER NOT NULL,
  day TEXT NOT NULL,
  thread_id TEXT NOT NULL,
  model TEXT NOT NULL,
  input INTEGER NOT NULL,
  cached INTEGER NOT NULL
) STRICT`;

/** Bookings of this process, whichever of its threads made them. */
const mine = new Set<string>();

type Row = Record<string, DatabaseValue>;

const tokensIn = (row: Row): Tokens => ({
  input: Number(row["input"]),
  cached: Number(row["cached"]),
  output: Number(row["output"] ?? 0),
});

/** What the processes of this home use in a day, counted in the ledger. */
export class LedgerDayBook implements DayBook {
  readonly #database: Database;
  readonly #processes: Processes;
  readonly #ids: Ids;

  constructor({ database }: Ledger, processes: Processes, ids: Ids) {
    this.#database = database;
    this.#processes = processes;
    this.#ids = ids;
  }

  reserve(booking: Booking, fits: (used: ByModel) => boolean): string | null {
    return this.#database.transaction(() => {
      this.#settleDead();
      if (!fits(this.#used(booking.day))) return null;
      const { day, threadId, model, tokens } = booking;
      const id = this.#ids.uuid();
      const values = [id, this.#processes.pid, day, threadId, model, tokens.input, tokens.cached];
      this.#database.run("INSERT INTO day_booked VALUES (?, ?, ?, ?, ?, ?, ?)", ...values);
      mine.add(id);
      return id;
    });
  }

  settle(id: string, booking: Booking, { input, cached, output }: Tokens, day: string): void {
    mine.delete(id);
    this.#database.transaction(() => {
      const { changes } = this.#database.run("DELETE FROM day_booked WHERE id = ?", id);
      const { tokens: counted } = booking;
      // Somebody who could not see this process took it for dead, and has counted what was booked.
      if (changes === 0) this.#spend(booking, { input: -counted.input, cached: -counted.cached, output: 0 });
      this.#spend({ ...booking, day }, { input, cached, output });
    });
  }

  /** Takes up what threads used on a day without being counted here: by this program without a budget, or by Codex. */
  takeUp(day: string, usages: readonly DatedUsage[]): void {
    const found = new Map<string, { threadId: string; model: string; tokens: Tokens }>();
    for (const { threadId, buckets } of usages) {
      for (const { quarter, model, tokens } of buckets) {
        if (localDay(quarter * quarterMs) !== day) continue;
        const key = `${threadId} ${model}`;
        const [input, cached, output] = tokens;
        const before = found.get(key)?.tokens ?? noTokens;
        found.set(key, { threadId, model, tokens: plus(before, { input, cached, output }) });
      }
    }
    this.#database.transaction(() => {
      for (const { threadId, model, tokens } of found.values()) {
        const [row] = this.#database.all(
          "SELECT * FROM day_spent WHERE day = ? AND thread_id = ? AND model = ?",
          day,
          threadId,
          model,
        );
        const known = row === undefined ? noTokens : tokensIn(row);
        if (known.input + known.output >= tokens.input + tokens.output) continue;
        this.#spend(
          { day, threadId, model },
          {
            input: tokens.input - known.input,
            cached: tokens.cached - known.cached,
            output: tokens.output - known.output,
          },
        );
      }
    });
  }

  /** What dead processes had booked was sent, as far as anybody can know. */
  #settleDead(): void {
    for (const row of this.#database.all("SELECT * FROM day_booked")) {
      const [id, pid] = [String(row["id"]), Number(row["pid"])];
      if (pid === this.#processes.pid ? mine.has(id) : this.#processes.isAlive(pid)) continue;
      this.#database.run("DELETE FROM day_booked WHERE id = ?", id);
      const place = { day: String(row["day"]), threadId: String(row["thread_id"]), model: String(row["model"]) };
      this.#spend(place, tokensIn(row));
    }
  }

  #used(day: string): ByModel {
    const used = new Map<string, Tokens>();
    for (const table of ["day_spent", "day_booked"]) {
      for (const row of this.#database.all(`SELECT * FROM ${table} WHERE day = ?`, day)) {
        const model = String(row["model"]);
        used.set(model, plus(used.get(model) ?? noTokens, tokensIn(row)));
      }
    }
    return used;
  }

  #spend({ day, threadId, model }: Omit<Booking, "tokens">, { input, cached, output }: Tokens): void {
    this.#database.run(
      `INSERT INTO day_spent VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
        input = input + excluded.input, cached = cached + excluded.cached, output = output + excluded.output`,
      day,
      threadId,
      model,
      input,
      cached,
      output,
    );
  }
}
