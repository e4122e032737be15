import { Client } from "../client/client.ts";
import { inMemory } from "../client/in-memory.ts";
import { inlineToml } from "../config/toml/inline-value.ts";
import { createHost } from "../host/host.ts";
import { demoModel } from "../model/catalog.ts";
import { AgentError } from "../protocol/errors.ts";
import type { AgentEvent } from "../protocol/events.ts";
import type { ThreadInfo, ThreadOptions } from "../protocol/methods.ts";
import { modeOptions } from "../protocol/modes.ts";
import type { Answer, Question } from "../protocol/questions.ts";
import { readUserSchema, SchemaError, type UserSchema } from "../protocol/schemas/user-schema.ts";
import { nodeSystem } from "../system/node.ts";
import { elementsOf, type Input } from "./input.ts";
import { checkOptions, type AgentOptions, type Approval, type RunOptions } from "./options.ts";
import { kernelTool } from "./tool-call.ts";
import type { AgentTool } from "./tool.ts";
import { TurnEnder } from "./turn-ender.ts";
import { isTurnEnd, TurnStory, type TurnResult } from "./turn-result.ts";

export type EventType = AgentEvent["type"];
export type EventOf<Type extends EventType> = Extract<AgentEvent, { type: Type }>;

/** Ids of turns that are known again. */
const mostTaken = 256;

/** A function of which a class is made: its instances can be called. */
// oxlint-disable-next-line typescript/no-extraneous-class
class Callable {
  constructor(call: (input: Input, options?: RunOptions) => Promise<string>) {
    return Object.setPrototypeOf(call, new.target.prototype) as Callable;
  }
}

// The call of an instance is what the class is made of; no class can say so itself.
// oxlint-disable-next-line typescript/no-unsafe-declaration-merging
export interface Agent {
  /** Runs a turn to its end; the model's last message. Rejects where {@link Agent.run} says that it was no success. */
  (input: Input, options?: RunOptions): Promise<string>;
}

/** An agent in this process: a session with the whole kernel behind it, and tools of your own. */
// oxlint-disable-next-line typescript/no-unsafe-declaration-merging
export class Agent extends Callable {
  readonly #options: AgentOptions;
  readonly #client: Client;
  readonly #tools = new Map<string, AgentTool>();
  readonly #listeners = new Map<string, Set<(event: AgentEvent) => void>>();
  readonly #opened: Promise<ThreadInfo>;
  readonly #taken = new Map<string, Promise<TurnResult>>();
  #waiting = 0;
  #info: ThreadInfo | null = null;
  #closing: Promise<void> | null = null;

