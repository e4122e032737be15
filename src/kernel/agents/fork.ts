import { isMessage, type ResponseItem } from "../../protocol/response-items.ts";
import { namedUuid } from "../../system/hash.ts";
import { answer, unansweredCalls, withAnswers } from "../history.ts";
import type { MessageMark } from "../journal-port.ts";
import { neverStarted } from "../context/prompts.ts";
import { harnessMessage } from "../turn/turn-records.ts";

/** What the thread of an agent begins with, where it begins with what its parent knows. */
export interface ThreadSeed {
  /** The parent's turn that it comes from. */
  turnId: string;
  history: readonly ResponseItem[];
  worldState: Readonly<Record<string, unknown>> | null;
  marks: ReadonlyMap<string, MessageMark>;
}

const childNotice =
  "From here on you are another agent: a sub-agent, begun by the agent that all of this was said to. It is your background, not your task: what was asked, allowed or promised there was another agent's, and commands that ran there cannot be reached from here. Your task follows; your last message is your answer to the agent that began you.";

/**
 * A parent's history as its agent gets it. To those that are known by id it is what was said: prompts, context and
 * final answers. Those with a path get all of it; calls without an output were never started for them, and they are
 * told who they are.
 */
export function inherited(history: readonly ResponseItem[], version: "v1" | "v2", newId: () => string): ResponseItem[] {
  if (version === "v1") {
    return history.filter((item) => isMessage(item) && (item.role !== "assistant" || item.phase === "final_answer"));
  }
  const outputs = new Map(
    unansweredCalls(history).map(
      (call) => [call.call_id, answer(call, neverStarted, () => namedUuid(`${call.call_id} output`))] as const,
    ),
  );
  return [...withAnswers(history, outputs), harnessMessage("developer", childNotice, newId())];
}
