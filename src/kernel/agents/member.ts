import type { AgentInfo, AgentOrigin, AgentStatus, TurnOrigin } from "../../protocol/agents.ts";
import type { AgentEvent } from "../../protocol/events.ts";
import type { InputElement } from "../../protocol/items.ts";
import { noUsage, type TokenUsage } from "../../protocol/usage.ts";
import type { Clock } from "../../system/ports.ts";
import type { Agent, Sender } from "../../tools/agents/desk.ts";
import type { Thread } from "../thread.ts";
import type { TurnInput } from "../turn-setup.ts";
import type { AgentLimits } from "./agent-tree.ts";

/** The thread of an agent, as whoever opens threads gives it. */
export interface AgentThread {
  readonly thread: Pick<Thread, "submit" | "note" | "interrupt" | "activeTurn" | "accepted" | "usage">;
  readonly model: string;
  readonly effort: string | null;
  /** @throws AgentError `usage` for input that the model cannot be given. */
  input(elements: readonly InputElement[]): TurnInput;
  /** Stops what runs and gives the thread free. */
  close(): Promise<void>;
}

export const isFinal = (status: AgentStatus): boolean =>
  typeof status === "object" || status === "shutdown" || status === "not_found";

/** One sub-agent: how far it is, what it has cost, and what stops it when it takes too much. */
export class Member implements Agent {
  readonly threadId: string;
  readonly origin: AgentOrigin;
  readonly #clock: Clock;
  readonly #limits: AgentLimits;
  readonly #changed: (member: Member) => void;
  #status: AgentStatus = "pending_init";
  #usage: TokenUsage = { ...noUsage };
  #live: AgentThread | null = null;
  #closing: Promise<void> | null = null;
  /** Why it was stopped by us, when it was. */
  #excess: string | null = null;
  #watch: AbortController | null = null;
  /** The end of its work has not been told to its parent yet. */
  watched = true;
  /** The call that gave it its last work. */
  sender: Sender | null = null;
  model = "";
  effort: string | null = null;

  constructor(
    threadId: string,
    origin: AgentOrigin,
    ports: { clock: Clock; limits: AgentLimits; changed: (member: Member) => void },
  ) {
    this.threadId = threadId;
    this.origin = origin;
    this.#clock = ports.clock;
    this.#limits = ports.limits;
    this.#changed = ports.changed;
  }

  get nickname(): string {
    return this.origin.nickname;
  }
  get role(): string | null {
    return this.origin.role;
  }
  get path(): string | null {
    return this.origin.path;
  }
  get status(): AgentStatus {
    return this.#status;
  }
  get isOpen(): boolean {
    return this.#live !== null && this.#closing === null;
  }
  get info(): AgentInfo {
    const { threadId, nickname, role, path, status } = this;
    return { threadId, nickname, role, path, status, usage: this.#usage };
  }

  working(): boolean {
    return this.#status === "running" || this.#status === "pending_init";
  }

  opened(live: AgentThread): void {
    this.#live = live;
    this.#closing = null;
    this.#usage = live.thread.usage;
    this.model = live.model;
    this.effort = live.effort;
    this.watched = true;
    this.#set("pending_init");
  }

  /** Begins a turn, or gives the words to the one that runs. Returns the turn's id. */
  work(input: TurnInput, options: { origin: TurnOrigin; trigger: string }): string {
    const { thread } = this.#live!;
    const { turnId, status } = thread.submit(input, { ...options, whenBusy: "note" });
    // Whoever waits from now on waits for what comes of this.
    if (status !== "steered" && this.#status !== "pending_init") this.#set("running");
    return turnId;
  }

  /** Something that it reads with what it does next. */
  tell(input: TurnInput): void {
    this.#live!.thread.note(input);
  }

  input(elements: readonly InputElement[]): TurnInput {
    return this.#live!.input(elements);
  }

  /** Resolves when its turn has ended; at once where none runs. */
  async interrupt(reason: string): Promise<void> {
    const thread = this.#live?.thread;
    if (thread === undefined || thread.activeTurn === null || !this.working()) return;
    const ended = new Promise<void>((resolve) => this.#ends.push(resolve));
    thread.interrupt({ reason });
    await ended;
  }
  #ends: (() => void)[] = [];

  /** Ends it. What it was doing is stopped, and the thread can be opened again. */
  close(): Promise<void> {
    const live = this.#live;
    if (live === null) return Promise.resolve();
    return (this.#closing ??= live.close().finally(() => {
      this.#live = null;
      this.#stopWatch();
      this.#set("shutdown");
    }));
  }

  /** Hears of everything that happens in its thread. */
  observe(event: AgentEvent): void {
    switch (event.type) {
      case "turn.started":
        this.#excess = null;
        this.#tellEnd();
        this.#startWatch();
        return this.#set("running");
      case "usage.updated":
        this.#usage = event.total;
        if (event.total.totalTokens > this.#limits.tokens) this.#stop(`used more than ${this.#limits.tokens} tokens`);
        return;
      case "turn.completed":
        return this.#turnEnded({ completed: event.lastMessage });
      case "turn.failed":
        return this.#turnEnded({ errored: event.error.message });
      case "turn.interrupted":
        return this.#turnEnded(this.#excess === null ? "interrupted" : { errored: this.#excess });
    }
  }

  /** Null while it may go on; otherwise what it has had too much of. */
  get spent(): string | null {
    const { tokens } = this.#limits;
    return this.#usage.totalTokens > tokens ? `it has used more than the ${tokens} tokens that an agent may use` : null;
  }

  #turnEnded(status: AgentStatus): void {
    this.#stopWatch();
    this.#tellEnd();
    const more = (this.#live?.thread.accepted.length ?? 0) > 0 && this.#closing === null;
    this.#set(more ? "running" : status);
  }

  #tellEnd(): void {
    for (const resolve of this.#ends.splice(0)) resolve();
  }

  #startWatch(): void {
    this.#stopWatch();
    const watch = new AbortController();
    this.#watch = watch;
    const { minutes } = this.#limits;
    this.#clock.sleep(minutes * 60_000, watch.signal).then(
      () => this.#stop(`ran longer than ${minutes} minutes`),
      () => undefined,
    );
  }

  #stopWatch(): void {
    this.#watch?.abort();
    this.#watch = null;
  }

  #stop(why: string): void {
    const thread = this.#live?.thread;
    if (thread === undefined || thread.activeTurn === null || this.#excess !== null) return;
    this.#excess = `The agent was stopped: it ${why}.`;
    thread.interrupt({ reason: this.#excess });
  }

  #set(status: AgentStatus): void {
    // While it is closed it goes nowhere but to its end.
    if (this.#closing !== null && status !== "shutdown") return;
    this.#status = status;
    this.#changed(this);
  }
}
