import type { GroupEnd, Processes } from "../../system/ports.ts";

export interface NotifyPlace {
  /** The program and its first arguments. */
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly threadId: string;
  readonly client: string;
}

/** A program may be this long about what it has been told of. */
const limitMs = 60_000;

/** How long the end of a thread waits for the program that was told of its last turn. */
const graceMs = 3000;

/** Tells a program of the end of turns, as Codex does; the turn does not wait for it. */
export class Notifier {
  readonly #place: NotifyPlace;
  readonly #processes: Processes;
  readonly #running = new Set<Promise<GroupEnd>>();
  readonly #stop = new AbortController();

  constructor(place: NotifyPlace, processes: Processes) {
    this.#place = place;
    this.#processes = processes;
  }

  turnEnded(turnId: string, said: readonly string[], lastMessage: string | null): void {
    const { command, env, cwd, threadId, client } = this.#place;
    const told = {
      type: "agent-turn-complete",
      "thread-id": threadId,
      "turn-id": turnId,
      cwd,
      client,
      "input-messages": said,
      "last-assistant-message": lastMessage,
    };
    const running = this.#processes.runGroup([...command, JSON.stringify(told)], {
      cwd,
      env,
      input: null,
      timeoutMs: limitMs,
      maxBytes: 0,
      signal: this.#stop.signal,
    });
    this.#running.add(running);
    void running.then(() => this.#running.delete(running));
  }

  /** Gives what still runs a moment to end, and ends it then. */
  async close(sleep: (ms: number, signal: AbortSignal) => Promise<void>): Promise<void> {
    const done = new AbortController();
    const all = Promise.all(this.#running);
    await Promise.race([all, sleep(graceMs, done.signal).catch(() => undefined)]);
    done.abort();
    this.#stop.abort();
    await all;
  }
}
