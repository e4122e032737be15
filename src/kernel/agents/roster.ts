import type { AgentInfo, AgentOrigin, AgentStatus, TurnOrigin } from "../../protocol/agents.ts";
import { messageOf } from "../../protocol/errors.ts";
import type { Ids } from "../../system/ids.ts";
import type { Clock } from "../../system/ports.ts";
import type { Agent, AgentDesk, AgentMessage, Sender, SpawnRequest } from "../../tools/agents/desk.ts";
import { CallError } from "../../tools/tool.ts";
import type { Thread } from "../thread.ts";
import type { TurnInput } from "../turn-setup.ts";
import type { AgentTree } from "./agent-tree.ts";
import { endNotice, mailInput } from "./mail.ts";
import { isFinal, Member, type AgentThread } from "./member.ts";

/** The thread that has the agents. */
export interface Parent {
  readonly threadId: string;
  /** `/root`, or where it stands below. */
  readonly path: string;
  readonly sessionId: string;
  /** 0 for a user's thread. */
  readonly depth: number;
  thread(): Pick<Thread, "note" | "work" | "whenTold">;
}

export interface RosterPorts {
  clock: Clock;
  ids: Ids;
  parent: Parent;
  tree: AgentTree;
  /** Agents are known by id and end with a notice (`v1`), or by path and send mail (`v2`). */
  version: "v1" | "v2";
  /** Opens the thread of a new agent. @throws AgentError or CallError */
  open(member: Member, request: Pick<SpawnRequest, "fork" | "model" | "effort">): Promise<AgentThread>;
  /** Opens a thread again that was an agent of the parent; null when there is none of that id. */
  reopen(threadId: string): Promise<{ origin: AgentOrigin; open(member: Member): Promise<AgentThread> } | null>;
  /** The thread of an agent with that path, which an earlier start of the parent has made; null when there is none. */
  earlier(path: string): string | null;
  /** Refuses a model, an effort or a role that cannot be had. @throws CallError */
  check(request: SpawnRequest): void;
  /** What agents of a role are called; none: as all others. */
  nicknames(role: string | null): readonly string[];
  changed(agent: AgentInfo): void;
  /** Something failed with nobody there to tell the model of it. */
  warn(message: string): void;
}

/** The sub-agents of one thread: made, told, waited for and ended. What fails in the background is told to the parent. */
export class Roster implements AgentDesk {
  readonly #ports: RosterPorts;
  readonly #members = new Map<string, Member>();
  readonly #waiting = new Set<() => void>();
  #closed = false;

  constructor(ports: RosterPorts) {
    this.#ports = ports;
  }

  get path(): string {
    return this.#ports.parent.path;
  }

