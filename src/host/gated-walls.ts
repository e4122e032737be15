import type { Config } from "../config/config.ts";
import type { Standing } from "../policy/sandbox/ladder.ts";
import type { HostTry, System } from "../system/ports.ts";
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
  #gate: Promise<CommandGate> | null = null;
  #warned = false;

  constructor(walls: CommandWalls, system: System, talk: GateTalk) {
    this.#walls = walls;
    this.#system = system;
    this.#talk = talk;
  }

  async standing(config: Config): Promise<Standing> {
    const standing = await this.#walls.find(config);
    const { sandbox } = standing;
    if (config.codexAgent["network"] === undefined || sandbox === null || sandbox.rung === "external") return standing;
    const wall = sandbox.strength.hosts;
    if (!wall.held) {
      if (!this.#warned) this.#talk.warn(`The hosts of codex_agent.network.allow cannot be reached here: ${wall.why}.`);
      this.#warned = true;
      return standing;
    }
    this.#gate ??= import("./command-gate.ts").then(
      ({ CommandGate: Gate }) => new Gate(this.#system, (attempt) => this.#talk.onHost(attempt)),
    );
    return { sandbox, gate: await (await this.#gate).open(config) };
  }

  /** No command may run any more. */
  async close(): Promise<void> {
    await (await this.#gate)?.close();
  }
}
