import { AgentError } from "../protocol/errors.ts";
import type { AgentEvent } from "../protocol/events.ts";
import type { Answer, Question } from "../protocol/questions.ts";
import type { Ids } from "../system/ids.ts";

const fitting: Record<Question["type"], readonly Answer["type"][]> = {
  command: ["allow", "deny", "cancel"],
  patch: ["allow", "deny", "cancel"],
  mcpCall: ["allow", "deny", "cancel"],
  choices: ["choices", "deny", "cancel"],
  rights: ["rights", "deny", "cancel"],
  elicitation: ["content", "allow", "deny", "cancel"],
};

interface Open {
  readonly question: Question;
  answer(answer: Answer): void;
}

/** The questions of one thread that wait for somebody. Where nobody is there, every question is denied at once. */
export class Questions {
  readonly #threadId: string;
  readonly #ids: Ids;
  readonly #emit: (event: AgentEvent) => void;
  readonly #unattended: boolean;
  readonly #open = new Map<string, Open>();

  constructor(threadId: string, ids: Ids, emit: (event: AgentEvent) => void, unattended: boolean) {
    this.#threadId = threadId;
    this.#ids = ids;
    this.#emit = emit;
    this.#unattended = unattended;
  }

  /** Resolves with the first fitting answer, or with `cancel` once the signal aborts. Never rejects. */
  ask(turnId: string, question: Question, signal: AbortSignal): Promise<Answer> {
    if (this.#unattended) return Promise.resolve({ type: "deny" });
    if (signal.aborted) return Promise.resolve({ type: "cancel" });
    const questionId = this.#ids.uuid();
    const place = { threadId: this.#threadId, turnId, questionId };
    return new Promise((resolve) => {
      const close = (told: Answer | null): void => {
        this.#open.delete(questionId);
        signal.removeEventListener("abort", stop);
        this.#emit({ type: "question.closed", ...place, answer: told });
        resolve(told ?? { type: "cancel" });
      };
      const stop = (): void => close(null);
      signal.addEventListener("abort", stop, { once: true });
      this.#open.set(questionId, { question, answer: close });
      this.#emit({ type: "question.asked", ...place, question });
    });
  }

  /** @throws AgentError `question_not_found`, or `usage` for an answer to another kind of question. */
  answer(questionId: string, answer: Answer): void {
    const open = this.#open.get(questionId);
    if (open === undefined) {
      throw new AgentError(
        "question_not_found",
        `no question ${questionId} is open; it may have been answered already`,
      );
    }
    const kinds = fitting[open.question.type];
    if (!kinds.includes(answer.type)) {
      const wanted = kinds.join(", ");
      throw new AgentError("usage", `a question of type ${open.question.type} takes ${wanted}, not ${answer.type}`);
    }
    open.answer(answer);
  }
}