  /** Checks the options and begins to load; {@link ready} tells how that ended. @throws TypeError, AgentError `usage` */
  constructor(options: AgentOptions = {}) {
    super((input, run) => this.#call(input, run));
    checkOptions(options);
    this.#options = { ...options };
    this.addTool(options.tools ?? []);
    const machine = nodeSystem();
    const environment = { ...machine.environment, ...(options.env && { variables: { ...options.env } }) };
    const caller = {
      originator: "codex_agent",
      client: "codex_agent",
      source: "cli",
      demoWhenUnconfigured: false,
      threads: "runtime" as const,
      tools: () => [...this.#tools.values()].map((tool) => kernelTool(tool, this)),
    };
    this.#client = new Client(inMemory(createHost({ ...machine, environment }, caller)));
    this.#client.subscribeAll((event) => this.#hear(event));
    this.#opened = this.#open();
    // Whoever waits for it hears of it.
    this.#opened.catch(() => undefined);
  }

  /** {@link ready}, of a new one. */
  static async create(options: AgentOptions = {}): Promise<Agent> {
    const agent = new Agent(options);
    await agent.ready();
    return agent;
  }

  /** Resolves when the session is open; rejects with the AgentError that says why it cannot be. */
  async ready(): Promise<void> {
    await this.#opened;
  }

  /** Null until the agent is ready. */
  get currentSessionId(): string | null {
    return this.#info?.threadId ?? null;
  }

  /** Runs a turn to its end, however that is. Rejects for what is no turn at all: bad input, a full queue, a closed agent. */
  async run(input: Input, options: RunOptions = {}): Promise<TurnResult> {
    const turn = this.#turn(input, options);
    for (;;) {
      const next = await turn.next();
      if (next.done === true) return next.value;
    }
  }

  /** A turn, event by event; its result is what the generator returns. Leaving the loop interrupts the turn. */
  stream(input: Input, options: RunOptions = {}): AsyncGenerator<AgentEvent, TurnResult, undefined> {
    return this.#turn(input, options);
  }

  /**
   * Gives the agent tools, from the next request on; the function takes them away again. With `replace`, one of the same name is no more.
   * @throws AgentError `duplicate_name`
   */
  addTool(tools: AgentTool | readonly AgentTool[], { replace = false }: { replace?: boolean } = {}): () => void {
    const added = Array.isArray(tools) ? (tools as readonly AgentTool[]) : [tools as AgentTool];
    for (const [index, { name }] of added.entries()) {
      if ((this.#tools.has(name) && !replace) || added.findIndex((each) => each.name === name) !== index)
        throw new AgentError("duplicate_name", `there is a tool ${name} already; take it away first`);
    }
    for (const tool of added) this.#tools.set(tool.name, tool);
    return () => {
      for (const tool of added) if (this.#tools.get(tool.name) === tool) this.#tools.delete(tool.name);
    };
  }

  /** Hears of events of one type, or of all (`*`), until the returned function is called. What it throws costs itself that event. */
  on<Type extends EventType>(type: Type, listener: (event: EventOf<Type>) => void): () => void;
  on(type: "*", listener: (event: AgentEvent) => void): () => void;
  on(type: string, listener: (event: never) => void): () => void {
    const listeners = this.#listeners.get(type) ?? new Set();
    this.#listeners.set(type, listeners);
    const hear = listener as (event: AgentEvent) => void;
    listeners.add(hear);
    return () => listeners.delete(hear);
  }

  /** Stops the turn that runs; those that wait go on. */
  async interrupt(reason?: string): Promise<{ interrupted: boolean }> {
    const { threadId } = await this.#opened;
    try {
      await this.#client.call("turn/interrupt", { threadId, ...(reason !== undefined && { reason }) });
      return { interrupted: true };
    } catch (error) {
      if (error instanceof AgentError && error.code === "turn_not_found") return { interrupted: false };
      throw error;
    }
  }

  /** Ends what runs, and gives the session free. */
  close(): Promise<void> {
    this.#closing ??= this.#opened.then(
      () => this.#client.close(),
      () => this.#client.close(),
    );
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #call(input: Input, options?: RunOptions): Promise<string> {
    const { status, text, error } = await this.run(input, options);
    if (status === "completed") return text;
    throw new AgentError(error?.code ?? "internal", error?.message ?? "the turn failed", {
      details: { ...error?.details, text },
    });
  }

  async #open(): Promise<ThreadInfo> {
    // Whoever made the agent has its handlers on by then.
    await Promise.resolve();
    const options = threadOptions(this.#options);
    const { session = "new" } = this.#options;
    const info = await (session === "new"
      ? this.#client.call("thread/start", options)
      : this.#resume(session, options));
    this.#info = info;
    return info;
  }

  async #resume(session: string, options: ThreadOptions): Promise<ThreadInfo> {
    if (session !== "latest") return this.#client.call("thread/resume", { ...options, threadId: session });
    const cwd = options.cwd ?? process.cwd();
    const { threadId } = await this.#client.call("thread/find", { by: "last", cwd });
    if (threadId === null) return this.#client.call("thread/start", options);
    return this.#client.call("thread/resume", { ...options, threadId });
  }

  async *#turn(input: Input, options: RunOptions): AsyncGenerator<AgentEvent, TurnResult, undefined> {
    const schema = options.outputSchema === undefined ? null : outputSchema(options.outputSchema);
    const elements = elementsOf(input);
    if (this.#closing !== null) throw new AgentError("thread_not_found", "the agent is closed");
    options.signal?.throwIfAborted();
    const { threadId } = await this.#opened;
    const { clientTurnId } = options;
    const earlier = clientTurnId === undefined ? undefined : this.#taken.get(clientTurnId);
    if (earlier !== undefined) return earlier;
    const limit = this.#options.maxQueuedTurns ?? 32;
    if (this.#waiting > limit)
      throw new AgentError("queue_full", `${limit} turns wait already; wait until one has run`);
    const outcome = Promise.withResolvers<TurnResult>();
    outcome.promise.catch(() => undefined);
    if (clientTurnId !== undefined) this.#remember(clientTurnId, outcome.promise);
    const ender = new TurnEnder((turnId, reason) => {
      this.#client.call("turn/interrupt", { threadId, turnId, reason }).catch(() => undefined);
    });
    const events = new EventQueue();
    let left = false;
    const stop = this.#client.subscribe(threadId, (event) => {
      ender.hear(event);
      if (!left) events.push(event);
      else if (ender.isDone) stop();
    });
    this.#waiting++;
    const { timeoutMs } = options;
    const timer =
      timeoutMs === undefined ? null : setTimeout(() => ender.end(`took longer than ${timeoutMs} ms`), timeoutMs);
    const onAbort = (): void => ender.end("interrupted by the program");
    options.signal?.addEventListener("abort", onAbort, { once: true });
    try {
      const { model, reasoningEffort, mode = "queue" } = options;
      const settings = { ...(model && { model }), ...(reasoningEffort && { reasoningEffort }) };
      const { turnId, status } = await this.#client.call("turn/start", {
        threadId,
        input: elements,
        whenBusy: mode,
        ...(clientTurnId !== undefined && { inputId: clientTurnId }),
        ...(schema !== null && { outputSchema: JSON.parse(schema.json) as unknown }),
        ...(Object.keys(settings).length > 0 && { settings }),
      });
      ender.taken(turnId, status === "queued");
      const story = new TurnStory();
      for (;;) {
        const event = await events.next();
        if (!("turnId" in event) || event.turnId !== turnId) continue;
        story.accept(event);
        yield event;
        if (!isTurnEnd(event)) continue;
        const result = await withOutput(story.result(event), schema);
        outcome.resolve(result);
        return result;
      }
    } catch (error) {
      if (clientTurnId !== undefined) this.#taken.delete(clientTurnId);
      outcome.reject(error);
      throw error;
    } finally {
      this.#waiting--;
      if (timer !== null) clearTimeout(timer);
      options.signal?.removeEventListener("abort", onAbort);
      ender.end("nobody waits for it any more");
      outcome.reject(new AgentError("interrupted", "the turn was left before it had ended"));
      left = true;
      if (ender.isDone) stop();
    }
  }

  /** Of turns that were given an id: what became of the last of them. */
  #remember(id: string, outcome: Promise<TurnResult>): void {
    this.#taken.set(id, outcome);
    const [oldest] = this.#taken.keys();
    if (this.#taken.size > mostTaken && oldest !== undefined) this.#taken.delete(oldest);
  }

  #hear(event: AgentEvent): void {
    if (event.type === "question.asked") void this.#answer(event);
    for (const listener of [...(this.#listeners.get(event.type) ?? []), ...(this.#listeners.get("*") ?? [])]) {
      try {
        listener(event);
      } catch {
        // It cost itself this event.
      }
    }
  }

  async #answer({ threadId, turnId, questionId, question }: EventOf<"question.asked">): Promise<void> {
    const { onApproval } = this.#options;
    const done = new AbortController();
    const stop = this.#client.subscribe(threadId, (event) => {
      if (event.type === "question.closed" && event.questionId === questionId) done.abort();
    });
    const said = await Promise.resolve()
      .then(() => onApproval?.({ sessionId: threadId, turnId, question, signal: done.signal }))
      .catch(() => undefined);
    stop();
    if (done.signal.aborted) return;
    await this.#client
      .call("question/answer", { threadId, questionId, answer: answerOf(said, question) })
      .catch(() => undefined);
  }
}

