import type { Config } from "../../config/config.ts";
import type { Standing } from "../../policy/sandbox/ladder.ts";
import type { HostTry, System } from "../../system/ports.ts";
import type { CommandGate } from "./command-gate.ts";
import type { CommandWalls } from "./command-walls.ts";

const mostTold = 100;

/** Who hears what a gate has to say. */
export interface GateTalk {
  /** Hears of each host that a command wants to reach. */
  onHost(attempt: HostTry): void;
  warn(message: string): void;
}

/** Warns of each host once that it was refused; what comes to pass is told to `onHost` in any case. */
export function gateTalk(warn: (message: string) => void, onHost: (attempt: HostTry) => void = () => {}): GateTalk {
  const told = new Set<string>();
  return {
    warn,
    onHost(attempt) {
      onHost(attempt);
      const { host, port, refusal } = attempt;
      const name = `${host.includes(":") ? `[${host}]` : host}:${port}`;
      // What commands ask for is theirs to choose: neither the list nor the warnings may grow without end.
      if (refusal === null || told.has(name) || told.size >= mostTold) return;
      told.add(name);
      warn(`A command wanted to reach ${name} and was refused: ${refusal}.`);
    },
  };
}

/** The walls of the machine for one thread, with a gate of its own where hosts are allowed. */
export class GatedWalls {
  readonly #walls: CommandWalls;
  readonly #system: System;
  readonly #talk: GateTalk;
  /** By whether the user has granted the network. */
  readonly #gates = new Map<boolean, Promise<CommandGate>>();
  #warned = false;

  constructor(walls: CommandWalls, system: System, talk: GateTalk) {
    this.#walls = walls;
    this.#system = system;
    this.#talk = talk;
  }

  /** `granted`: the user has let the command that comes have the network. What they listed as denied stays so. */
  async standing(config: Config, granted = false): Promise<Standing> {
    const standing = await this.#walls.find(config);
    const { sandbox } = standing;
    if (config.codexAgent["network"] === undefined || sandbox === null || sandbox.rung === "external") return standing;
    const wall = sandbox.strength.hosts;
    if (!wall.held) {
      if (!this.#warned) this.#talk.warn(`The hosts of codex_agent.network.allow cannot be reached here: ${wall.why}.`);
      this.#warned = true;
      return standing;
    }
    const gate = this.#gates.get(granted) ?? this.#makeGate(granted);
    this.#gates.set(granted, gate);
    return { sandbox, gate: await (await gate).open(config) };
  }

  async #makeGate(granted: boolean): Promise<CommandGate> {
    const { CommandGate: Gate } = await import("./command-gate.ts");
    return new Gate(this.#system, (attempt) => this.#talk.onHost(attempt), granted);
  }

  /** No command may run any more. */
  async close(): Promise<void> {
    for (const gate of this.#gates.values()) await (await gate).close();
  }
}
