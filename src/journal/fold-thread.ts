import type { GoalState } from "../kernel/goals/goal.ts";
import type { MessageMark, StoredContext, StoredThread, ThreadMeta } from "../kernel/journal-port.ts";
import {
  arrayOf,
  codexLineTypes,
  isObject,
  type JsonObject,
  mergePatch,
  numberOr,
  objectOr,
  ownLineType,
  parseRolloutLine,
  peekLine,
  type RolloutLine,
  stringOr,
} from "../protocol/codex-0.169/rollout.ts";
import {
  hookContextKind,
  isNumbered,
  kindsOf,
  markOf,
  responseItemOf,
} from "../protocol/codex-0.169/rollout-response-items.ts";
import { decodeUsage } from "../protocol/codex-0.169/usage.ts";
import { isMessage, isToolCallOutput, messageText, type ResponseItem } from "../protocol/response-items.ts";
import { noUsage } from "../protocol/usage.ts";
import { ChildList } from "./child-list.ts";
import { goalLineType, goalOf } from "./lines/goal-line.ts";
import type { FileLine } from "./lines/read-lines.ts";
import { RequestOrder } from "./request-order.ts";
import { type RolloutFile, segmentId } from "./rollout-files.ts";
import { TurnList } from "./turn-list.ts";

/** A place between two lines of one file. */
export interface Place {
  path: string;
  segmentId: string;
  endOrdinal: number;
  endByte: number;
}

const itemCompleted = "event_msg item_completed";

/** Lines of which only the last one counts, or that few ask for: told apart by their first bytes, parsed later. */
const parsedLater = new Set([
  itemCompleted,
  "event_msg token_count",
  "event_msg thread_settings_applied",
  "token_usage_record",
  "turn_context",
]);

/** The state of a thread as a fold over its lines. */
export class ThreadFold {
  readonly warnings: string[] = [];
  /** Where each turn ends, for forks. */
  readonly turnEnds = new Map<string, Place>();
  readonly #order = new RequestOrder();
  readonly #turns = new TurnList();
  readonly #started = new Set<string>();
  readonly #children = new ChildList();
  /** By thread: a fork does not take over the goal of its source. */
  readonly #goals = new Map<string, GoalState | null>();
  readonly #last = new Map<string, string>();
  #worldState: JsonObject | null = null;
  #windowNumber = 0;
  #windowId: string | null = null;
  readonly #marks = new Map<string, MessageMark>();
  /** The first count after a compaction: undefined before one, null while there is none. */
  #firstUsage: string | null | undefined;
  #place: Place | null = null;
  #solid: Place | null = null;
  #damage = { lines: 0, first: 0 };

  /** Highest history sequence so far. */
  sequence = 0;
  /** Next number among what user and model said. */
  order = 0;
  nextOrdinal = 0;

  /** Behind the last line that counts. */
  get place(): Place | null {
    return this.#place;
  }

