import type { Ledger } from "../../journal/ledger/ledger.ts";
import { joinPath } from "../../system/paths.ts";
import type { System } from "../../system/ports.ts";

/** The ledger of a host: opened when something is asked of it, and once. */
export class LedgerKeeper {
  readonly #system: System;
  readonly #runtimeHome: () => string;
  #opening: Promise<Ledger> | null = null;
  #open: Ledger | null = null;

  constructor(system: System, runtimeHome: () => string) {
    this.#system = system;
    this.#runtimeHome = runtimeHome;
  }

  /** @throws what SQLite or the disk says when no ledger can be had. */
  async get(): Promise<Ledger> {
    this.#opening ??= this.#openNow();
    try {
      return await this.#opening;
    } catch (error) {
      this.#opening = null;
      throw error;
    }
  }

  /** Null where nothing was ever kept; nothing is loaded then. @throws as {@link get} */
  async existing(): Promise<Ledger | null> {
    if (this.#open !== null) return this.#open;
    const path = joinPath(this.#runtimeHome(), "ledger.sqlite");
    return this.#system.files.stat(path) === null ? null : this.get();
  }

  async close(): Promise<void> {
    await this.#opening?.catch(() => undefined);
    this.#open?.close();
    this.#open = null;
    this.#opening = null;
  }

  async #openNow(): Promise<Ledger> {
    const { openLedger } = await import("../../journal/ledger/ledger.ts");
    return (this.#open = await openLedger(this.#runtimeHome(), this.#system));
  }
}
