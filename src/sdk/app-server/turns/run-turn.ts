/** Runs a prompt: opens the thread, waits for its turn, starts it, and tells what happens until it is over. */
import { AbortError, SessionNotFoundError } from "../../errors.ts";
import { withinTime } from "../../launch/within-time.ts";
import { readOutputSchema } from "../../output/output-schema.ts";
import type { TurnQueue } from "../../turn-queue.ts";
import type { SentOptions } from "../connection/connection.ts";
import { AppServerConnectionError } from "../errors.ts";
import { isRecord } from "../events/address.ts";
import { readyEvent } from "../events/read-event.ts";
import type { ResponseEvent } from "../events/response-event.ts";
import { knownOnly, mergedParams, type ParamOptions, type ThreadParams, type TurnParams } from "../params.ts";
import { readPrompt, type Prompt } from "./prompt.ts";
import { ResponseCollector, type AgentResponse } from "./response.ts";
import type { Router } from "./router.ts";
import { TurnStream } from "./turn-stream.ts";

export interface RunOptions<Schema = unknown> {
  prompt: Prompt;
  /** The thread to go on with; without one a new thread. */
  sessionId?: string | undefined;
  threadParams?: ThreadParams | undefined;
  turnParams?: TurnParams | undefined;
  /** What the answer must be: a JSON Schema, or an object of a schema library that exports one. */
  outputSchema?: Schema;
  /** Interrupts the turn. */
  signal?: AbortSignal | undefined;
  /** Say it into the turn that runs, if one does, in the place of waiting for its end. */
  steer?: boolean | undefined;
  /** What becomes of the turn when its reader leaves early. Default interrupt. */
  onEarlyReturn?: "interrupt" | "detach" | undefined;
  /** Send parameters that this client does not know. */
  allowUnknown?: boolean | undefined;
}

/** What a turn needs of its client. */
export interface TurnHost {
  request(method: string, params: unknown, options?: SentOptions): Promise<unknown>;
  readonly router: Router;
  /** Threads that were started or resumed on this connection. */
  readonly threads: Set<string>;
  queueOf(threadId: string): TurnQueue;
  readonly defaults: { thread: object | undefined; turn: object | undefined };
  readonly idleMs: number | null;
  readonly maxBufferedEvents: number;
  readonly params: ParamOptions;
}

interface Running {
  stream: TurnStream;
  unsubscribe: () => void;
  /** The answer to `turn/start`. */
  started: Promise<unknown>;
}

/** How long the server may take to end a turn that was interrupted, in milliseconds; the next turn of the thread waits for that. */
const lastWordsMs = 5000;

export async function* runTurn<Schema>(
  host: TurnHost,
  options: RunOptions<Schema>,
): AsyncGenerator<ResponseEvent, AgentResponse<Schema>, undefined> {
  const { signal, sessionId, steer = false, onEarlyReturn = "interrupt" } = options;
  const input = readPrompt(options.prompt);
  const schema = options.outputSchema === undefined ? null : readOutputSchema(options.outputSchema);
  const shaped = {
    ...options.turnParams,
    ...(schema !== null && { outputSchema: JSON.parse(schema.json) as unknown }),
  };
  const params = { ...host.params, allowUnknown: options.allowUnknown };
  // Checked before anything starts.
  const turnParams = mergedParams("turn/start", [host.defaults.turn, shaped], {}, params);
  const slots: { leave: () => void }[] = [];
  const wait = async (threadId: string): Promise<void> => {
    if (steer) return;
    const slot = host.queueOf(threadId).enter();
    slots.push(slot);
    await beforeAbort(slot.turn, signal);
  };
  let running: Running | null = null;
  try {
    if (signal?.aborted === true) throw new AbortError("The turn", signal.reason);
    if (sessionId !== undefined) await wait(sessionId);
    const threadId = await openThread(host, options, params);
    if (sessionId === undefined) await wait(threadId);
    yield readyEvent(threadId);
    const collector = new ResponseCollector(threadId);
    const stream = new TurnStream({ threadId, limit: host.maxBufferedEvents, idleMs: host.idleMs });
    const unsubscribe = host.router.add(stream);
    // The turn is known to the stream before its first event is, however close together they come.
    const onResult = (result: unknown): void => {
      const id = turnIdIn(result);
      if (id !== null) stream.begin(id);
    };
    const started = host.request("turn/start", { ...turnParams, threadId, input }, { onResult });
    running = { stream, unsubscribe, started };
    const turnId = turnIdOf(await beforeAbort(started, signal));
    for (;;) {
      const event = await beforeAbort(stream.next(), signal);
      if (event === null) break;
      collector.add(event);
      yield event;
    }
    return await collector.response(stream.turn, turnId, schema);
  } finally {
    const leave = (): void => slots.forEach((slot) => slot.leave());
    if (running === null) leave();
    else await leaveTurn(host, running, onEarlyReturn, leave);
  }
}

