import type { Client } from "../../client/client.ts";
import type { Notification } from "../../protocol/codex-0.169/app-server/methods.ts";
import { errorInfo, messageOf } from "../../protocol/errors.ts";
import type { AgentEvent } from "../../protocol/events.ts";
import type { ThreadInfo, ThreadOptions } from "../../protocol/methods.ts";
import type { Answer } from "../../protocol/questions.ts";
import { Connection } from "./connection.ts";
import { drainQueue } from "./feed/turn-queue.ts";
import { IdleThreads } from "./feed/idle-threads.ts";
import { markUnread } from "./feed/read-marks.ts";
import { maxEarly, ThreadFeed, type FeedPort } from "./feed/thread-feed.ts";
import { refused } from "./request-error.ts";
import type { SkillWatch } from "./skill-watch.ts";
import { ServerRequests, type OpenRequest } from "./server-requests.ts";
import { Outgoing, type Receiver, type Wire } from "./wire.ts";
import { asking } from "./words/questions.ts";

/** What the command line of the server says about configuration: for every thread, below what its client says. */
export type ConfigFlags = Pick<ThreadOptions, "overrides" | "enable" | "disable" | "strictConfig">;

export interface Surroundings {
  /** Absolute. */
  codexHome: string;
  cwd: string;
  /** What processes of clients start with. */
  variables: Readonly<Record<string, string | undefined>>;
  flags?: ConfigFlags;
  /** Hears who the first client says it is, which speaks for the process. */
  onFirstClient?: (client: { name: string; version: string }) => void;
}

/** Pieces of what is told whole when it has ended. */
const isPassing = (method: string): boolean => /^item\/.*([dD]elta|\/progress)$/.test(method);

/** Threads that are still being opened, of which events are kept. */
const maxOpening = 1000;

/** Codex's app-server on our method table: its clients, the threads that they have open, and who is told what. */
export class AppServer {
  readonly client: Client;
  readonly surroundings: Surroundings;
  readonly requests = new ServerRequests();
  readonly #connections = new Set<Connection>();
  readonly #feeds = new Map<string, ThreadFeed>();
  readonly #early = new Map<string, AgentEvent[]>();
  /** Of each feed, its followers; an own map, for connections come and go. */
  readonly #followers = new Map<string, Set<Connection>>();

  /** What clients have said for this server alone. */
  readonly switchedFeatures = new Map<string, boolean>();
  skillRoots: readonly string[] = [];
  #skills: Promise<SkillWatch> | null = null;

  #hasMetClient = false;

  readonly #idle: IdleThreads;

