import { expect } from "vitest";
import type { ContextBlock } from "../../src/kernel/context/context.ts";
import type { Journal, JournalRecord, StoredThread } from "../../src/kernel/journal-port.ts";
import { memoryJournal } from "../../src/kernel/memory-journal.ts";
import { Thread } from "../../src/kernel/thread.ts";
import type { TurnInput, TurnSetup } from "../../src/kernel/turn-setup.ts";
import { findModel } from "../../src/model/catalog.ts";
import type {
  ModelClient,
  ModelEvent,
  ModelRequest,
  ModelResult,
  StreamOptions,
} from "../../src/model/model-client.ts";
import type { AgentEvent } from "../../src/protocol/events.ts";
import type { Permissions } from "../../src/protocol/permissions.ts";
import {
  isToolCall,
  isToolCallOutput,
  type MessageItem,
  type ResponseItem,
  type ToolOutput,
} from "../../src/protocol/response-items.ts";
import { noUsage } from "../../src/protocol/usage.ts";
import { createIds, type Ids } from "../../src/system/ids.ts";
import type { Clock, Random } from "../../src/system/ports.ts";
import type { CallContext, Effect, Tool } from "../../src/tools/tool.ts";

/** A promise that a test settles. */
export interface Gate<Value = void> {
  readonly promise: Promise<Value>;
  open(value: Value): void;
}

export function gate<Value = void>(): Gate<Value> {
  let open: (value: Value) => void = () => undefined;
  const promise = new Promise<Value>((resolve) => (open = resolve));
  return { promise, open };
}

/** A clock that stands still until a sleep is let go; remembers every sleep. */
export class FakeClock implements Clock {
  time = Date.UTC(2026, 10, 21, 12);
  readonly sleeps: { ms: number; wake: () => void }[] = [];
  /** Sleeps end at once, moving the time. */
  hurried = true;
  now = (): number => this.time;
  monotonic = (): number => this.time;
  timeZone = (): string => "Etc/UTC";
  sleep = (ms: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const wake = (): void => {
        this.time += ms;
        resolve();
      };
      this.sleeps.push({ ms, wake });
      signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
      if (this.hurried) wake();
    });
}

export const steadyRandom: Random = { bytes: (count) => new Uint8Array(count).fill(128) };

export const usage = (inputTokens: number, outputTokens: number) => ({
  ...noUsage,
  inputTokens,
  outputTokens,
  totalTokens: inputTokens + outputTokens,
});

export const completed = (
  options: { endTurn?: boolean; usage?: ReturnType<typeof usage> | null } = {},
): ModelResult => ({
  type: "completed",
  responseId: "resp",
  usage: options.usage ?? null,
  endTurn: options.endTurn ?? null,
});

export const broken = (
  message = "stream disconnected",
  more: { delayMs?: number; retryable?: boolean } = {},
): ModelResult => ({
  type: "failed",
  failure: { code: "stream_disconnected", message, retryable: true, ...more },
});

/** What a model does with one request. */
export type Act = (
  emit: (event: ModelEvent) => void,
  request: ModelRequest,
  signal: AbortSignal,
) => ModelResult | Promise<ModelResult>;

/** A model whose answers are acts; a wait in one ends when the request is aborted, as a socket's would. */
export class ActedModel implements ModelClient {
  readonly requests: ModelRequest[] = [];
  readonly streamMaxRetries: number;
  readonly #acts: Act[];
  readonly #otherwise: Act;

  /** `acts` may grow while the model is used; `otherwise` is done when none is left. */
  constructor(acts: Act[], options: { streamMaxRetries?: number; otherwise?: Act } = {}) {
    this.#acts = acts;
    this.streamMaxRetries = options.streamMaxRetries ?? 5;
    this.#otherwise = options.otherwise ?? (() => broken("no act is left", { retryable: false }));
  }

  async stream(request: ModelRequest, { signal, onEvent }: StreamOptions): Promise<ModelResult> {
    signal.throwIfAborted();
    this.requests.push({ ...request, input: [...request.input] });
    const act = this.#acts.shift() ?? this.#otherwise;
    const cut = new Promise<never>((_, reject) =>
      signal.addEventListener("abort", () => reject(signal.reason), { once: true }),
    );
    cut.catch(() => undefined);
    return Promise.race([act(onEvent, request, signal), cut]);
  }
}

export const say = (text: string, id = `msg_${text}`): MessageItem => ({
  type: "message",
  id,
  role: "assistant",
  content: [{ type: "output_text", text }],
});

export const call = (callId: string, name: string, args: unknown = {}): ResponseItem => ({
  type: "function_call",
  id: `fc_${callId}`,
  call_id: callId,
  name,
  arguments: typeof args === "string" ? args : JSON.stringify(args),
});

/** An act that gives items and completes. */
export const answers =
  (...items: ResponseItem[]): Act =>
  (emit) => {
    for (const item of items) emit({ type: "item.done", item });
    return completed();
  };

export function tool(
  name: string,
  run: (args: string, context: CallContext) => ToolOutput | Promise<ToolOutput>,
  options: { parallel?: boolean; effect?: Effect } = {},
): Tool {
  return {
    name,
    parallel: options.parallel ?? true,
    spec: { type: "function", name, description: name, strict: false, parameters: { type: "object", properties: {} } },
    prepare: (input, context) => ({
      effect: options.effect ?? "none",
      action: { kind: "none" },
      refusal: ({ message }) => message,
      run: async () => ({ output: await run(input, context), ok: true }),
    }),
  };
}

