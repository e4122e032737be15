import type { ThreadItem } from "../protocol/items.ts";
import type { ItemTimes, StoredTurn } from "../protocol/threads.ts";
import {
  arrayOf,
  isObject,
  type JsonObject,
  numberOr,
  objectOr,
  parseRolloutLine,
  stringOr,
} from "../protocol/codex-0.169/rollout.ts";
import { threadItemOf } from "../protocol/codex-0.169/rollout-items.ts";

const secondsToMs = (value: unknown): number | null => {
  const seconds = numberOr(value);
  return seconds === null ? null : seconds * 1000;
};

/** The transcript: what the event lines of a rollout tell of turns and their items. */
export class TurnList {
  readonly #turns = new Map<string, StoredTurn>();
  /** Most of a long file is items of the transcript, which few readers ask for. */
  #unread: string[] = [];
  #open: string | null = null;
  #current: StoredTurn | null = null;

  /** The turn that began and has no end. */
  get unfinished(): string | null {
    return this.#open;
  }

  get current(): string | null {
    return this.#current?.id ?? null;
  }

  finish(): StoredTurn[] {
    for (const text of this.#unread) {
      const line = parseRolloutLine(text);
      if (line) this.addEvent(line.payload);
    }
    this.#unread = [];
    return [...this.#turns.values()];
  }

  /** A line with an `item_completed` event. */
  addItemLine(text: string): void {
    this.#unread.push(text);
  }

  addEvent(payload: JsonObject): void {
    const turnId = stringOr(payload["turn_id"]);
    switch (payload["type"]) {
      case "task_started": {
        if (turnId === null) return;
        this.#current = this.#turn(turnId);
        this.#current.startedAtMs = secondsToMs(payload["started_at"]);
        this.#current.rootTurnId = stringOr(payload["root_turn_id"]) ?? turnId;
        this.#open = turnId;
        return;
      }
      case "task_complete":
      case "turn_aborted":
        this.#end(turnId ?? this.#open, payload);
        return;
      case "item_completed": {
        const item = isObject(payload["item"]) ? threadItemOf(payload["item"]) : null;
        if (item && turnId !== null) this.#put(this.#turn(turnId), item, timesOf(payload));
        return;
      }
      case "user_message":
        this.#legacyItem(legacyUserMessage(payload));
        return;
      case "agent_message":
        this.#legacyItem({ type: "agentMessage", id: "", text: stringOr(payload["message"]) ?? "" });
    }
  }

  #end(turnId: string | null, payload: JsonObject): void {
    if (turnId === null) return;
    const turn = this.#turn(turnId);
    turn.completedAtMs = secondsToMs(payload["completed_at"]);
    turn.durationMs = numberOr(payload["duration_ms"]);
    const aborted = payload["type"] === "turn_aborted";
    const error = objectOr(payload["error"]);
    turn.status = aborted ? "interrupted" : error ? "failed" : "completed";
    turn.error = error && { message: stringOr(error["message"]) ?? "", word: error["codex_error_info"] ?? null };
    if (this.#open === turnId) this.#open = null;
  }

  #turn(id: string): StoredTurn {
    let turn = this.#turns.get(id);
    if (!turn) {
      turn = {
        id,
        rootTurnId: id,
        status: "unfinished",
        items: [],
        times: [],
        startedAtMs: null,
        completedAtMs: null,
        durationMs: null,
        error: null,
      };
      this.#turns.set(id, turn);
    }
    return turn;
  }

  /** A command that outlived its turn is told again when it ends. */
  #put(turn: StoredTurn, item: ThreadItem, times: ItemTimes): void {
    const known = turn.items.findIndex((each) => each.id === item.id && each.type === item.type);
    const at = known === -1 ? turn.items.length : known;
    turn.items[at] = item;
    turn.times[at] = times;
  }

  /** Old files have neither turn nor item ids; each prompt without a turn opens one. */
  #legacyItem(item: ThreadItem): void {
    if (this.#open === null && item.type === "userMessage") {
      this.#current = this.#turn(`turn-${this.#turns.size + 1}`);
      this.#current.status = "completed";
    }
    this.#current ??= this.#turn("turn-1");
    const id = item.id || `${this.#current.id}-item-${this.#current.items.length + 1}`;
    this.#current.items.push({ ...item, id });
    this.#current.times.push({ startedAtMs: null, completedAtMs: null });
  }
}

const timesOf = (payload: JsonObject): ItemTimes => ({
  startedAtMs: numberOr(payload["started_at_ms"]),
  completedAtMs: numberOr(payload["completed_at_ms"]),
});

function legacyUserMessage(payload: JsonObject): ThreadItem {
  const strings = (key: string): string[] => arrayOf(payload[key]).filter((value) => typeof value === "string");
  return {
    type: "userMessage",
    id: "",
    content: [
      ...strings("images").map((url) => ({ type: "image" as const, url })),
      ...strings("local_images").map((path) => ({ type: "localImage" as const, path })),
      { type: "text", text: stringOr(payload["message"]) ?? "" },
    ],
  };
}
