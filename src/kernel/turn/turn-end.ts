import type { ModelFailure } from "../../model/model-client.ts";
import { errorInfo, type ErrorInfo } from "../../protocol/errors.ts";
import { abortedTurn } from "../context/prompts.ts";
import { Interruption } from "../interruption.ts";
import type { JournalRecord } from "../journal-port.ts";
import type { TurnHost } from "./turn-host.ts";
import { addToHistory, harnessMessage, notBefore } from "./turn-records.ts";
import { keepUnkept } from "./unrun-turn.ts";

export type TurnEnd =
  | { type: "completed"; lastMessage: string | null }
  | { type: "failed"; error: ErrorInfo }
  | { type: "interrupted"; reason: string };

export const stoppedBy = (cause: unknown): TurnEnd =>
  cause instanceof Interruption
    ? { type: "interrupted", reason: cause.message }
    : { type: "failed", error: errorInfo(cause) };

export const stoppedByHook: TurnEnd = { type: "interrupted", reason: "a hook stopped the turn at a compaction" };

export const errorOf = (failure: ModelFailure): ErrorInfo => ({
  code: failure.code,
  message: failure.message,
  details: {
    ...(failure.httpStatus !== undefined && { httpStatus: failure.httpStatus }),
    ...(failure.providerCode !== undefined && { providerCode: failure.providerCode }),
  },
});

/** What the end of a turn says of the turn. */
export interface EndedTurn {
  readonly turnId: string;
  readonly startedAtMs: number;
  readonly durationMs: number;
  readonly lastMessage: string | null;
  readonly firstTokenMs: number | null;
  /** Whether the model is told of an interruption. */
  readonly tellsInterrupts: boolean;
}

/** Writes the end, waits until it is on disk, and tells it. Rejects only when the journal cannot be written. */
export async function finishTurn(host: TurnHost, turn: EndedTurn, end: TurnEnd): Promise<void> {
  const { clock, journal, state } = host;
  const { turnId, startedAtMs, durationMs } = turn;
  const completedAtMs = notBefore(startedAtMs, clock.now());
  keepUnkept(host);
  const records = endRecords(host, turn, end, completedAtMs);
  addToHistory(state, records, journal.append(records));
  await journal.sync();
  const common = { threadId: host.threadId, turnId, usage: state.usage, durationMs };
  if (end.type === "completed") host.emit({ type: "turn.completed", ...common, lastMessage: end.lastMessage });
  else if (end.type === "failed") host.emit({ type: "turn.failed", ...common, error: end.error });
  else host.emit({ type: "turn.interrupted", ...common, reason: end.reason });
}

function endRecords(host: TurnHost, turn: EndedTurn, end: TurnEnd, completedAtMs: number): JournalRecord[] {
  const { turnId, startedAtMs, durationMs, lastMessage, firstTokenMs } = turn;
  const times = { startedAtMs, completedAtMs, durationMs };
  if (end.type === "interrupted") {
    const notice: JournalRecord = {
      type: "response.item",
      turnId,
      item: harnessMessage("user", abortedTurn, host.newId()),
      kinds: ["generic.turn_aborted"],
      createdAtMs: completedAtMs,
      sampledThrough: host.state.sampledThrough,
    };
    const aborted: JournalRecord = { type: "turn.aborted", turnId, reason: "interrupted", ...times };
    return turn.tellsInterrupts ? [notice, aborted] : [aborted];
  }
  const completed: JournalRecord = {
    type: "turn.completed",
    turnId,
    lastMessage: end.type === "completed" ? end.lastMessage : lastMessage,
    ...times,
    firstTokenMs,
  };
  if (end.type === "completed") return [completed];
  return [{ type: "error", turnId, message: end.error.message, code: end.error.code }, completed];
}
