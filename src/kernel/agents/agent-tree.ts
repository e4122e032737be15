import type { Random } from "../../system/ports.ts";
import { CallError } from "../../tools/tool.ts";
import { nicknames } from "./nicknames.ts";

export interface AgentLimits {
  /** Agents of a tree that may be there at once. */
  places: number;
  /** Whether one that has ended its work takes a place until it is closed. */
  idleOnesCount: boolean;
  /** Agents of agents of agents ...: 1 lets a user's thread have agents, and nobody else. */
  depth: number;
  /** Of one turn of an agent. */
  minutes: number;
  /** Of all turns of an agent. */
  tokens: number;
}

/** Agents that are there although they take no place; each holds its history and its commands. */
const mostOpen = 64;

/** What the agents of one tree share: the places that there are, and the names that are taken. */
export class AgentTree {
  readonly limits: AgentLimits;
  readonly #random: Random;
  readonly #members = new Set<{ working(): boolean }>();
  #coming = 0;
  #names: string[] = [];

  constructor(limits: AgentLimits, random: Random) {
    this.limits = limits;
    this.#random = random;
  }

  /** Keeps a place while an agent is being opened; the function gives it back. @throws CallError when there is none. */
  reserve(): () => void {
    this.checkPlace();
    if (this.#members.size + this.#coming >= mostOpen) throw full();
    this.#coming++;
    let held = true;
    return () => {
      if (held) this.#coming--;
      held = false;
    };
  }

  /** @throws CallError when no more may work. */
  checkPlace(): void {
    const { places, idleOnesCount } = this.limits;
    const taken = [...this.#members].filter((member) => idleOnesCount || member.working()).length;
    if (taken + this.#coming >= places) throw full();
  }

  add(member: { working(): boolean }): void {
    this.#members.add(member);
  }

  remove(member: { working(): boolean }): void {
    this.#members.delete(member);
  }

  /** One of the candidates; without any a name that nobody in the tree has had, as long as there are such. */
  nickname(candidates: readonly string[]): string {
    if (candidates.length > 0) return candidates[this.#random.bytes(1)[0]! % candidates.length]!;
    if (this.#names.length === 0) this.#names = [...nicknames];
    const [high = 0, low = 0] = this.#random.bytes(2);
    return this.#names.splice(((high << 8) | low) % this.#names.length, 1)[0]!;
  }
}

const full = (): CallError => new CallError("collab spawn failed: agent thread limit reached");
