import type { ThreadItem } from "../../../protocol/items.ts";
import type { Question } from "../../../protocol/questions.ts";

/** What a question is about, as an item that has not begun to run: clients show it before they ask. Null where they have it or need none. */
export function askedItem(question: Question): ThreadItem | null {
  if (question.type === "command" && question.sessionId === undefined) {
    return {
      type: "commandExecution",
      id: question.callId,
      argv: question.argv,
      cwd: question.cwd,
      processId: null,
      source: "agent",
      status: "inProgress",
      aggregatedOutput: "",
      exitCode: null,
      durationMs: null,
    };
  }
  if (question.type === "patch" && question.trial === undefined) {
    const { callId: id, changes } = question;
    return { type: "fileChange", id, changes, status: "inProgress", stdout: "", stderr: "" };
  }
  return null;
}
