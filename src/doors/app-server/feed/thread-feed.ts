import type { Turn } from "../../../protocol/codex-0.169/app-server/common.ts";
import type { Notification } from "../../../protocol/codex-0.169/app-server/methods.ts";
import type { AgentEvent } from "../../../protocol/events.ts";
import type { ThreadNotes } from "../../../protocol/desk.ts";
import type { UserMessage } from "../../../protocol/items.ts";
import type { ThreadInfo } from "../../../protocol/methods.ts";
import { wireThreadSettings } from "../words/settings.ts";
import { liveState, wireThread, type ThreadState, type ThreadStatus } from "../words/threads.ts";
import { askedItem } from "./asked-item.ts";
import { EarlyOutput } from "./early-output.ts";
import { RunningTurn } from "./running-turn.ts";
import { translate } from "./translate.ts";
import { TurnDiff } from "./turn-diff.ts";

export interface FeedPort {
  /** Tells every subscriber of the thread. */
  tell(feed: ThreadFeed, notification: Notification): void;
  /** Tells every client, whether it follows the thread or not. */
  tellAll(notification: Notification): void;
  ask(feed: ThreadFeed, event: Extract<AgentEvent, { type: "question.asked" }>): void;
  /** The turn has something that nobody has read yet. */
  unread(feed: ThreadFeed, turnId: string): void;
  /** A turn has done its work. */
  rested(feed: ThreadFeed): void;
  settle(feed: ThreadFeed, event: Extract<AgentEvent, { type: "question.closed" }>): void;
}

type Question = Extract<AgentEvent, { type: "question.asked" }>;
type ClosedQuestion = Extract<AgentEvent, { type: "question.closed" }> & { asked: Kind };
type Kind = Question["question"]["type"];