  /** False for a line at whose ordinal the past of a fork ends. */
  add(line: FileLine, file: RolloutFile, endOrdinal: number | null): boolean {
    const head = peekLine(line.text);
    const kind =
      head && (head.payloadType === null || head.type !== "event_msg" ? head.type : `${head.type} ${head.payloadType}`);
    if (head && kind && parsedLater.has(kind) && line.complete) {
      if (endOrdinal !== null && head.ordinal !== null && head.ordinal >= endOrdinal) return false;
      if (kind === itemCompleted) this.#turns.addItemLine(line.text);
      else this.#last.set(kind, line.text);
      if (kind === "token_usage_record" && this.#firstUsage === null) this.#firstUsage = line.text;
      this.#advance(head.ordinal, line, file, kind !== "event_msg thread_settings_applied");
      return true;
    }
    const parsed = parseRolloutLine(line.text);
    if (!parsed) {
      if (line.complete && this.#damage.lines++ === 0) this.#damage.first = line.start;
      return true;
    }
    if (endOrdinal !== null && parsed.ordinal !== null && parsed.ordinal >= endOrdinal) return false;
    this.#apply(parsed, file.threadId);
    this.#advance(codexLineTypes.has(parsed.type) ? parsed.ordinal : null, line, file, true);
    return true;
  }

  /** Called behind each file; puts damage into words. */
  endFile(path: string): void {
    const { lines, first } = this.#damage;
    if (lines > 0) {
      const what = lines === 1 ? "One line" : `${lines} lines`;
      this.warnings.push(
        `${what} of ${path} cannot be read (the first at byte ${first}); the rest of the thread is used without.`,
      );
    }
    this.#damage = { lines: 0, first: 0 };
  }

  finish(meta: ThreadMeta, name: string | null): StoredThread {
    if (this.#turns.current !== null && this.#place) this.turnEnds.set(this.#turns.current, this.#place);
    const count = objectOr(this.#lastPayload("event_msg token_count")?.["info"]);
    const record = this.#lastPayload("token_usage_record");
    const usage = decodeUsage(count?.["total_token_usage"]) ?? decodeUsage(record?.["thread_token_usage"]);
    const turns = this.#turns;
    return {
      meta,
      history: this.#order.finish(),
      sequence: this.sequence,
      usage: usage ?? { ...noUsage },
      lastUsage: decodeUsage(count?.["last_token_usage"]) ?? decodeUsage(record?.["usage"]),
      lastContext: contextOf(this.#lastPayload("turn_context")),
      worldState: this.#worldState,
      startedCalls: this.#started,
      children: this.#children.of(meta.id, this.#started),
      goal: this.#goals.get(meta.id) ?? null,
      unfinishedTurn: this.#turns.unfinished,
      windowNumber: this.#windowNumber,
      windowId: this.#windowId,
      tokensAfterCompaction: decodeUsage(payloadOf(this.#firstUsage)?.["usage"])?.totalTokens ?? null,
      marks: this.#marks,
      name,
      warnings: this.warnings,
      get turns() {
        return turns.finish();
      },
    };
  }

  #lastPayload(kind: string): JsonObject | null {
    return payloadOf(this.#last.get(kind));
  }

  #advance(ordinal: number | null, line: FileLine, file: RolloutFile, solid: boolean): void {
    if (ordinal !== null) this.nextOrdinal = ordinal + 1;
    // A fork can only begin behind a newline.
    if (!line.complete) return;
    this.#place = { path: file.path, segmentId: segmentId(file), endOrdinal: this.nextOrdinal, endByte: line.end };
    if (solid) this.#solid = this.#place;
  }

  #apply(line: RolloutLine, threadId: string): void {
    switch (line.type) {
      case "response_item":
        this.#addItem(line.payload, line.metadata);
        return;
      case "event_msg": {
        const current = this.#turns.current;
        const opens = line.payload["type"] === "task_started";
        if (opens && current !== null && this.#solid) this.turnEnds.set(current, this.#solid);
        this.#turns.addEvent(line.payload);
        // Reached only by lines that are laid out in another way than Codex does.
        if (line.payload["type"] === "token_count") this.#keepLast("event_msg token_count", line);
        return;
      }
      case "turn_context":
      case "token_usage_record":
        this.#keepLast(line.type, line);
        return;
      case "world_state": {
        const state = objectOr(line.payload["state"]) ?? {};
        this.#worldState = line.payload["full"] === true ? state : mergePatch(this.#worldState ?? {}, state);
        return;
      }
      case "compacted":
        this.#compact(line.payload);
        return;
      case ownLineType:
        if (line.payload["type"] === "call_started") this.#started.add(stringOr(line.payload["call_id"]) ?? "");
        else if (line.payload["type"] === goalLineType) this.#goals.set(threadId, goalOf(line.payload));
        this.#children.add(line.payload, threadId);
    }
  }

  #keepLast(kind: string, line: RolloutLine): void {
    this.#last.set(kind, JSON.stringify(line));
  }

  #addItem(payload: JsonObject, metadata: JsonObject | null): void {
    if (typeof payload["type"] !== "string" || payload["type"] === "ghost_snapshot") return;
    const item = responseItemOf(payload);
    this.#count(item, payload, metadata);
    // Codex keeps the head of its requests for some models; every request has one of its own here.
    if (item.type === "additional_tools" || kindsOf(payload)[0] === "model.base_instructions") return;
    // What a model said while it made a summary is in the summary, or nowhere when the program died first.
    if (metadata?.["compaction_output"] === true) return;
    this.#mark(payload, metadata, this.sequence);
    if (isToolCallOutput(item)) this.#started.delete(item.call_id);
    const hooked = kindsOf(payload).includes(hookContextKind);
    this.#order.add(item, numberOr(metadata?.["sampled_through_sequence"]), hooked);
  }

  #count(item: ResponseItem, payload: JsonObject, metadata: JsonObject | null): void {
    const sequence = numberOr(metadata?.["history_sequence"]);
    this.sequence = sequence === null ? this.sequence + 1 : Math.max(this.sequence, sequence);
    const order = numberOr(metadata?.["user_input_order"]);
    if (order !== null) this.order = Math.max(this.order, order + 1);
    else if (metadata === null && isNumbered(item, kindsOf(payload) as string[])) this.order++;
  }

  #compact(payload: JsonObject): void {
    const replacement = arrayOf(payload["replacement_history"]).filter(isObject);
    const metadata = arrayOf(payload["replacement_history_metadata"]).map(objectOr);
    for (const each of metadata) {
      this.sequence = Math.max(this.sequence, numberOr(each?.["history_sequence"]) ?? 0);
    }
    if (replacement.length > 0) this.#marks.clear();
    replacement.forEach((item, index) => this.#mark(item, metadata[index] ?? null, null));
    this.order = Math.max(this.order, numberOr(objectOr(payload["retained_context"])?.["next_order"]) ?? 0);
    this.#windowNumber = numberOr(payload["window_number"]) ?? this.#windowNumber + 1;
    this.#windowId = stringOr(payload["window_id"]);
    this.#firstUsage = null;
    const items =
      replacement.length > 0 ? replacement.map(responseItemOf) : this.#summarised(stringOr(payload["message"]));
    this.#order.replace(items);
    this.#started.clear();
  }

  #mark(payload: JsonObject, metadata: JsonObject | null, sequence: number | null): void {
    const id = payload["id"];
    if (payload["type"] !== "message" || payload["role"] === "assistant" || typeof id !== "string") return;
    this.#marks.set(id, markOf(payload, numberOr(metadata?.["history_sequence"]) ?? sequence));
  }

  /** Older files tell the summary alone: what the user said stays, and the summary follows. */
  #summarised(message: string | null): ResponseItem[] {
    const prompts = this.#order
      .finish()
      .filter((item) => isMessage(item) && item.role === "user" && messageText(item) !== "");
    if (message === null || message === "") return prompts;
    return [...prompts, { type: "message", role: "user", content: [{ type: "input_text", text: message }] }];
  }
}

const payloadOf = (line: string | null | undefined): JsonObject | null =>
  line === undefined || line === null ? null : (parseRolloutLine(line)?.payload ?? null);

function contextOf(payload: JsonObject | null): StoredContext | null {
  if (payload === null) return null;
  return {
    turnId: stringOr(payload["turn_id"]) ?? "",
    cwd: stringOr(payload["cwd"]) ?? "",
    model: stringOr(payload["model"]) ?? "",
    effort: stringOr(payload["effort"]),
    mode: objectOr(payload["collaboration_mode"])?.["mode"] === "plan" ? "plan" : "default",
    modeInstructions: stringOr(
      objectOr(objectOr(payload["collaboration_mode"])?.["settings"])?.["developer_instructions"],
    ),
    summary: stringOr(payload["summary"]),
    compactionHash: stringOr(payload["comp_hash"]),
    approvalPolicy: stringOr(payload["approval_policy"]) ?? "on-request",
    sandboxPolicy: objectOr(payload["sandbox_policy"]) ?? {},
  };
}
