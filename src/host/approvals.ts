import type { Action, Allowed, Asked, Decision } from "../policy/action.ts";
import type { CallRequest } from "../kernel/turn-setup.ts";
import type { Question } from "../protocol/questions.ts";
import type { Questions } from "./questions.ts";

/** Turns what policy leaves to the user into a decision, and remembers what was allowed for the whole thread. */
export class Approvals {
  readonly questions: Questions;
  readonly #granted = new Set<string>();

  constructor(questions: Questions) {
    this.questions = questions;
  }

  async settle(judged: Decision | Asked, action: Action, request: CallRequest): Promise<Decision> {
    if (judged.type !== "ask") return judged;
    const key = grantKey(action);
    if (key !== null && this.#granted.has(key)) return judged.allowed;
    const question = request.question ?? commandQuestion(action, request.callId, judged.allowed);
    if (question === null) return { type: "deny", reason: "user", message: "there is nothing to ask the user about" };
    const answer = await this.questions.ask(request.turnId, question, request.signal);
    if (answer.type === "cancel") return { type: "deny", reason: "cancelled", message: "rejected by user" };
    if (answer.type !== "allow") {
      const said = answer.type === "deny" ? answer.message : undefined;
      return { type: "deny", reason: "user", message: said ?? "rejected by user" };
    }
    if (answer.scope === "session" && key !== null) this.#granted.add(key);
    return judged.allowed;
  }
}

/** The same command in the same folder, the same files, or the same tool of a server. */
function grantKey(action: Action): string | null {
  if (action.kind === "command") return JSON.stringify([action.kind, action.escalate, action.cwd, ...action.argv]);
  if (action.kind === "mcp") return JSON.stringify([action.kind, action.server, action.tool]);
  return action.kind === "write" ? JSON.stringify([action.kind, ...action.paths.toSorted()]) : null;
}

function commandQuestion(action: Action, callId: string, allowed: Allowed): Question | null {
  if (action.kind !== "command") return null;
  const { argv, cwd, justification } = action;
  return {
    type: "command",
    callId,
    argv: [...argv],
    cwd,
    reason: justification,
    prefixRule: null,
    ...(allowed.enclose !== null && { sandboxed: true }),
  };
}
