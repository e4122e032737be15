import type { AgentEvent } from "../../protocol/events.ts";
import type { Answer } from "../../protocol/questions.ts";
import type { Terminal } from "./display.ts";
import { formOf, isStep, type Step } from "./question-form.ts";

type Asked = Extract<AgentEvent, { type: "question.asked" }>;
type Closed = Extract<AgentEvent, { type: "question.closed" }>;

export interface QuestionPorts {
  terminal: Terminal;
  cwd: string;
  /** Name of the sub-agent whose thread it is; null for the conversation's own. */
  nameOf(threadId: string): string | null;
  print(text: string): void;
  answer(threadId: string, questionId: string, answer: Answer): Promise<void>;
  /** The prompt may be another one now. */
  changed(): void;
}

interface Waiting {
  threadId: string;
  questionId: string;
  step: Step;
  /** Of a question of the terminal's own: who gets the answer. */
  answered?: (answer: Answer) => void;
}

/** The questions that wait for the person at the terminal, asked one after the other. */
export class OpenQuestions {
  readonly #ports: QuestionPorts;
  readonly #waiting: Waiting[] = [];
  /** Something was half typed when the question came: the enter key may have been meant for that. */
  #surprised = false;

  constructor(ports: QuestionPorts) {
    this.#ports = ports;
  }

  get open(): boolean {
    return this.#waiting.length > 0;
  }

  /** What stands before the cursor; null when nothing is asked. */
  get prompt(): string | null {
    return this.#waiting[0]?.step.prompt ?? null;
  }

  asked({ threadId, questionId, question }: Asked): void {
    this.#add({ threadId, questionId, step: formOf(question, this.#ports.cwd) });
  }

  /** Puts a question of the terminal's own; whoever leaves cancels. */
  put(threadId: string, step: Step): Promise<Answer> {
    return new Promise((answered) => this.#add({ threadId, questionId: "", step, answered }));
  }

  #add(waiting: Waiting): void {
    this.#waiting.push(waiting);
    if (this.#waiting.length > 1) return;
    this.#surprised = this.#ports.terminal.holdDraft();
    this.#show();
  }

  /** Somebody else answered, or nobody needs to any more. */
  closed({ questionId }: Closed): void {
    const at = this.#waiting.findIndex((waiting) => waiting.questionId === questionId);
    if (at === -1) return;
    this.#ports.print("[question] no answer is needed any more");
    this.#remove(at);
  }

  take(line: string): void {
    const [current] = this.#waiting;
    if (current === undefined) return;
    const surprised = this.#surprised;
    this.#surprised = false;
    // Whatever it is, it began as something else: a rest of "y" is no yes, and the end of a sentence no reason for a no.
    if (surprised) {
      if (line.trim() !== "") this.#ports.print("[question] it came while you were typing: answer once more");
      return;
    }
    const next = current.step.take(line);
    if (isStep(next)) {
      current.step = next;
      return this.#show();
    }
    this.#give(current, next);
  }

  cancel(): void {
    const [current] = this.#waiting;
    if (current !== undefined) this.#give(current, { type: "cancel" });
  }

  /** Cancels a question of the terminal's own; false when none is asked. */
  cancelOwn(): boolean {
    if (this.#waiting[0]?.answered === undefined) return false;
    this.cancel();
    return true;
  }

  close(): void {
    for (const { answered } of this.#waiting.splice(0)) answered?.({ type: "cancel" });
  }

  #give({ threadId, questionId, answered }: Waiting, answer: Answer): void {
    this.#remove(0);
    if (answered !== undefined) return answered(answer);
    void this.#ports.answer(threadId, questionId, answer);
  }

  #remove(at: number): void {
    this.#waiting.splice(at, 1);
    if (at > 0) return;
    if (this.open) this.#show();
    else this.#ports.terminal.restoreDraft();
    this.#ports.changed();
  }

  #show(): void {
    const [current] = this.#waiting;
    if (current === undefined) return;
    const from = this.#ports.nameOf(current.threadId);
    const { lines } = current.step;
    if (lines.length > 0) this.#ports.print([...(from === null ? [] : [`[${from}] asks:`]), ...lines].join("\n"));
    this.#ports.changed();
  }
}
