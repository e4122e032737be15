import type * as ledgerGrants from "../../journal/ledger/grants.ts";
import type { Ledger } from "../../journal/ledger/ledger.ts";
import { covers, isCurrent, markFiles, type Shown } from "../../policy/engine/covers.ts";
import type { Action } from "../../policy/action.ts";
import { messageOf } from "../../protocol/errors.ts";
import type { Effects } from "../../protocol/effects.ts";
import type { Grant, GrantedThing, GrantScope } from "../../protocol/grants.ts";
import type { Ids } from "../../system/ids.ts";
import type { System } from "../../system/ports.ts";
import type { LedgerKeeper } from "./ledger-keeper.ts";

export interface GrantPlace {
  readonly system: System;
  readonly ids: Ids;
  readonly ledger: LedgerKeeper;
  readonly threadId: string;
  /** Where the thread works. */
  cwd(): string;
  warn(message: string): void;
}

/** How long a yes holds, and for what. */
export interface Wish {
  readonly scope: Exclude<GrantScope, "everywhere">;
  readonly turnId: string;
  readonly expiresInSeconds: number | null;
}

type LedgerGrants = typeof ledgerGrants;

/**
 * What holds in a thread without being asked again: for its turn and for as long as it is open, kept here, and for its folder, kept
 * in the ledger. Whatever outlives a turn stands in the ledger too, and counts only as long as nobody has revoked it there.
 */
export class Grants {
  readonly #place: GrantPlace;
  #held: Grant[] = [];
  #kept: { ledger: Ledger; read: LedgerGrants } | null = null;
  readonly #revoked = new Set<string>();

  constructor(place: GrantPlace) {
    this.#place = place;
  }

  get files(): System["files"] {
    return this.#place.system.files;
  }

  /** Opens the ledger where there is one; true when it can tell more than before. */
  async prepare(): Promise<boolean> {
    if (this.#kept !== null) return false;
    try {
      const ledger = await this.#place.ledger.existing();
      if (ledger !== null) await this.#take(ledger);
    } catch (error) {
      this.#place.warn(`What was allowed before cannot be read, and is asked for again: ${messageOf(error)}`);
    }
    return this.#kept !== null;
  }

  /** The yes from before that covers it all, now; null: none does. */
  find(action: Action, effects: Effects, outside: boolean, turnId: string): Grant | null {
    const candidates = [...this.#held, ...this.#ofFolder()].filter(
      (grant) => (grant.scope !== "turn" || grant.turnId === turnId) && this.#holds(grant),
    );
    if (candidates.length === 0) return null;
    const files = markFiles(action, effects, this.#place.system.files);
    if (files === null) return null;
    const shown: Shown = { action, effects, outside, files };
    return candidates.find((grant) => covers(grant, shown)) ?? null;
  }

  /** Whether a prefix that was allowed under this id still holds. */
  holds(id: string): boolean {
    const grant = this.#held.find((each) => each.id === id);
    return grant !== undefined && this.#holds(grant);
  }

  /** A yes that holds on. Where it cannot be kept, a wider one holds in this thread alone, which is said. */
  async give(thing: GrantedThing, shown: Pick<Shown, "effects" | "files">, wish: Wish): Promise<Grant> {
    const { system, ids, threadId } = this.#place;
    const now = system.clock.now();
    const grant: Grant = {
      id: ids.uuid(),
      scope: wish.scope,
      threadId,
      turnId: wish.turnId,
      folder: wish.scope === "folder" ? this.#folder() : null,
      thing,
      effects: shown.effects,
      files: shown.files,
      grantedAtMs: now,
      expiresAtMs: wish.expiresInSeconds === null ? null : now + wish.expiresInSeconds * 1000,
      revokedAtMs: null,
    };
    // No other turn has its id.
    this.#held = this.#held.filter(({ scope, turnId }) => scope !== "turn" || turnId === wish.turnId);
    if (grant.scope === "turn") {
      this.#held.push(grant);
      return grant;
    }
    try {
      const { ledger, read } = await this.#take(await this.#place.ledger.get());
      read.addGrant(ledger, grant);
      if (grant.scope === "thread") this.#held.push(grant);
      return grant;
    } catch (error) {
      this.#place.warn(`The approval could not be kept, and holds in this turn alone: ${messageOf(error)}`);
      const kept: Grant = { ...grant, scope: "turn", folder: null };
      this.#held.push(kept);
      return kept;
    }
  }

  /** Those of the turn, which stand nowhere else. */
  ofTurn(): Grant[] {
    return this.#held.filter((grant) => grant.scope === "turn");
  }

  /** Nothing, where it is none of this thread's own. */
  revoke(id: string): boolean {
    const own = this.#held.some((grant) => grant.id === id && !this.#revoked.has(id));
    if (own) this.#revoked.add(id);
    return own;
  }

  /** The thread closes: what held for as long as it was open ends. */
  close(): void {
    const threads = this.#held.some(({ scope }) => scope === "thread");
    this.#held = [];
    if (!threads || this.#kept === null) return;
    const { ledger, read } = this.#kept;
    try {
      read.endThreadGrants(ledger, this.#place.threadId, this.#place.system.clock.now());
    } catch {
      // They hold nowhere any more: only the list still names them.
    }
  }

  #holds(grant: Grant): boolean {
    if (this.#revoked.has(grant.id) || !isCurrent(grant, this.#place.system.clock.now())) return false;
    if (grant.scope === "turn") return true;
    return this.#ask(({ ledger, read }) => read.stillHeld(ledger, grant.id)) ?? false;
  }

  #ofFolder(): Grant[] {
    return this.#ask(({ ledger, read }) => read.grantsOfFolder(ledger, this.#folder())) ?? [];
  }

  /** Null where there is no ledger, or it cannot be read: then nothing holds. */
  #ask<Result>(question: (kept: { ledger: Ledger; read: LedgerGrants }) => Result): Result | null {
    if (this.#kept === null) return null;
    try {
      return question(this.#kept);
    } catch (error) {
      this.#place.warn(`What was allowed before cannot be read, and is asked for again: ${messageOf(error)}`);
      return null;
    }
  }

  async #take(ledger: Ledger): Promise<{ ledger: Ledger; read: LedgerGrants }> {
    if (this.#kept?.ledger === ledger) return this.#kept;
    const read = await import("../../journal/ledger/grants.ts");
    for (const warning of ledger.warnings) this.#place.warn(warning);
    return (this.#kept = { ledger, read });
  }

  #folder(): string {
    const { system, cwd } = this.#place;
    return system.files.realPath(cwd());
  }
}
