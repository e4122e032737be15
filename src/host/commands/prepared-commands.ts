import { carryLoaderVariables } from "../../policy/sandbox/loader-variables.ts";
import type { Enclosed } from "../../policy/sandbox/sandbox.ts";
import type { ParamsOf, ResultOf } from "../../protocol/methods.ts";
import type { System } from "../../system/ports.ts";
import type { CommandWalls } from "../walls/command-walls.ts";
import { gateTalk } from "../walls/gated-walls.ts";
import { openWalls, type WalledCommand } from "../walls/walled-command.ts";

interface Open {
  readonly walled: WalledCommand;
  readonly enclosed: Enclosed;
}

/** Commands that doors run themselves, in the walls that a thread's would have. */
export class PreparedCommands {
  readonly #system: System;
  readonly #walls: CommandWalls;
  readonly #open = new Map<string, Open>();
  #last = 0;

  constructor(system: System, walls: CommandWalls) {
    this.#system = system;
    this.#walls = walls;
  }

  async prepare(params: ParamsOf<"command/prepare">): Promise<ResultOf<"command/prepare">> {
    const { argv, commandCwd, environment: changes = {}, network = false, ...options } = params;
    // Whoever runs it has nobody to warn; the command itself sees that it was refused.
    const talk = gateTalk(() => {});
    const walled = await openWalls(options, this.#system, talk, { machine: this.#walls, network });
    try {
      const environment = changed(walled.environment, changes);
      const cwd = commandCwd ?? walled.cwd;
      // Without walls nothing is between the command and its variables.
      const carried = walled.walls === null ? { argv, env: environment } : carryLoaderVariables(argv, environment);
      const enclosed = walled.enclose(carried.argv, cwd);
      const commandId = `command-${++this.#last}`;
      this.#open.set(commandId, { walled, enclosed });
      const seconds = enclosed.seconds ?? null;
      const walls = walled.walls?.rung ?? null;
      return { commandId, argv: enclosed.argv, cwd, environment: carried.env, seconds, walls };
    } catch (error) {
      await walled.close();
      throw error;
    }
  }

  async release(commandId: string): Promise<void> {
    const open = this.#open.get(commandId);
    this.#open.delete(commandId);
    open?.enclosed.release();
    await open?.walled.close();
  }

  async close(): Promise<void> {
    await Promise.all([...this.#open.keys()].map((commandId) => this.release(commandId)));
  }
}

function changed(
  environment: Readonly<Record<string, string>>,
  changes: Readonly<Record<string, string | null>>,
): Record<string, string> {
  const all = Object.entries({ ...environment, ...changes });
  return Object.fromEntries(all.filter((entry): entry is [string, string] => entry[1] !== null));
}