/** Events of a thread that are kept while it is being opened. */
export const maxEarly = 1000;

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
  /** A turn has begun here, or in the file that it was opened from. */
  begun = false;
  readonly #port: FeedPort;
  readonly #waiting = new Map<string, Question>();
  /** Questions that were taken back: told of when the turn has ended, or goes on. */
  #takenBack: ClosedQuestion[] = [];
  /** Items that were told of with the question about them. */
  readonly #asked = new Set<string>();
  #diff: TurnDiff | null = null;
  readonly #early = new EarlyOutput((itemId, turnId, delta) => {
    const { threadId } = this;
    this.#tell({ method: "item/commandExecution/outputDelta", params: { threadId, turnId, itemId, delta } });
  });
  #failed = false;
  /** What came before the thread's clients heard that it is open; null: they have. */
  #held: AgentEvent[] | null;

  constructor(info: ThreadInfo, port: FeedPort, early: AgentEvent[]) {
    this.info = info;
    this.#port = port;
    this.#held = early;
  }

  get threadId(): string {
    return this.info.threadId;
  }

  get status(): ThreadStatus {
    if (this.turn === null) return { type: this.#failed ? "systemError" : "idle" };
    const kinds = [...this.#waiting.values()].map(({ question }) => question.type).filter(isForPeople);
    const asksForWords = (kind: string): boolean => kind === "choices";
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

  get state(): ThreadState {
    return liveState(this.info, this.status);
  }

  thread(turns: Turn[] = []): ReturnType<typeof wireThread> {
    return wireThread(this.info.summary, { ...this.state, turns }, this.notes);
  }

  /** The thread's clients have heard that it is open: tells what came before that, and from now on what comes. */
  begin(): void {
    const held = this.#held ?? [];
    this.#held = null;
    for (const event of held) this.#handle(event);
  }

  accept(event: AgentEvent): void {
    if (this.#held === null) return this.#handle(event);
    this.#held.push(event);
    // Rather too early than not at all.
    if (this.#held.length > maxEarly) this.begin();
  }

  #handle(event: AgentEvent): void {
    if (this.#takenBack.length > 0 && goesOn(event)) this.#settleTakenBack();
    switch (event.type) {
      case "turn.started":
        this.turn = new RunningTurn(event.turnId, event.rootTurnId);
        this.begun = true;
        this.#failed = false;
        this.#tellStatus();
        break;
      case "settings.changed":
        return this.#takeSettings(event.info);
      case "question.asked":
        return this.#ask(event);
      case "review.started":
        this.#show(event);
        break;
      case "question.closed": {
        const asked = this.#waiting.get(event.questionId);
        if (asked === undefined) return;
        this.#waiting.delete(event.questionId);
        this.#takenBack.push({ ...event, asked: asked.question.type });
        if (event.answer !== null) this.#settleTakenBack();
        return;
      }
      case "item.started":
        // What a user runs is told as it comes.
        if (event.item.type === "commandExecution" && event.item.source !== "userShell")
          this.#early.began(event.item.id, event.turnId);
        if (this.#asked.has(event.item.id)) return;
        break;
      case "item.completed":
        this.#early.ended(event.item.id);
        if (event.item.type === "userMessage") this.#takePreview(event.item);
        break;
      case "command.output":
        if (this.#early.takes(event.itemId, event.delta)) return;
        break;
      case "files.patched":
        this.#diff ??= new TurnDiff(this.info.cwd);
        this.#diff.add(event.files);
        return this.#tellDiff(event.turnId);
      case "turn.completed":
      case "turn.failed":
      case "turn.interrupted":
        return this.#endTurn(event);
    }
    for (const notification of translate(event, this)) this.#tell(notification);
    if (event.type === "usage.updated") this.#tellDiff(event.turnId);
  }

  /** Lists show the first words of a thread. */
  #takePreview({ content }: UserMessage): void {
    const { summary } = this.info;
    if (summary.preview !== "") return;
    const preview = content.map((part) => (part.type === "text" ? part.text : "")).join("");
    this.info = { ...this.info, summary: { ...summary, preview } };
  }

  #ask(event: Question): void {
    const { type } = event.question;
    this.#waiting.set(event.questionId, event);
    if (!isForPeople(type)) return this.#port.ask(this, event);
    if (type === "patch") this.#show(event);
    this.#tellStatus();
    if (type !== "patch") this.#show(event);
    this.#port.ask(this, event);
  }

  /** Tells of what is to be decided about, as an item that has begun. */
  #show({ question, turnId }: Pick<Question, "question" | "turnId">): void {
    const item = askedItem(question);
    if (item === null) return;
    const { threadId } = this;
    const shown: AgentEvent = { type: "item.started", threadId, turnId, item, atMs: Date.now() };
    for (const notification of translate(shown, this)) this.#tell(notification);
    this.#asked.add(item.id);
  }

  #settleTakenBack(): void {
    const closed = this.#takenBack;
    this.#takenBack = [];
    for (const event of closed) this.#port.settle(this, event);
    if (this.turn !== null && closed.some(({ asked }) => isForPeople(asked))) this.#tellStatus();
  }

  #tellDiff(turnId: string): void {
    const diff = this.#diff?.text ?? null;
    if (diff !== null) this.#tell({ method: "turn/diff/updated", params: { threadId: this.threadId, turnId, diff } });
  }

  #tell(notification: Notification): void {
    this.#port.tell(this, notification);
  }

  #endTurn(event: Extract<AgentEvent, { type: "turn.completed" | "turn.failed" | "turn.interrupted" }>): void {
    const turn = this.turn ?? new RunningTurn(event.turnId);
    this.turn = null;
    this.#failed = event.type === "turn.failed";
    this.info = { ...this.info, usage: event.usage };
    if (event.type === "turn.completed" && event.lastMessage !== null) this.#port.unread(this, event.turnId);
    this.#tellStatus();
    if (this.info.path === null) this.ended.push(turn.ended(event, "full"));
    for (const notification of turn.endNotifications(event)) {
      // Behind what failed, and before the end.
      if (event.type === "turn.failed" && notification.method === "turn/completed")
        this.#port.unread(this, event.turnId);
      this.#tell(notification);
    }
    this.#diff = null;
    this.#asked.clear();
    this.#settleTakenBack();
    if (event.type === "turn.completed") this.#port.rested(this);
  }

  #takeSettings(info: ThreadInfo): void {
    const before = JSON.stringify(wireThreadSettings(this.info));
    this.info = { ...info, summary: this.info.summary };
    const { threadId } = this;
    const threadSettings = wireThreadSettings(info);
    if (JSON.stringify(threadSettings) === before) return;
    this.#port.tell(this, { method: "thread/settings/updated", params: { threadId, threadSettings } });
  }

  #tellStatus(): void {
    const { threadId, status } = this;
    this.#port.tellAll({ method: "thread/status/changed", params: { threadId, status } });
  }
}

/** The turn has not been stopped: it does something more. */
const goesOn = ({ type }: AgentEvent): boolean =>
  type.startsWith("item.") || type.startsWith("message.") || type === "question.asked" || type === "command.output";

/** A tool's call is the program's to answer: nobody waits for a person. */
const isForPeople = (kind: Kind): boolean => kind !== "toolCall";