  constructor(client: Client, surroundings: Surroundings, idle = new IdleThreads()) {
    this.client = client;
    this.surroundings = surroundings;
    this.#idle = idle;
    idle.whenIdle((feed) => void this.#retire(feed));
    client.subscribeAll((event) => this.#hear(event));
  }

  accept(wire: Wire): Receiver {
    const connection = new Connection(this, wire);
    this.#connections.add(connection);
    return connection;
  }

  /** A client has said who it is. */
  introduced(client: { name: string; version: string }): void {
    if (!this.#hasMetClient) this.surroundings.onFirstClient?.(client);
    this.#hasMetClient = true;
  }

  leave(connection: Connection): void {
    this.#connections.delete(connection);
    for (const threadId of this.#followers.keys()) this.unfollow(connection, threadId);
  }

  get loadedThreads(): string[] {
    return [...this.#feeds.keys()];
  }

  /** Null of a thread that is not loaded. */
  feedOf(threadId: string): ThreadFeed | null {
    return this.#feeds.get(threadId) ?? null;
  }

  /** @throws RequestError for a thread that is not loaded. */
  loaded(threadId: string): ThreadFeed {
    const feed = this.feedOf(threadId);
    if (feed === null) throw refused(`thread not found: ${threadId}`);
    return feed;
  }

  /** A thread was opened. What happens in it is told from `begin` on. */
  opened(info: ThreadInfo): ThreadFeed {
    const early = this.#early.get(info.threadId) ?? [];
    this.#early.delete(info.threadId);
    const port: FeedPort = {
      tell: (about, notification) => this.#tellFollowers(about.threadId, notification),
      tellAll: (notification) => this.tellAll(notification),
      ask: (about, event) => this.#ask(about, event),
      rested: (about) => void drainQueue(this, about),
      unread: (about, turnId) => markUnread(this, about, turnId),
      settle: (about, event) => this.#settle(about, event.questionId),
    };
    const feed = new ThreadFeed(info, port, early);
    this.#feeds.set(info.threadId, feed);
    void this.#followSkills(info.cwd);
    return feed;
  }

  async #followSkills(cwd: string): Promise<void> {
    this.#skills ??= import("./skill-watch.ts").then(({ SkillWatch: Watch }) => new Watch(this));
    // Who is not told of changes still has the list.
    await (await this.#skills).follow(cwd).catch(() => {});
  }

  /** Whoever had the thread opened has heard of that: tells what has happened in it meanwhile. */
  begin(feed: ThreadFeed): void {
    feed.begin();
    if ((this.#followers.get(feed.threadId)?.size ?? 0) === 0) this.#idle.left(feed);
  }

  closed(threadId: string): void {
    const agents = [...this.#feeds.values()].filter(({ info }) => info.summary.origin.parentThreadId === threadId);
    this.#feeds.delete(threadId);
    this.#followers.delete(threadId);
    this.#idle.keep(threadId);
    for (const agent of agents) this.closed(agent.threadId);
  }

  follow(connection: Connection, threadId: string): void {
    // Who left while the thread was opened would follow it for ever.
    if (!this.#connections.has(connection)) return;
    const followers = this.#followers.get(threadId) ?? new Set();
    this.#followers.set(threadId, followers.add(connection));
    this.#idle.keep(threadId);
  }

  /** False when it did not follow. */
  unfollow(connection: Connection, threadId: string): boolean {
    const followers = this.#followers.get(threadId);
    const followed = followers?.delete(connection) ?? false;
    const feed = this.feedOf(threadId);
    if (followed && followers?.size === 0 && feed !== null) this.#idle.left(feed);
    return followed;
  }

  /** Nobody has asked for it in a long time. */
  async #retire(feed: ThreadFeed): Promise<void> {
    const { threadId } = feed;
    if (this.feedOf(threadId) !== feed) return;
    // It may have ended by itself meanwhile.
    await this.client.call("thread/close", { threadId }).catch(() => undefined);
    this.unloaded(threadId);
  }

  /** A thread is open no more, and whoever goes on with it resumes it: everybody is told. */
  unloaded(threadId: string): void {
    if (this.feedOf(threadId) === null) return;
    this.closed(threadId);
    this.tellAll({ method: "thread/status/changed", params: { threadId, status: { type: "notLoaded" } } });
    this.tellAll({ method: "thread/closed", params: { threadId } });
  }

  /** Something may have closed the thread without a word, as a rewind does: it is loaded no more then. */
  async unloadClosed(threadId: string): Promise<void> {
    if (this.feedOf(threadId) === null) return;
    const isClosed = await this.client.call("turn/queue", { threadId }).then(
      () => false,
      (error: unknown) => errorInfo(error).code === "thread_not_found",
    );
    if (isClosed) this.unloaded(threadId);
  }

  /** Asks a client that came later what is still open. */
  askAgain(connection: Connection, threadId: string): void {
    for (const request of this.requests.of(threadId)) connection.send(outgoingOf(request));
  }

  tellAll(notification: Notification): void {
    this.#tell(this.#connections, notification);
  }

  tellFollowers(threadId: string, notification: Notification): void {
    this.#tellFollowers(threadId, notification);
  }

  #tellFollowers(threadId: string, notification: Notification): void {
    this.#tell(this.#followers.get(threadId) ?? [], notification, threadId);
  }

  #tell(connections: Iterable<Connection>, notification: Notification, threadId?: string): void {
    let outgoing: Outgoing | null = null;
    for (const connection of connections) {
      if (!connection.hears(notification.method)) continue;
      outgoing ??= new Outgoing(
        { ...notification, emittedAtMs: Date.now() },
        { passing: isPassing(notification.method), ...(threadId !== undefined && { threadId }) },
      );
      connection.send(outgoing);
    }
  }

  /** Who follows a thread follows its agents' threads. */
  #agentOpened({ threadId, info }: Extract<AgentEvent, { type: "agent.opened" }>): void {
    const feed = this.#feeds.get(info.threadId) ?? this.opened(info);
    const followers = this.#followers.get(threadId) ?? [];
    this.#followers.set(info.threadId, new Set([...(this.#followers.get(info.threadId) ?? []), ...followers]));
    this.tellAll({
      method: "thread/status/changed",
      params: { threadId: info.threadId, status: feed.status },
    });
    feed.begin();
  }

  #hear(event: AgentEvent): void {
    if (event.type === "agent.opened") return this.#agentOpened(event);
    // Its parent has closed it.
    if (event.type === "agent.changed" && event.agent.status === "shutdown") this.unloaded(event.agent.threadId);
    const feed = this.#feeds.get(event.threadId);
    if (feed !== undefined) return feed.accept(event);
    const early = this.#early.get(event.threadId) ?? [];
    this.#early.set(event.threadId, early);
    if (early.length < maxEarly) early.push(event);
    const [oldest] = this.#early.keys();
    if (this.#early.size > maxOpening && oldest !== undefined) this.#early.delete(oldest);
  }

  #ask(feed: ThreadFeed, event: Extract<AgentEvent, { type: "question.asked" }>): void {
    const { threadId, turnId, questionId, question } = event;
    const about = asking(question, {
      threadId,
      turnId,
      cwd: feed.info.cwd,
      mode: feed.info.collaborationMode,
      startedAtMs: Date.now(),
    });
    const warn = (message: string): void =>
      this.#tellFollowers(threadId, { method: "warning", params: { threadId, message } });
    const request = this.requests.add({
      method: about.method,
      params: about.params,
      threadId,
      questionId,
      quiet: about.quiet === true,
      settle: (reply) => {
        // An error, or a reply that means nothing, is no yes.
        const answer =
          "result" in reply
            ? about.answer(reply.result, warn)
            : "misfit" in reply
              ? (about.misfit ?? unanswered)
              : unanswered;
        void this.#answer(threadId, questionId, answer, warn);
      },
    });
    try {
      for (const connection of this.#followers.get(threadId) ?? []) connection.send(outgoingOf(request));
    } catch (error) {
      // What cannot be written reaches nobody who could answer.
      warn(messageOf(error));
      this.requests.reply(request.id, { error });
    }
  }

  /** A request takes one reply: where the kernel takes it for none, nobody else can answer, and work goes on without. */
  async #answer(threadId: string, questionId: string, answer: Answer, warn: (why: string) => void): Promise<void> {
    try {
      await this.client.call("question/answer", { threadId, questionId, answer });
    } catch (error) {
      warn(messageOf(error));
      if (errorInfo(error).code === "question_not_found") return;
      // Its thread may have ended.
      await this.client.call("question/answer", { threadId, questionId, answer: unanswered }).catch(() => undefined);
    }
  }

  #settle({ threadId }: ThreadFeed, questionId: string): void {
    const request = this.requests.settled(questionId);
    if (request === null || request.quiet) return;
    const params = { threadId, requestId: request.id };
    this.#tellFollowers(threadId, { method: "serverRequest/resolved", params });
  }
}

const unanswered: Answer = { type: "deny", failed: true };

const outgoingOf = ({ id, method, params, threadId }: OpenRequest): Outgoing =>
  new Outgoing({ method, id, params }, { threadId });