  /** All that there have been, the oldest first. */
  get agents(): AgentInfo[] {
    return [...this.#members.values()].map(({ info }) => info);
  }

  async spawn(request: SpawnRequest, sender: Sender): Promise<Agent> {
    const { parent, tree, ids, version } = this.#ports;
    const path = request.name === null ? null : `${parent.path}/${request.name}`;
    if (path !== null && (await this.locate(path)) !== null)
      throw new CallError(`agent path \`${path}\` already exists`);
    this.#ports.check(request);
    const giveBack = tree.reserve();
    const origin: AgentOrigin = {
      parentThreadId: parent.threadId,
      sessionId: parent.sessionId,
      depth: parent.depth + 1,
      path,
      nickname: tree.nickname(this.#ports.nicknames(request.role)),
      role: request.role,
      version,
    };
    const member = this.#member(ids.uuid(), origin);
    try {
      const live = await this.#ports.open(member, request);
      giveBack();
      await this.#take(member, live);
      this.#work(member, request.message, sender);
    } catch (error) {
      giveBack();
      if (member.isOpen) await this.close(member);
      throw asCallError(error);
    }
    return member;
  }

  async send(agent: Agent, message: AgentMessage, sender: Sender): Promise<string | null> {
    const member = this.#own(agent);
    if (message.type === "mail" && message.kind === "MESSAGE") {
      member.tell(this.#input(member, message));
      return null;
    }
    if (member.spent !== null) throw new CallError(`agent ${member.nickname} takes no more work: ${member.spent}`);
    if (!member.working() && !this.#ports.tree.limits.idleOnesCount) this.#ports.tree.checkPlace();
    try {
      return this.#work(member, message, sender);
    } catch (error) {
      throw asCallError(error);
    }
  }

  async resume(threadId: string): Promise<Agent | null> {
    const known = await this.#ports.reopen(threadId);
    if (known === null) return null;
    const giveBack = this.#ports.tree.reserve();
    const member = this.#members.get(threadId) ?? this.#member(threadId, known.origin);
    try {
      const live = await known.open(member);
      giveBack();
      await this.#take(member, live);
    } catch (error) {
      giveBack();
      throw asCallError(error);
    }
    return member;
  }

  interrupt(agent: Agent): Promise<void> {
    return this.#own(agent).interrupt("interrupted by its parent");
  }

  async close(agent: Agent): Promise<void> {
    const member = this.#own(agent);
    try {
      await member.close();
    } catch (error) {
      this.#ports.warn(`Sub-agent ${member.nickname} could not be closed: ${messageOf(error)}`);
    } finally {
      this.#ports.tree.remove(member);
    }
  }

  find(threadId: string): Agent | null {
    const member = this.#members.get(threadId);
    return member?.isOpen === true ? member : null;
  }

  async locate(target: string): Promise<Agent | null> {
    const path = target.startsWith("/") ? target : `${this.path}/${target}`;
    const open = this.find(target) ?? this.list().find((agent) => agent.path === path);
    if (open !== undefined) return open;
    const earlier = this.#ports.earlier(path);
    return earlier === null || this.#members.has(earlier) ? null : this.resume(earlier);
  }

  list(): Agent[] {
    return [...this.#members.values()].filter(({ isOpen }) => isOpen);
  }

  async waitForAny(
    threadIds: readonly string[],
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<Map<string, AgentStatus>> {
    const over = new AbortController();
    const time = this.#ports.clock.sleep(timeoutMs, AbortSignal.any([signal, over.signal])).catch(() => undefined);
    let late = false;
    void time.then(() => (late = true));
    const agents = new Map(threadIds.map((id) => [id, this.find(id)]));
    try {
      for (;;) {
        const ended = [...agents].flatMap(([id, agent]): [string, AgentStatus][] => {
          const status = agent?.status ?? "not_found";
          return isFinal(status) ? [[id, status]] : [];
        });
        if (ended.length > 0 || late || signal.aborted) return new Map(ended);
        const changed = new Promise<void>((resolve) => this.#waiting.add(resolve));
        await Promise.race([changed, time]);
      }
    } finally {
      over.abort();
    }
  }

  async waitForNews(timeoutMs: number, signal: AbortSignal): Promise<"user" | "note" | "timeout"> {
    const over = new AbortController();
    const either = AbortSignal.any([signal, over.signal]);
    const time = this.#ports.clock.sleep(timeoutMs, either).catch(() => undefined);
    const news = this.#ports.parent.thread().whenTold(either);
    const first = await Promise.race([news, time.then(() => "timeout" as const)]);
    over.abort();
    return first === "aborted" ? "timeout" : first;
  }

  /** Ends all of them, at once. Whoever waits for one waits on: its turn is being stopped, too. */
  async closeAll(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.list().map((agent) => this.close(agent)));
  }

  #member(threadId: string, origin: AgentOrigin): Member {
    const { clock, tree } = this.#ports;
    return new Member(threadId, origin, { clock, limits: tree.limits, changed: (member) => this.#changed(member) });
  }

  async #take(member: Member, live: AgentThread): Promise<void> {
    if (this.#closed) {
      await live.close();
      throw new CallError("the thread is being closed");
    }
    this.#members.set(member.threadId, member);
    this.#ports.tree.add(member);
    member.opened(live);
  }

  #own(agent: Agent): Member {
    const member = this.#members.get(agent.threadId);
    if (member === undefined) throw new CallError(`agent with id ${agent.threadId} not found`);
    return member;
  }

  #work(member: Member, message: AgentMessage, sender: Sender): string {
    const { parent, version } = this.#ports;
    member.sender = sender;
    const work = parent.thread().work;
    const origin: TurnOrigin = {
      parentTurnId: sender.turnId,
      rootTurnId: work?.rootTurnId ?? sender.turnId,
      initiator: version === "v2" ? parent.path : null,
    };
    return member.work(this.#input(member, message), { origin, trigger: work?.trigger ?? "user" });
  }

  #input(member: Member, message: AgentMessage): TurnInput {
    if (message.type === "input") return member.input(message.elements);
    const { kind, text } = message;
    const mail = { kind, text, from: this.path, to: member.path ?? member.threadId, sealed: true };
    return mailInput(mail, () => this.#ports.ids.uuid());
  }

  #changed(member: Member): void {
    this.#ports.changed(member.info);
    if (this.#closed) return;
    if (isFinal(member.status)) {
      try {
        this.#tellParent(member);
      } catch (error) {
        this.#ports.warn(`How sub-agent ${member.nickname} ended could not be kept: ${messageOf(error)}`);
      }
    }
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }

  #tellParent(member: Member): void {
    const { parent, version, ids } = this.#ports;
    const { status, path } = member;
    if (version === "v1") {
      if (member.watched) parent.thread().note(endNotice(member.threadId, status));
      member.watched = false;
      return;
    }
    if (path === null || typeof status === "string") return;
    const text = "completed" in status ? (status.completed ?? "") : `The agent ended with an error: ${status.errored}`;
    this.#tellCompleted(member, path);
    const mail = { kind: "FINAL_ANSWER", from: path, to: parent.path, text, sealed: false } as const;
    parent.thread().note(mailInput(mail, () => ids.uuid()));
  }

  #tellCompleted(member: Member, agentPath: string): void {
    const items = member.sender?.items;
    if (items === undefined) return;
    const item = {
      type: "subAgentActivity",
      id: `subagent-completed-${this.#ports.ids.uuid()}`,
      kind: "completed",
      agentThreadId: member.threadId,
      agentPath,
      model: null,
      reasoningEffort: null,
    } as const;
    items.started(item);
    items.completed(item);
  }
}

/** What the model reads when an agent cannot be made or told. */
function asCallError(error: unknown): CallError {
  return error instanceof CallError ? error : new CallError(`collab spawn failed: ${messageOf(error)}`);
}
