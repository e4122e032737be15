import type { StoredThread } from "../../src/kernel/journal-port.ts";
import type { AgentEvent } from "../../src/protocol/events.ts";
import type { ThreadItem } from "../../src/protocol/items.ts";
import { isToolCall, isToolCallOutput, type ResponseItem } from "../../src/protocol/response-items.ts";
import type { Effect } from "../../src/tools/tool.ts";

/** What a turn had shown when it was said to be over. */
interface ToldTurn {
  status: "completed" | "failed" | "interrupted";
  items: Map<string, string>;
}

/** Everything outside of the machine: what somebody was told, and what commands did to the world. It forgets nothing. */
export class Client {
  readonly faults: string[] = [];
  /** Damage that the thread keeps: said when it is opened, and harmless. */
  holes = 0;
  readonly #items = new Map<string, Map<string, string>>();
  readonly #ended = new Map<string, ToldTurn>();
  readonly #runs = new Map<string, { count: number; effect: Effect }>();

  /** Whether the thread has to be there from now on. */
  get holdsPromises(): boolean {
    return this.#ended.size > 0 || [...this.#runs.values()].some(({ effect }) => effect === "once");
  }

  get turns(): number {
    return this.#ended.size;
  }

  fault(what: string): void {
    this.faults.push(what);
  }

  hear(event: AgentEvent): void {
    if (event.type === "item.completed") {
      const items = this.#items.get(event.turnId) ?? new Map<string, string>();
      this.#items.set(event.turnId, items.set(event.item.id, textOf(event.item)));
    } else if (event.type === "turn.completed" || event.type === "turn.failed" || event.type === "turn.interrupted") {
      const status = event.type.slice("turn.".length) as ToldTurn["status"];
      this.#ended.set(event.turnId, { status, items: this.#items.get(event.turnId) ?? new Map() });
      if (event.type === "turn.failed") this.fault(`turn ${event.turnId} failed: ${event.error.message}`);
    }
  }

  /** A tool began to work. */
  ran(callId: string, effect: Effect): void {
    const run = this.#runs.get(callId) ?? { count: 0, effect };
    if (++run.count > 1) this.fault(`${callId} (${effect}) was started ${run.count} times`);
    this.#runs.set(callId, run);
  }

  /** What must be found when the thread is opened, before anything is added to it. */
  checkThread(thread: StoredThread, fileText: string): void {
    const turns = new Map(thread.turns.map((turn) => [turn.id, turn]));
    for (const [id, told] of this.#ended) {
      const turn = turns.get(id);
      if (turn?.status !== told.status) this.fault(`turn ${id} was ${told.status} and is ${turn?.status ?? "gone"}`);
      const kept = new Map(turn?.items.map((item) => [item.id, textOf(item)]));
      for (const [item, text] of told.items) {
        if (kept.get(item) !== text) this.fault(`turn ${id} has lost item ${item}`);
      }
    }
    const started = startsIn(fileText);
    for (const [callId, { effect }] of this.#runs) {
      if (effect !== "once") continue;
      if (!started.has(callId)) {
        this.fault(`${callId} was started, and the disk does not know`);
      }
      if (!thread.history.some((item) => isToolCall(item) && item.call_id === callId)) {
        this.fault(`${callId} was started, and its call is lost`);
      }
      const answered = thread.history.some((item) => isToolCallOutput(item) && item.call_id === callId);
      if (answered === thread.startedCalls.has(callId)) this.fault(`${callId} is both open and answered, or neither`);
    }
  }

  /** What a provider accepts: every call has one output, behind it. */
  checkRequest(input: readonly ResponseItem[]): void {
    const open = new Set<string>();
    const closed = new Set<string>();
    for (const item of input) {
      if (isToolCall(item)) {
        if (open.has(item.call_id) || closed.has(item.call_id)) this.fault(`request: ${item.call_id} twice`);
        open.add(item.call_id);
      } else if (isToolCallOutput(item)) {
        if (!open.delete(item.call_id)) this.fault(`request: output without call, or twice: ${item.call_id}`);
        closed.add(item.call_id);
      }
    }
    for (const callId of open) this.fault(`request: ${callId} has no output`);
    for (const [callId, { effect }] of this.#runs) {
      if (effect === "once" && !closed.has(callId)) this.fault(`request: ${callId} was started and is not there`);
    }
  }
}

/** Whatever the order of its keys. */
const textOf = (item: ThreadItem): string =>
  JSON.stringify(Object.entries(item).sort(([one], [other]) => (one < other ? -1 : 1)));

const startsIn = (fileText: string): Set<string> =>
  new Set([...fileText.matchAll(/"type":"call_started",[^\n]*?"call_id":"(\w+)"/g)].map((found) => found[1]!));

/** A line that a power cut left in the file for good. */
export const holesIn = (text: string): number => text.split("\n").filter((line) => line.includes("\0")).length;

/** A file that every reader takes: whole lines, numbered without a gap but for holes, one output a call. */
export function fileFaults(text: string): string[] {
  const faults: string[] = [];
  const outputs = new Set<string>();
  let next: number | null = null;
  if (!text.endsWith("\n")) faults.push("the file has no newline at its end");
  for (const line of text.trimEnd().split("\n")) {
    if (line.includes("\0")) {
      next = null;
      continue;
    }
    let parsed: { type: string; ordinal?: number; payload: Record<string, unknown> };
    try {
      parsed = JSON.parse(line) as typeof parsed;
    } catch {
      faults.push(`the file has a line that is none: ${JSON.stringify(line.slice(0, 60))}`);
      continue;
    }
    const { type, ordinal, payload } = parsed;
    if (type === "codex_agent") continue;
    // A fork begins with the number behind its past.
    next ??= ordinal ?? -1;
    if (ordinal !== next) faults.push(`line ${next} of the file is numbered ${ordinal}`);
    next++;
    if (!String(payload["type"]).endsWith("_output")) continue;
    const callId = String(payload["call_id"]);
    if (outputs.has(callId)) faults.push(`two outputs of ${callId}`);
    outputs.add(callId);
  }
  return faults;
}
