/** The client: one connection to one server, and everything that is done over it. */
import type {
  ClientMethod,
  Notification,
  NotificationName,
  ResultOf,
} from "../../protocol/codex-0.169/app-server/methods.ts";
import type { NotificationMessage } from "../../protocol/codex-0.169/app-server/messages.ts";
import { packageVersion } from "../launch/find-binary.ts";
import { TurnQueue } from "../turn-queue.ts";
import { Emitter, type ClientEvents, type EventName, type EventOf } from "./client-events.ts";
import type { Connection, ConnectionCounters, RequestOptions, SentOptions } from "./connection/connection.ts";
import { transportOf } from "./connection/launch.ts";
import { Link, type ServerInfo } from "./connection/link.ts";
import { AppServerConnectionError } from "./errors.ts";
import { isRecord } from "./events/address.ts";
import type { ResponseEvent } from "./events/response-event.ts";
import { Methods, type MethodSettings } from "./methods.ts";
import { readOptions, type ClientOptions, type Settings } from "./options.ts";
import type { PolicyAudit, PolicyEngine } from "./policy/engine.ts";
import { LlmRubricPolicyEngine } from "./policy/llm-engine.ts";
import { RuleBasedPolicyEngine } from "./policy/rules.ts";
import { Answerer } from "./requests/answerer.ts";
import type { SessionGrant } from "./requests/hooks.ts";
import type { SentParams } from "./sent.ts";
import { Router } from "./turns/router.ts";
import { runTurn, type RunOptions, type TurnHost } from "./turns/run-turn.ts";
import { runToEnd, textOf, type CreateOptions, type TextOptions } from "./turns/forms.ts";
import type { AgentResponse } from "./turns/response.ts";

/** Answers that take as long as what was asked for. */
const unlimited = new Set(["command/exec", "mcpServer/tool/call", "feedback/upload", "externalAgentConfig/import"]);
/** Beyond the time that a command may take, for its answer to come. */
const answerMs = 30_000;
const originator = "codex_agent_sdk";

export class Client extends Methods {
  readonly #settings: Settings;
  readonly #emitter: Emitter;
  readonly #router = new Router();
  readonly #answerer: Answerer;
  readonly #engines: readonly PolicyEngine[];
  readonly #link: Link;
  readonly #threads = new Set<string>();
  readonly #queues = new Map<string, TurnQueue>();
  readonly #deprecated = new Set<string>();
  #closing: Promise<void> | null = null;
  #isClosed = false;