export const input = (text: string): TurnInput => ({
  elements: [{ type: "text", text }],
  content: [{ type: "input_text", text }],
  kinds: ["user.text"],
  attachments: [],
});

export const permissions: Permissions = {
  sandbox: "danger-full-access",
  networkAccess: false,
  writableRoots: [],
  excludeTmpdir: false,
  excludeSlashTmp: false,
  approvalPolicy: "never",
};

export interface Bench {
  thread: Thread;
  clock: FakeClock;
  events: AgentEvent[];
  records: JournalRecord[];
  /** Resolves with the first event that fits, also one that has been. */
  event<Type extends AgentEvent["type"]>(type: Type, count?: number): Promise<Extract<AgentEvent, { type: Type }>>;
  ofType<Type extends AgentEvent["type"]>(type: Type): Extract<AgentEvent, { type: Type }>[];
}

export interface BenchOptions {
  client: ModelClient;
  tools?: readonly Tool[];
  context?: readonly ContextBlock[];
  setUp?: (setup: TurnSetup, signal?: AbortSignal) => Promise<TurnSetup>;
  journal?: (records: JournalRecord[]) => Journal;
  stored?: StoredThread | null;
  clock?: FakeClock;
  ids?: Ids;
  emit?: (event: AgentEvent) => void;
}

export const threadId = "01a00000-0000-7000-8000-000000000001";

export function bench(options: BenchOptions): Bench {
  const clock = options.clock ?? new FakeClock();
  const ids = options.ids ?? createIds(clock, steadyRandom);
  const events: AgentEvent[] = [];
  const records: JournalRecord[] = [];
  const journal = options.journal?.(records) ?? memoryJournal(threadId, records);
  const setup: TurnSetup = {
    cwd: "/work",
    provider: "acted",
    model: findModel("acted"),
    client: options.client,
    reasoning: null,
    verbosity: null,
    permissions,
    baseMessageId: "msg_base",
    baseInstructions: "Base.",
    context: options.context ?? [],
    contextWindow: 1000,
    outputTokens: 10_000,
    compaction: {
      limit: null,
      prompt: null,
      firstWindowId: "window",
    },
    warnings: [],
    tools: () => options.tools ?? [],
    decide: async () => ({ type: "allow", enclose: null }),
    identify: ({ turnId }) => ({
      installationId: "i",
      sessionId: "s",
      threadId,
      turnId,
      rootTurnId: turnId,
      windowId: `${threadId}:0`,
      metadata: {},
    }),
  };
  const waiting: { fits: () => boolean; go: () => void }[] = [];
  const thread = new Thread(
    {
      clock,
      random: steadyRandom,
      ids,
      journal,
      setUp: () => options.setUp?.(setup) ?? Promise.resolve(setup),
      emit: (event) => {
        events.push(event);
        for (const waiter of waiting) if (waiter.fits()) waiter.go();
        options.emit?.(event);
      },
    },
    options.stored ?? null,
  );
  const ofType: Bench["ofType"] = (type) => events.filter((event) => event.type === type) as never;
  return {
    thread,
    clock,
    events,
    records,
    ofType,
    event: (type, count = 1) =>
      new Promise((resolve) => {
        const fits = (): boolean => ofType(type).length >= count;
        const go = (): void => resolve(ofType(type)[count - 1]!);
        if (fits()) go();
        else waiting.push({ fits, go });
      }),
  };
}

export const ends = (events: readonly AgentEvent[]): AgentEvent[] =>
  events.filter(({ type }) => type === "turn.completed" || type === "turn.failed" || type === "turn.interrupted");

/** What of a request came after the base prompt, in short: texts, `call NAME`, `output TEXT`. */
export function told(items: readonly ResponseItem[]): string[] {
  return items.slice(1).map((item) => {
    if (isToolCall(item)) return `call ${item.call_id}`;
    if (isToolCallOutput(item) && item.type !== "tool_search_output")
      return `output ${item.call_id}: ${typeof item.output === "string" ? item.output : "parts"}`;
    if (item.type !== "message") return item.type;
    const { role, content } = item as MessageItem;
    return `${role}: ${content.map((part) => ("text" in part ? part.text : part.type)).join("|")}`;
  });
}

/** Every call has exactly one output, behind it. */
export function expectValid(items: readonly ResponseItem[]): void {
  const open = new Set<string>();
  const closed = new Set<string>();
  for (const item of items) {
    if (isToolCall(item)) {
      expect(open.has(item.call_id) || closed.has(item.call_id), `two calls ${item.call_id}`).toBe(false);
      open.add(item.call_id);
    } else if (isToolCallOutput(item)) {
      expect(open.delete(item.call_id), `output ${item.call_id} without its call`).toBe(true);
      closed.add(item.call_id);
    }
  }
  expect([...open], "calls without output").toEqual([]);
}

export const journaledItems = (records: readonly JournalRecord[]): ResponseItem[] =>
  records.flatMap((record) => (record.type === "response.item" ? [record.item] : []));

/** A journal from which a thread can go on: valid history, and every turn that began has ended, once. */
export function expectResumable(records: readonly JournalRecord[]): void {
  expectValid(journaledItems(records));
  let running: string | null = null;
  for (const record of records) {
    if (record.type === "turn.started") {
      expect(running).toBeNull();
      running = record.turnId;
    } else if (record.type === "turn.completed" || record.type === "turn.aborted") {
      expect(record.turnId).toBe(running);
      running = null;
    }
  }
  expect(running).toBeNull();
}