async function openThread(host: TurnHost, options: RunOptions, params: ParamOptions): Promise<string> {
  const { sessionId, threadParams, signal } = options;
  if (sessionId === undefined) {
    const merged = mergedParams(
      "thread/start",
      [knownOnly("thread/start", host.defaults.thread), threadParams],
      {},
      params,
    );
    const id = threadIdOf(await host.request("thread/start", merged, { signal }));
    if (id === null)
      throw new AppServerConnectionError(
        { reason: "The app-server started a thread without an id" },
        { method: "thread/start" },
      );
    host.threads.add(id);
    return id;
  }
  const layers = [knownOnly("thread/resume", host.defaults.thread), threadParams];
  const merged = mergedParams("thread/resume", [{ excludeTurns: true }, ...layers], { threadId: sessionId }, params);
  try {
    const id = threadIdOf(await host.request("thread/resume", merged, { signal })) ?? sessionId;
    host.threads.add(id);
    return id;
  } catch (error) {
    // One that was started and never used has no history to go on from, and needs none while it is loaded.
    const isFresh =
      error instanceof SessionNotFoundError && /no rollout found/.test(error.message) && host.threads.has(sessionId);
    if (!isFresh) throw error;
    return sessionId;
  }
}

/** After the last event, or when the reader leaves before it. Lets the next turn of the thread in once this one is over on the server. */
async function leaveTurn(
  host: TurnHost,
  running: Running,
  how: "interrupt" | "detach",
  leave: () => void,
): Promise<void> {
  const { stream, unsubscribe, started } = running;
  const { threadId } = stream;
  unsubscribe();
  stream.leave();
  if (stream.turn !== null || stream.lost) return leave();
  const end = endOfTurn(host.router, threadId);
  const finish = (): void => {
    end.stop();
    leave();
  };
  const turnId = stream.turnId ?? (await started.then(turnIdOf, () => null));
  if (turnId === null) return finish();
  if (how === "detach") return void end.over.then(finish);
  try {
    await host.request("turn/interrupt", { threadId, turnId }, { timeoutMs: lastWordsMs });
    await withinTime(end.over, lastWordsMs);
  } catch {
    // It was over already, or there is no server any more.
  }
  finish();
}

function endOfTurn(router: Router, threadId: string): { over: Promise<void>; stop: () => void } {
  let done = (): void => {};
  const over = new Promise<void>((resolve) => (done = resolve));
  const stop = router.add({
    offer: ({ method }, address) => method === "turn/completed" && address.threadId === threadId && done(),
    fail: () => done(),
    asked: () => {},
  });
  return { over, stop };
}

/** Gives up waiting when the signal says so; what is waited for goes on. */
async function beforeAbort<Result>(work: Promise<Result>, signal: AbortSignal | undefined): Promise<Result> {
  if (signal === undefined) return work;
  let aborted = (): void => {};
  const abort = new Promise<never>((_, reject) => {
    aborted = () => reject(new AbortError("The turn", signal.reason));
    if (signal.aborted) aborted();
    else signal.addEventListener("abort", aborted, { once: true });
  });
  work.catch(() => {});
  try {
    return await Promise.race([abort, work]);
  } finally {
    signal.removeEventListener("abort", aborted);
  }
}

function threadIdOf(result: unknown): string | null {
  const thread: unknown = isRecord(result) ? result["thread"] : null;
  const id: unknown = isRecord(thread) ? thread["id"] : null;
  return typeof id === "string" && id !== "" ? id : null;
}

function turnIdIn(result: unknown): string | null {
  const turn: unknown = isRecord(result) ? result["turn"] : null;
  const id: unknown = isRecord(turn) ? turn["id"] : null;
  return typeof id === "string" ? id : null;
}

function turnIdOf(result: unknown): string {
  const id = turnIdIn(result);
  if (id !== null) return id;
  throw new AppServerConnectionError(
    { reason: "The app-server started a turn without an id" },
    { method: "turn/start" },
  );
}
