import { tmpdir } from "node:os";
import { join } from "node:path";
import { PipePool } from "../../../tools/exec/process/pipe-pool.ts";
import { ProcessGroups } from "../../../tools/exec/process/process-group.ts";
import type { Connection } from "../connection.ts";
import { refused } from "../request-error.ts";
import { run, type Ending, type Running, type RunOptions } from "./running.ts";

/** More side by side are no client's work but its fault. */
const mostRunning = 256;

/** Processes of one kind that a client has started, by the names that it gave them. */
export class ClientProcesses {
  readonly #pipes: PipePool;
  readonly #groups = new ProcessGroups();
  readonly #running = new Map<string, Running | null>();
  /** `command/exec for process id`, `process for process handle`. */
  readonly #called: string;
  #unnamed = 0;
  #ended = false;

  constructor(pipes: PipePool, called: string) {
    this.#pipes = pipes;
    this.#called = called;
  }

  /** Null: nobody will ask for it. @throws RequestError where one of this name runs. */
  async start(name: string | null, duplicate: string, options: () => Promise<RunOptions>): Promise<Running> {
    const key = name === null ? `unnamed ${++this.#unnamed}` : `named ${name}`;
    if (this.#running.has(key)) throw refused(`${duplicate}: ${JSON.stringify(name)}`);
    if (this.#running.size >= mostRunning)
      throw refused(`this connection runs ${mostRunning} processes already; wait for one to end, or terminate it`);
    // From here on, before it has started: the next request of this name comes too late.
    this.#running.set(key, null);
    try {
      const started = await run(this.#pipes, this.#groups, await options());
      this.#running.set(key, started);
      void started.ending.finally(() => this.#running.delete(key));
      if (this.#ended) started.kill();
      return started;
    } catch (error) {
      this.#running.delete(key);
      throw error;
    }
  }

  /** @throws RequestError where none of this name runs. */
  get(name: string): Running {
    const found = this.#running.get(`named ${name}`);
    if (found == null) throw refused(`no active ${this.#called} ${JSON.stringify(name)}`);
    return found;
  }

  endAll(): void {
    this.#ended = true;
    this.#groups.killAll();
  }
}

export type { Ending };

interface Kinds {
  readonly commands: ClientProcesses;
  readonly processes: ClientProcesses;
}

const ofConnection = new WeakMap<Connection, Kinds>();
let pipes: PipePool | null = null;

/** The processes of a client; they end with its connection. */
export function processesOf(connection: Connection): Kinds {
  let kinds = ofConnection.get(connection);
  if (kinds === undefined) {
    if (pipes === null) {
      const made = new PipePool(join(tmpdir(), `codex-agent-app-server-${process.pid}`));
      process.on("exit", () => made.close());
      pipes = made;
    }
    const commands = new ClientProcesses(pipes, "command/exec for process id");
    const processes = new ClientProcesses(pipes, "process for process handle");
    connection.onGone(() => {
      commands.endAll();
      processes.endAll();
    });
    kinds = { commands, processes };
    ofConnection.set(connection, kinds);
  }
  return kinds;
}
