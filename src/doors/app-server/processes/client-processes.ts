import { join } from "node:path";
import { findHomes } from "../../../config/homes.ts";
import { PipePool } from "../../../tools/exec/process/pipe-pool.ts";
import { ProcessGroups } from "../../../tools/exec/process/process-group.ts";
import type { AppServer } from "../app-server.ts";
import type { Connection } from "../connection.ts";
import type { Asked } from "../handlers/handlers.ts";
import { refused } from "../request-error.ts";
import { run, type Running, type RunOptions } from "./running.ts";

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

interface Kinds {
  readonly commands: ClientProcesses;
  readonly processes: ClientProcesses;
}

const ofConnection = new WeakMap<Connection, Kinds>();
/** Of each server, as long as a client of its has had processes. */
const ofServer = new WeakMap<AppServer, { readonly pipes: PipePool; clients: number }>();

/** Beside those of threads: what a dead process has left there is removed by the next. */
function makePipes({ surroundings: { variables, codexHome } }: AppServer): PipePool {
  const { runtime } = findHomes({ ...variables, CODEX_HOME: codexHome } as Record<string, string>);
  return new PipePool(join(runtime, "cache", "pipes"));
}

/** The processes of a client; they end with its connection. */
export function processesOf({ connection, server }: Pick<Asked, "connection" | "server">): Kinds {
  const known = ofConnection.get(connection);
  if (known !== undefined) return known;
  const shared = ofServer.get(server) ?? { pipes: makePipes(server), clients: 0 };
  ofServer.set(server, shared);
  shared.clients++;
  const { pipes } = shared;
  const commands = new ClientProcesses(pipes, "command/exec for process id");
  const processes = new ClientProcesses(pipes, "process for process handle");
  connection.onGone(() => {
    commands.endAll();
    processes.endAll();
    if (--shared.clients > 0) return;
    pipes.close();
    ofServer.delete(server);
  });
  const kinds = { commands, processes };
  ofConnection.set(connection, kinds);
  return kinds;
}
