import type { ThreadItem } from "../protocol/items.ts";
import type { StoredTurn } from "../protocol/threads.ts";
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
        this.#open = turnId;
        return;
      }
      case "task_complete":
      case "turn_aborted":
        this.#end(turnId ?? this.#open, payload);
        return;
      case "item_completed": {
        const item = isObject(payload["item"]) ? threadItemOf(payload["item"]) : null;
        if (item && turnId !== null) this.#put(this.#turn(turnId), item);
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
    const aborted = payload["type"] === "turn_aborted";
    turn.status = aborted ? "interrupted" : objectOr(payload["error"]) ? "failed" : "completed";
    if (this.#open === turnId) this.#open = null;
  }

  #turn(id: string): StoredTurn {
    let turn = this.#turns.get(id);
    if (!turn) {
      turn = { id, status: "unfinished", items: [], startedAtMs: null, completedAtMs: null };
      this.#turns.set(id, turn);
    }
    return turn;
  }

  /** A command that outlived its turn is told again when it ends. */
  #put(turn: StoredTurn, item: ThreadItem): void {
    const at = turn.items.findIndex((known) => known.id === item.id && known.type === item.type);
    if (at === -1) turn.items.push(item);
    else turn.items[at] = item;
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
  }
}

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
