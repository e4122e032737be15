import type { AgentEvent } from "../../protocol/events.ts";
import type { ErrorInfo } from "../../protocol/errors.ts";
import type { EnteredReview, ExitedReview } from "../../protocol/items.ts";
import type { ReviewReport, ReviewTarget } from "../../protocol/review.ts";
import type { JournalRecord } from "../journal-port.ts";
import { foundMessage } from "./prompts.ts";

/** What came of the thread that looked at the changes. */
export type ReviewEnd =
  | { type: "found"; report: ReviewReport; text: string }
  | { type: "failed"; error: ErrorInfo }
  | { type: "interrupted"; reason: string };

/** A review that a turn waits for. */
export interface ReviewWork {
  readonly target: ReviewTarget;
  /** What is looked at, in a line. */
  readonly label: string;
  /** Has another thread look at it; `tell` tells what it does as the turn's own doing. Never rejects. */
  run(turn: { turnId: string; signal: AbortSignal; tell(event: AgentEvent): void }): Promise<ReviewEnd>;
}

interface Place {
  readonly turnId: string;
  readonly sampledThrough: number;
  newId(): string;
  now(): number;
}

const itemRecord = (item: EnteredReview | ExitedReview, { turnId, now }: Place): JournalRecord => {
  const atMs = now();
  return { type: "item.completed", turnId, item, startedAtMs: atMs, completedAtMs: atMs };
};

export const enteringRecords = ({ label, target }: ReviewWork, place: Place): JournalRecord[] => [
  itemRecord({ type: "enteredReviewMode", id: place.newId(), label, target }, place),
];

/** What the thread keeps of a review: what was found, for its user and for its model. */
export function leavingRecords(end: ReviewEnd, place: Place): JournalRecord[] {
  const id = place.newId();
  if (end.type !== "found") {
    const text = "The review was stopped before it was done.";
    return [itemRecord({ type: "exitedReviewMode", id, text, report: null }, place)];
  }
  const { report, text } = end;
  const { turnId, sampledThrough } = place;
  const messageId = `msg_${place.newId()}`;
  const atMs = place.now();
  const message = (role: "user" | "assistant", own: string, words: string): JournalRecord => ({
    type: "response.item",
    turnId,
    item:
      role === "user"
        ? { type: "message", id: own, role, content: [{ type: "input_text", text: words }] }
        : { type: "message", id: own, role, content: [{ type: "output_text", text: words }] },
    kinds: ["unknown"],
    createdAtMs: atMs,
    sampledThrough,
  });
  return [
    message("user", `msg_${place.newId()}`, foundMessage(text)),
    itemRecord({ type: "exitedReviewMode", id, text, report }, place),
    message("assistant", messageId, text),
    {
      type: "item.completed",
      turnId,
      item: { type: "agentMessage", id: messageId, text },
      startedAtMs: atMs,
      completedAtMs: atMs,
    },
  ];
}
