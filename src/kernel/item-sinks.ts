import type { AgentEvent } from "../protocol/events.ts";
import { messageOf } from "../protocol/errors.ts";
import type { ThreadItem } from "../protocol/items.ts";
import type { Clock } from "../system/ports.ts";
import type { ItemSink } from "../tools/tool.ts";
import type { Journal, JournalRecord } from "./journal-port.ts";
import { notBefore } from "./turn/turn-records.ts";

/** Where the tools of a thread tell of items: kept, then told. Also after their turn, as a command in the background ends when it ends. */
export class ItemSinks {
  readonly #ports: { clock: Clock; journal: Journal; emit(event: AgentEvent): void };
  /** Items that were told to have begun, with the time of it. */
  readonly #started = new Map<string, number>();
  #closed = false;

  constructor(ports: { clock: Clock; journal: Journal; emit(event: AgentEvent): void }) {
    this.#ports = ports;
  }

  /** From now on nobody is told of what cannot be kept. */
  close(): void {
    this.#closed = true;
  }

  of(turnId: string): ItemSink {
    const { clock, journal, emit } = this.#ports;
    const { threadId } = journal;
    const place = { threadId, turnId };
    const started = this.#started;
    const keep = (record: JournalRecord): void => {
      try {
        journal.append([record]);
      } catch (error) {
        // Whoever tells may be a process that ended in the background, with nobody above to catch anything.
        if (!this.#closed) emit({ type: "warning", threadId, message: messageOf(error) });
      }
    };
    return {
      started(item) {
        const atMs = clock.now();
        started.set(item.id, atMs);
        emit({ type: "item.started", ...place, item, atMs });
      },
      input: (itemId, processId, text) => emit({ type: "command.input", ...place, itemId, processId, text }),
      output: (itemId, delta) => emit({ type: "command.output", ...place, itemId, delta }),
      completed: (item: ThreadItem) => {
        const now = clock.now();
        const startedAtMs = started.get(item.id) ?? now;
        const atMs = notBefore(startedAtMs, now);
        started.delete(item.id);
        keep({ type: "item.completed", turnId, item, startedAtMs, completedAtMs: atMs });
        emit({ type: "item.completed", ...place, item, startedAtMs, atMs });
      },
      patched: (itemId, files) => emit({ type: "files.patched", ...place, itemId, files }),
      plan: (explanation, plan) => emit({ type: "plan.updated", ...place, explanation, plan }),
      child: (callId, process) => keep({ type: "child.started", callId, process }),
    };
  }
}
