import type { ActionReview } from "../../../protocol/action-review.ts";
import type { AgentEvent } from "../../../protocol/events.ts";
import type { Question } from "../../../protocol/questions.ts";
import { review, type ReviewPlace } from "./reviewer.ts";

/** A review whose beginning and end are told; one that the turn's end cuts short has no end. Rejects as {@link review}. */
export async function toldReview(
  question: Question,
  turn: { turnId: string; signal: AbortSignal },
  place: ReviewPlace & { threadId: string; emit(event: AgentEvent): void },
): Promise<ActionReview> {
  const { threadId, emit, ids, system } = place;
  const startedAtMs = system.clock.now();
  const about = { threadId, turnId: turn.turnId, reviewId: ids.uuid(), question, startedAtMs };
  emit({ type: "review.started", ...about });
  const said = await review(question, turn, place);
  emit({ type: "review.completed", ...about, verdict: said, atMs: system.clock.now() });
  return said;
}
