import { callback } from "../checks.ts";
import { checkedTurnOptions } from "./check-options.ts";
import { OutputParseError } from "./errors.ts";
import type { ThreadEvent, ThreadItem, Usage } from "./events.ts";
import { readInput, type Prompt } from "./input.ts";
import type { EitherCase, Input, StreamCallbacks, TurnOptions } from "./options.ts";
import { readOutputSchema, type Parsed } from "../output/output-schema.ts";
import { noFacts, turnEvents, type ThreadState, type TurnRequest } from "./turn.ts";

/** A turn, as the official package has it; what it lacks there is optional here. */
export type Turn<Output = unknown> = {
  /** Completed ones, in order. */
  items: ThreadItem[];
  /** The text of the last message of the agent; empty without one. */
  finalResponse: string;
  /** Tokens of the thread up to and with this turn; null when the program told none. */
  usage: Usage | null;
} & Partial<TurnExtras<Output>>;

/** What `run` resolves with. */
export type CompletedTurn<Output = unknown> = Turn<Output> & TurnExtras<Output>;

export type TurnExtras<Output = unknown> = {
  /** Tokens since the last total that this object knows; null for the first turn of a thread that was resumed or forked. */
  turnUsage: Usage | null;
  /** What the program or this client had to say that did not end the turn. */
  warnings: string[];
  /** The final response as `outputSchema` reads it; undefined without a schema, or when it does not fit. */
  parsed: Output | undefined;
  threadId: string | null;
  durationMs: number;
};

export type RunResult<Output = unknown> = Turn<Output>;
export type StreamedTurn = { events: AsyncGenerator<ThreadEvent> };
export type RunStreamedResult = StreamedTurn;

/** What makes and keeps a thread; no part of the public surface. */
export const stateOf = Symbol("state");

/** A thread of conversation. Its turns run one after the other, in the order in which they were asked for. */
export class Thread {
  readonly [stateOf]: ThreadState;

  /** Use {@link Codex.startThread} and its like. */
  constructor(state: ThreadState) {
    this[stateOf] = state;
  }

  /** Null until the program has told the id of a new thread. */
  get id(): string | null {
    return this[stateOf].id;
  }

  /** One turn, to its end. Rejects with a `CodexSdkError`: `TurnFailedError` when the program says that the turn failed. */
  async run<const Schema = unknown>(
    input: Input,
    turnOptions?: EitherCase<TurnOptions<Schema>>,
  ): Promise<CompletedTurn<Parsed<Schema>>> {
    return completed(requestOf(this[stateOf], readInput(input), turnOptions, {}));
  }

  /**
   * One turn, event by event. Nothing is started before the first `next()`. A turn that fails ends with its event, not with an error,
   * unless `throwOnFailedTurn` is set. Leaving the loop ends the process, and waits for its end.
   */
  async runStreamed(input: Input, turnOptions?: EitherCase<TurnOptions>): Promise<StreamedTurn> {
    return { events: turnEvents(requestOf(this[stateOf], readInput(input), turnOptions, {})) };
  }

  /** As {@link run}, with callbacks along the way. What they return is waited for; what they throw ends the turn. */
  async stream<const Schema = unknown>(
    input: Input,
    options?: EitherCase<TurnOptions<Schema> & StreamCallbacks>,
  ): Promise<CompletedTurn<Parsed<Schema>>> {
    const checks = { onItem: callback, onText: callback };
    const request = requestOf<StreamCallbacks>(this[stateOf], readInput(input), options, checks);
    return completed(request, request.options);
  }

  /** The name that codex-py has for {@link runStreamed}. */
  run_streamed(input: Input, turnOptions?: EitherCase<TurnOptions>): Promise<StreamedTurn> {
    return this.runStreamed(input, turnOptions);
  }
}

/** Throws for what cannot be right, before anything starts. */
export function requestOf<Extra = unknown>(
  state: ThreadState,
  prompt: Prompt,
  given: unknown,
  checks: Parameters<typeof checkedTurnOptions>[1],
): TurnRequest & { options: TurnOptions & Extra } {
  const options = checkedTurnOptions<Extra>(given, checks);
  const schema = options.outputSchema === undefined ? null : readOutputSchema(options.outputSchema);
  return { state, prompt, options, schema, facts: noFacts() };
}

export async function completed<Output>(
  request: TurnRequest,
  callbacks: StreamCallbacks = {},
): Promise<CompletedTurn<Output>> {
  const { facts, schema, options } = request;
  const items: ThreadItem[] = [];
  let finalResponse = "";
  for await (const event of turnEvents(request)) {
    if (event.type !== "item.started" && event.type !== "item.updated" && event.type !== "item.completed") continue;
    const { item } = event;
    if (event.type === "item.completed") items.push(item);
    await callbacks.onItem?.(item, phases[event.type]);
    if (event.type !== "item.completed" || item.type !== "agent_message") continue;
    finalResponse = item.text;
    await callbacks.onText?.(item.text);
  }
  if (facts.failure !== null) throw facts.failure;
  let parsed: unknown;
  if (schema !== null) {
    const verdict = await schema.read(finalResponse);
    if (verdict.ok) parsed = verdict.value;
    else if (options.strictParse === true) throw new OutputParseError(verdict.problem, finalResponse);
    else facts.warnings.push(verdict.problem);
  }
  return {
    items,
    finalResponse,
    usage: facts.usage,
    turnUsage: facts.turnUsage,
    warnings: facts.warnings,
    parsed: parsed as Output | undefined,
    threadId: request.state.id,
    durationMs: facts.durationMs,
  };
}

const phases = { "item.started": "started", "item.updated": "updated", "item.completed": "completed" } as const;