  constructor(options: unknown) {
    super();
    const settings = readOptions(options);
    this.#settings = settings;
    this.#emitter = new Emitter((error) => settings.logger?.warn?.("a listener failed", { error: String(error) }));
    this.#engines = this.#enginesOf(settings);
    this.#answerer = new Answerer({
      hooks: settings,
      engines: this.#engines,
      defaults: settings.approvalDefaults,
      hookTimeoutMs: settings.hookTimeoutMs,
      onHookError: (event) => this.#tell("hookError", event),
      onAsked: (address, change) => this.#router.asked(address, change),
    });
    this.#link = this.#linkOf(settings);
    const { signal } = settings;
    if (signal?.aborted === true) void this.close();
    else signal?.addEventListener("abort", () => void this.close(), { once: true });
  }

  /** What the server said of itself; null before the handshake. */
  get serverInfo(): ServerInfo | null {
    return this.#link.info;
  }

  /** What is allowed for the rest of a session, by this client's answers. */
  get grants(): readonly SessionGrant[] {
    return this.#answerer.grants;
  }

  /** The last 500 lines of the server's stderr, oldest first; none after `close`. */
  get stderrTail(): readonly string[] {
    if (this.#isClosed) return [];
    return this.#link.current?.stderrTail() ?? this.#link.over?.stderrTail ?? [];
  }

  /** What came on this connection and was of no use, how many requests wait, and how many streams are open. */
  get counters(): ConnectionCounters & { pending: number; streams: number } {
    const { current } = this.#link;
    const counters = current?.counters ?? { malformed: 0, unknownResponses: 0, ignoredRequests: 0 };
    return { ...counters, pending: current?.pending ?? 0, streams: this.#router.size };
  }

  /** Starts the server, where that is for the client to do, and shakes hands. Requests do so by themselves. */
  async connect(): Promise<ServerInfo> {
    await this.#link.connect();
    return this.#link.info!;
  }

  /** Ends the server, where the client started it. May be called again, and at any time. */
  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async request<M extends ClientMethod | (string & Record<never, never>)>(
    method: M,
    params?: M extends ClientMethod ? SentParams<M> : unknown,
    options?: RequestOptions,
  ): Promise<M extends ClientMethod ? ResultOf<M> : unknown> {
    return (await this.#request(method, params, options)) as never;
  }

  async #request(method: string, params: unknown, options: SentOptions = {}): Promise<unknown> {
    const connection = await this.#link.connect();
    const timeoutMs = options.timeoutMs === undefined ? this.#limitOf(method, params) : options.timeoutMs;
    return connection.request(method, params, { ...options, timeoutMs });
  }

  /** As {@link request}; an answer that is no object comes as `{ value }`. */
  async requestRaw(method: string, params?: unknown, options?: RequestOptions): Promise<Record<string, unknown>> {
    const result: unknown = await this.request(method, params, options);
    return isRecord(result) ? result : { value: result };
  }

  #limitOf(method: string, params: unknown): number | null {
    const { requestTimeoutMs } = this.#settings;
    const commandMs: unknown = method === "command/exec" && isRecord(params) ? params["timeoutMs"] : null;
    if (typeof commandMs === "number") return commandMs + answerMs;
    return unlimited.has(method) ? null : requestTimeoutMs;
  }

  async notify(method: string, params?: unknown): Promise<void> {
    const connection = await this.#link.connect();
    await connection.notify(method, params);
  }

  /** What the client tells, or one kind of notification. Returns what takes it back. */
  on<Name extends EventName>(name: Name, handler: (value: EventOf<Name>) => unknown): () => void {
    return this.#emitter.on(name, handler as never);
  }

  /** Every notification. Returns what takes it back. */
  onNotification(
    handler: (notification: Notification | (NotificationMessage & { method: string })) => unknown,
  ): () => void {
    return this.#emitter.on("*", handler as never);
  }

  /** Runs a prompt, event by event; what is returned at the end is what {@link responsesCreate} resolves to. */
  responsesEvents<const Schema = unknown>(
    options: RunOptions<Schema>,
  ): AsyncGenerator<ResponseEvent, AgentResponse<Schema>, undefined> {
    return runTurn(this.#host(), options);
  }

  /** Runs a prompt; yields the text of the answer as it comes, and of what else is asked for. */
  responsesStreamText<const Schema = unknown>(
    options: TextOptions<Schema>,
  ): AsyncGenerator<string, AgentResponse<Schema>, undefined> {
    return textOf(this.responsesEvents<Schema>(options), options.include ?? []);
  }

  /** Runs a prompt to its end. */
  responsesCreate<const Schema = unknown>(options: CreateOptions<Schema>): Promise<AgentResponse<Schema>> {
    return runToEnd(this.responsesEvents<Schema>(options), options);
  }

  /** Lets go of what was allowed for this thread: the server forgets it once nobody has the thread open. */
  async dropGrants(threadId: string): Promise<void> {
    this.#answerer.forgetGrants(threadId);
    this.#threads.delete(threadId);
    await this.request("thread/unsubscribe", { threadId });
  }

  protected get methodSettings(): MethodSettings {
    const { processCwd, defaultThreadParams, defaultTurnParams } = this.#settings;
    const params = { onDeprecated: (notice: string) => this.#deprecation(notice) };
    return { processCwd, defaultThreadParams, defaultTurnParams, params };
  }

  protected threadOpened({ thread }: { thread?: { id?: string } }): void {
    if (typeof thread?.id === "string") this.#threads.add(thread.id);
  }

  #host(): TurnHost {
    const { params, defaultThreadParams, defaultTurnParams } = this.methodSettings;
    return {
      request: (method, params, options) => this.#request(method, params, options),
      router: this.#router,
      threads: this.#threads,
      queueOf: (threadId) => this.#queueOf(threadId),
      defaults: { thread: defaultThreadParams, turn: defaultTurnParams },
      idleMs: this.#settings.streamIdleTimeoutMs,
      maxBufferedEvents: this.#settings.maxBufferedEvents,
      params,
    };
  }

  #queueOf(threadId: string): TurnQueue {
    const queue = this.#queues.get(threadId) ?? new TurnQueue();
    this.#queues.set(threadId, queue);
    return queue;
  }

  #enginesOf({ policyEngine, policyRubric, policyJudgeConfig, ...settings }: Settings): PolicyEngine[] {
    const engines = policyEngine === undefined ? [] : [policyEngine];
    if (policyRubric === undefined) return engines;
    const onAudit = (audit: PolicyAudit): void => this.#tell("policyAudit", audit);
    const rubric = policyRubric as Record<string, unknown>;
    const judged = rubric["useLlmJudge"] === true || rubric["use_llm_judge"] === true;
    const client = (): Client => new Client(judgeOptions(settings));
    return [
      ...engines,
      judged
        ? new LlmRubricPolicyEngine(rubric, policyJudgeConfig, { onAudit, client })
        : new RuleBasedPolicyEngine(rubric, { onAudit }),
    ];
  }

  #linkOf(settings: Settings): Link {
    const {
      clientInfo,
      experimentalApi,
      optOutNotifications,
      onAttestation,
      connectTimeoutMs,
      reconnect = null,
    } = settings;
    const capabilities = {
      experimentalApi,
      requestAttestation: onAttestation !== undefined,
      ...(optOutNotifications !== undefined && { optOutNotificationMethods: [...optOutNotifications] }),
    };
    const info = clientInfo ?? { name: originator, title: "codex-agent SDK", version: packageVersion() };
    const transport = () => transportOf(settings, originator);
    const options = { transport, initialize: { clientInfo: info, capabilities }, connectTimeoutMs, reconnect };
    return new Link(options, {
      onNotification: (message) => this.#notified(message),
      onRequest: (request, from) => {
        if (this.#closing === null) this.#answerer.take(request, (id, answer) => from.respond(id, answer));
      },
      onProtocolError: (problem, excerpt) => this.#tell("protocolError", { problem, excerpt }),
      onEnd: (error, final) => this.#ended(error, final),
      onReconnected: (connection) => this.#resume(connection),
    });
  }

  #notified(message: NotificationMessage): void {
    if (this.#closing !== null) return;
    if (message.method === "thread/closed" && isRecord(message.params))
      this.#threads.delete(String(message.params["threadId"]));
    this.#answerer.notice(message);
    this.#router.route(message);
    this.#emitter.emit(message.method as NotificationName, message.params, message);
    this.#emitter.emit("*", message);
  }

  #ended(error: AppServerConnectionError, final: boolean): void {
    this.#answerer.stopAll();
    this.#router.failAll(error);
    if (final) this.#tell("closed", { error });
    else this.#tell("disconnected", { error });
  }

  async #resume(connection: Connection): Promise<void> {
    const [resumed, failed]: [string[], string[]] = [[], []];
    for (const threadId of this.#threads) {
      try {
        await connection.request(
          "thread/resume",
          { threadId, excludeTurns: true },
          { timeoutMs: this.#settings.requestTimeoutMs },
        );
        resumed.push(threadId);
      } catch {
        if (connection.end !== null) return;
        this.#threads.delete(threadId);
        failed.push(threadId);
      }
    }
    this.#tell("reconnected", { serverInfo: this.#link.info!, resumed, failed });
  }

  async #close(): Promise<void> {
    this.#answerer.stopAll();
    this.#router.failAll(new AppServerConnectionError({ reason: "The client is closed" }, { code: "closed" }), true);
    for (const engine of this.#engines) await Promise.resolve(engine.close?.()).catch(() => {});
    await this.#link.close();
    this.#isClosed = true;
    this.#threads.clear();
    this.#queues.clear();
  }

  #deprecation(notice: string): void {
    if (this.#deprecated.has(notice)) return;
    this.#deprecated.add(notice);
    this.#settings.logger?.warn?.(notice);
    this.#tell("deprecation", { notice });
  }

  #tell<Name extends keyof ClientEvents>(name: Name, value: ClientEvents[Name]): void {
    this.#emitter.emit(name, value);
  }
}

/** A server of its own, whose approvals are answered with no, and in which nothing of the first one's hooks and engines is known. */
function judgeOptions(settings: Omit<Settings, "policyEngine" | "policyRubric" | "policyJudgeConfig">): ClientOptions {
  const { binary, codexCommand, appServerArgs, env, processCwd, serverConfigOverrides, spawn, connectTimeoutMs } =
    settings;
  return { binary, codexCommand, appServerArgs, env, processCwd, serverConfigOverrides, spawn, connectTimeoutMs };
}
