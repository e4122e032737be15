import type { Turn } from "../../../protocol/codex-0.169/app-server/common.ts";
import type { Notification } from "../../../protocol/codex-0.169/app-server/methods.ts";
import type { AgentEvent } from "../../../protocol/events.ts";
import type { ThreadNotes } from "../../../protocol/desk.ts";
import type { ThreadInfo } from "../../../protocol/methods.ts";
import { liveState, wireThread, type ThreadStatus } from "../words/threads.ts";
import { RunningTurn } from "./running-turn.ts";
import { translate } from "./translate.ts";

export interface FeedPort {
  /** Tells every subscriber of the thread. */
  tell(feed: ThreadFeed, notification: Notification): void;
  /** Tells every client, whether it follows the thread or not. */
  tellAll(notification: Notification): void;
  ask(feed: ThreadFeed, event: Extract<AgentEvent, { type: "question.asked" }>): void;
  /** The turn has something that nobody has read yet. */
  unread(feed: ThreadFeed, turnId: string): void;
  settle(feed: ThreadFeed, event: Extract<AgentEvent, { type: "question.closed" }>): void;
}

type Question = Extract<AgentEvent, { type: "question.asked" }>;

/** One open thread, as its clients are told of it: what happens, and where it stands for those who come later. */
export class ThreadFeed {
  /** As it was when the thread was opened or its settings changed last. */
  info: ThreadInfo;
  /** The turn that runs, with what clients have seen of it. */
  turn: RunningTurn | null = null;
  /** Turns that have ended, of a thread that is kept nowhere else. */
  readonly ended: Turn[] = [];
  /** What lists keep about it; null: not asked for yet. */
  notes: ThreadNotes | null = null;
  readonly #port: FeedPort;
  readonly #waiting = new Map<string, Question>();
  #failed = false;

  constructor(info: ThreadInfo, port: FeedPort) {
    this.info = info;
    this.#port = port;
  }

  get threadId(): string {
    return this.info.threadId;
  }

  get status(): ThreadStatus {
    if (this.turn === null) return { type: this.#failed ? "systemError" : "idle" };
    const kinds = [...this.#waiting.values()].map(({ question }) => question.type);
    const asksForWords = (kind: string): boolean => kind === "choices" || kind === "elicitation";
    return {
      type: "active",
      activeFlags: [
        ...(kinds.some((kind) => !asksForWords(kind)) ? (["waitingOnApproval"] as const) : []),
        ...(kinds.some(asksForWords) ? (["waitingOnUserInput"] as const) : []),
      ],
    };
  }

  /** The questions that nobody has answered yet. */
  get questions(): Question[] {
    return [...this.#waiting.values()];
  }

  thread(turns: Turn[] = []): ReturnType<typeof wireThread> {
    return wireThread(this.info.summary, { ...liveState(this.info, this.status), turns }, this.notes);
  }

  accept(event: AgentEvent): void {
    switch (event.type) {
      case "turn.started":
        this.turn = new RunningTurn(event.turnId);
        this.#failed = false;
        this.#tellStatus();
        break;
      case "question.asked":
        this.#waiting.set(event.questionId, event);
        this.#tellStatus();
        this.#port.ask(this, event);
        return;
      case "question.closed":
        if (!this.#waiting.delete(event.questionId)) return;
        this.#port.settle(this, event);
        this.#tellStatus();
        return;
      case "turn.completed":
      case "turn.failed":
      case "turn.interrupted":
        return this.#endTurn(event);
    }
    for (const notification of translate(event, this)) this.#port.tell(this, notification);
  }

  #endTurn(event: Extract<AgentEvent, { type: "turn.completed" | "turn.failed" | "turn.interrupted" }>): void {
    const turn = this.turn ?? new RunningTurn(event.turnId);
    this.turn = null;
    this.#failed = event.type === "turn.failed";
    this.info = { ...this.info, usage: event.usage };
    if (event.type === "turn.completed" && event.lastMessage !== null) this.#port.unread(this, event.turnId);
    this.#tellStatus();
    if (this.info.path === null) this.ended.push(turn.ended(event, "full"));
    for (const notification of turn.endNotifications(event)) this.#port.tell(this, notification);
  }

  #tellStatus(): void {
    const { threadId, status } = this;
    this.#port.tellAll({ method: "thread/status/changed", params: { threadId, status } });
  }
}