function answerOf(said: Approval, question: Question): Answer {
  if (said !== "allow" && said !== "allow_session") return { type: "deny" };
  if (question.type === "rights") {
    return { type: "rights", rights: question.rights, scope: said === "allow" ? "turn" : "session" };
  }
  // What has to be said in words cannot be allowed.
  if (question.type === "choices") return { type: "deny" };
  return { type: "allow", scope: said === "allow" ? "once" : "session" };
}

function threadOptions(options: AgentOptions): ThreadOptions {
  const { cwd, model, reasoningEffort, instructions, permissionMode = "auto", config = {} } = options;
  const given: [string, unknown][] = Object.entries(config);
  if (reasoningEffort !== undefined) given.push(["model_reasoning_effort", reasoningEffort]);
  if (instructions !== undefined) given.push(["developer_instructions", instructions]);
  return {
    ...modeOptions[permissionMode],
    ...(cwd !== undefined && { cwd }),
    ...(model !== undefined && { model, demo: model === demoModel }),
    overrides: given.map(([key, value]) => `${key}=${inlineToml(value)}`),
    unattended: options.onApproval === undefined,
    ephemeral: options.persist === false,
    continueGoals: false,
  };
}

function outputSchema(given: unknown): UserSchema {
  try {
    return readUserSchema(given, "output");
  } catch (error) {
    if (error instanceof SchemaError) throw new AgentError("usage", `outputSchema ${error.message}`, { cause: error });
    throw error;
  }
}

/** An answer that is not as it was to be is an error: the words are there to be read. */
async function withOutput(result: TurnResult, schema: UserSchema | null): Promise<TurnResult> {
  if (schema === null || result.status !== "completed") return result;
  const problem = (message: string): TurnResult => ({
    ...result,
    status: "error",
    error: { code: "response_incomplete", message: `the answer is not as outputSchema says: ${message}` },
  });
  let value: unknown;
  try {
    value = JSON.parse(result.text);
  } catch {
    return problem("it is not JSON");
  }
  const checked = await schema.check(value);
  return checked.ok ? { ...result, output: checked.value } : problem(checked.problem);
}

/** Events that nobody has read yet; whoever reads waits for the next. */
class EventQueue {
  #events: AgentEvent[] = [];
  #wake: (() => void) | null = null;

  push(event: AgentEvent): void {
    this.#events.push(event);
    this.#wake?.();
  }

  async next(): Promise<AgentEvent> {
    while (this.#events.length === 0) {
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    return this.#events.shift()!;
  }
}
