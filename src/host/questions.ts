import { AgentError } from "../protocol/errors.ts";
import type { AgentEvent } from "../protocol/events.ts";
import { answerScopes, isCovered, type Answer, type ChoiceQuestion, type Question } from "../protocol/questions.ts";
import type { Ids } from "../system/ids.ts";
import type { Clock } from "../system/ports.ts";

const fitting: Record<Question["type"], readonly Answer["type"][]> = {
  command: ["allow", "deny", "cancel"],
  patch: ["allow", "deny", "cancel"],
  mcpCall: ["allow", "deny", "cancel"],
  choices: ["choices", "deny", "cancel"],
  rights: ["rights", "deny", "cancel"],
  toolCall: ["toolResult", "deny", "cancel"],
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
  readonly #clock: Clock;
  readonly #open = new Map<string, Open>();

  constructor(threadId: string, ids: Ids, emit: (event: AgentEvent) => void, unattended: boolean, clock: Clock) {
    this.#threadId = threadId;
    this.#ids = ids;
    this.#emit = emit;
    this.#unattended = unattended;
    this.#clock = clock;
  }

  /** Somebody is there to be asked. */
  get attended(): boolean {
    return !this.#unattended;
  }

  /** Resolves with the first fitting answer, or with `cancel` once the signal aborts. Never rejects. */
  ask(turnId: string, question: Question, signal: AbortSignal): Promise<Answer> {
    if (this.#unattended) return Promise.resolve({ type: "deny" });
    if (signal.aborted) return Promise.resolve({ type: "cancel" });
    const questionId = this.#ids.uuid();
    const place = { threadId: this.#threadId, turnId, questionId };
    return new Promise((resolve) => {
      const closed = new AbortController();
      const close = (told: Answer | null): void => {
        if (!this.#open.delete(questionId)) return;
        signal.removeEventListener("abort", stop);
        closed.abort();
        this.#emit({ type: "question.closed", ...place, answer: told });
        resolve(told ?? { type: "cancel" });
      };
      const stop = (): void => close(null);
      signal.addEventListener("abort", stop, { once: true });
      this.#open.set(questionId, { question, answer: close });
      this.#emit({ type: "question.asked", ...place, question });
      if (question.type !== "choices" || question.resolveAfterMs === null) return;
      const first = firstOptions(question.questions);
      void this.#clock.sleep(question.resolveAfterMs, closed.signal).then(
        () => close(first),
        () => {},
      );
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
    const problem = problemOf(open.question, answer);
    const kinds = fitting[open.question.type];
    if (!kinds.includes(answer.type)) {
      const wanted = kinds.join(", ");
      throw new AgentError("usage", `a question of type ${open.question.type} takes ${wanted}, not ${answer.type}`);
    }
    if (problem !== null) throw new AgentError("usage", problem);
    open.answer(answer);
  }
}

const firstOptions = (questions: readonly ChoiceQuestion[]): Answer => ({
  type: "choices",
  answers: Object.fromEntries(questions.map(({ id, options }) => [id, options.slice(0, 1).map(({ label }) => label)])),
});

/** What is wrong with an answer of the right kind; null when it can be given. */
function problemOf(question: Question, answer: Answer): string | null {
  if (question.type === "choices" && answer.type === "choices") {
    const ids = question.questions.map(({ id }) => id);
    const unknown = Object.keys(answer.answers).find((id) => !ids.includes(id));
    if (unknown !== undefined) return `no question has the id ${unknown}; there are: ${ids.join(", ")}`;
    const lists = Object.values(answer.answers).every((list: unknown) => isStrings(list));
    return lists ? null : "the answers to each question are a list of strings";
  }
  return answer.type === "allow" ? problemOfYes(question, answer) : null;
}

/** A year: who means longer means until it is revoked. */
const mostSeconds = 31_536_000;

function problemOfYes(question: Question, answer: Extract<Answer, { type: "allow" }>): string | null {
  const { scope, prefix = false, words, expiresInSeconds: seconds } = answer;
  if (!answerScopes.includes(scope)) return `there is no scope ${String(scope)}; there are: ${answerScopes.join(", ")}`;
  if (seconds !== undefined) {
    if (scope === "once" || scope === "always") return `an approval of scope ${scope} takes no expiry`;
    if (!Number.isInteger(seconds) || seconds < 1 || seconds > mostSeconds) {
      return `expiresInSeconds is a whole number from 1 to ${mostSeconds}`;
    }
  }
  if (prefix && scope !== "session" && scope !== "always")
    return `first words are allowed for session or always, not ${scope}`;
  if (!prefix && scope !== "always") return words === undefined ? null : "words go with prefix, or with scope always";
  const rule = question.type === "command" ? question.prefixRule : null;
  if (rule === null) return "there are no first words of a command here that could be allowed";
  if (words === undefined || (isStrings(words) && isCovered(words, rule))) return null;
  return `words are a list of strings that begins with the first words of the question: ${JSON.stringify(rule)}`;
}

const isStrings = (value: unknown): boolean => Array.isArray(value) && value.every((each) => typeof each === "string");
