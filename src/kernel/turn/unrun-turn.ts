import type { TurnOrigin } from "../../protocol/agents.ts";
import { errorInfo } from "../../protocol/errors.ts";
import { Interruption } from "../interruption.ts";
import type { JournalRecord } from "../journal-port.ts";
import type { TurnInput } from "../turn-setup.ts";
import type { TurnHost } from "./turn-host.ts";
import { addToHistory, inputRecords } from "./turn-records.ts";

/** A turn that was accepted and never got to the model. */
export interface UnrunTurn {
  readonly turnId: string;
  readonly trigger: string | null;
  readonly origin: TurnOrigin | undefined;
  /** What was said to it, in order. */
  readonly said: readonly TurnInput[];
}

/** Its words stay in the thread, and its end is told, for the reason that is given. */
export async function keepUnrun(host: TurnHost, turn: UnrunTurn, cause: unknown): Promise<void> {
  const { clock, journal, state, emit, threadId, newId } = host;
  const { turnId, trigger, origin } = turn;
  const place = { threadId, turnId };
  const now = clock.now();
  const times = { startedAtMs: now, completedAtMs: now, durationMs: 0 };
  const interrupted = cause instanceof Interruption;
  const { code, message } = errorInfo(cause);
  const said = turn.said.flatMap((words) =>
    inputRecords(words, { turnId, atMs: now, sampledThrough: state.sampledThrough }, newId),
  );
  const ending: JournalRecord[] = interrupted
    ? [{ type: "turn.aborted", turnId, reason: "interrupted", ...times }]
    : [
        { type: "error", turnId, message, code },
        { type: "turn.completed", turnId, lastMessage: null, firstTokenMs: null, ...times },
      ];
  try {
    keepUnkept(host);
    const sequences = journal.append([
      { type: "turn.started", turnId, startedAtMs: now, contextWindow: null, trigger, origin },
      ...said,
      ...ending,
    ]);
    addToHistory(state, said, sequences);
    await journal.sync();
  } catch (error) {
    return tellFailure(host, turnId, error);
  }
  emit({ type: "turn.started", ...place, rootTurnId: origin?.rootTurnId ?? turnId });
  for (const record of said) {
    if (record.type !== "item.completed") continue;
    emit({ type: "item.started", ...place, item: record.item, atMs: now });
    emit({ type: "item.completed", ...place, item: record.item, startedAtMs: now, atMs: now });
  }
  if (interrupted) emit({ type: "turn.interrupted", ...place, reason: message, usage: state.usage, durationMs: 0 });
  else tellFailure(host, turnId, cause);
}

/** Writes what the history holds already and the journal does not. */
export function keepUnkept({ state, journal }: Pick<TurnHost, "state" | "journal">): void {
  if (state.unkept.length > 0) journal.append(state.unkept);
  state.unkept = [];
}

/** The end of a turn that took no time. */
export function tellFailure({ threadId, state, emit }: TurnHost, turnId: string, error: unknown): void {
  emit({ type: "turn.failed", threadId, turnId, error: errorInfo(error), usage: state.usage, durationMs: 0 });
}
