import type { Turn } from "../../../protocol/codex-0.169/app-server/common.ts";
import type { ThreadItem as WireItem } from "../../../protocol/codex-0.169/app-server/items.ts";
import type { Notification } from "../../../protocol/codex-0.169/app-server/methods.ts";
import type { AgentEvent } from "../../../protocol/events.ts";
import { turnError } from "../words/errors.ts";
import { acceptedTurn, seconds } from "../words/threads.ts";

type TurnEnd = Extract<AgentEvent, { type: "turn.completed" | "turn.failed" | "turn.interrupted" }>;

/** A turn while it runs, with what its clients have seen of it. */
export class RunningTurn {
  readonly id: string;
  /** The turn of a user that it all began with. */
  readonly rootTurnId: string;
  readonly startedAtMs: number;
  readonly #items = new Map<string, WireItem>();
  /** Parts of a reasoning item's summary that have been told of, by the item's id. */
  readonly #parts = new Map<string, number>();

  constructor(id: string, rootTurnId = id, startedAtMs = Date.now()) {
    this.id = id;
    this.rootTurnId = rootTurnId;
    this.startedAtMs = startedAtMs;
  }

  /** Before anything of it is told. */
  get accepted(): Turn {
    return { ...acceptedTurn(this.id, this.startedAtMs), rootTurnId: this.rootTurnId };
  }

  /** The turn as it stands: what has begun and what has ended, in order. */
  get snapshot(): Turn {
    return { ...this.accepted, items: [...this.#items.values()], itemsView: "full" };
  }

  keep(item: WireItem): void {
    this.#items.set(item.id, item);
  }

  addText(itemId: string, delta: string): void {
    const item = this.#items.get(itemId);
    if (item?.type === "agentMessage" || item?.type === "plan") item.text += delta;
  }

  /** Whether this part of a summary is told of for the first time. */
  beginsPart(itemId: string, index: number): boolean {
    if ((this.#parts.get(itemId) ?? -1) >= index) return false;
    this.#parts.set(itemId, index);
    return true;
  }

  ended(event: TurnEnd, view: "full" | "summary"): Turn {
    const items = [...this.#items.values()];
    const last = items.findLast(({ type }) => type === "agentMessage");
    const summary = last === undefined || event.type !== "turn.completed" ? [] : [last];
    return {
      ...this.accepted,
      items: view === "full" ? items : summary,
      itemsView: view === "full" ? "full" : summary.length > 0 ? "summary" : "notLoaded",
      status: event.type === "turn.completed" ? "completed" : event.type === "turn.failed" ? "failed" : "interrupted",
      error: event.type === "turn.failed" ? turnError(event.error) : null,
      completedAt: seconds(this.startedAtMs + event.durationMs),
      durationMs: event.durationMs,
    };
  }

  endNotifications(event: TurnEnd): Notification[] {
    const { threadId, turnId } = event;
    const end: Notification = {
      method: "turn/completed",
      params: { threadId, turn: this.ended(event, "summary") },
    };
    if (event.type !== "turn.failed") return [end];
    const error = turnError(event.error);
    return [{ method: "error", params: { error, willRetry: false, threadId, turnId } }, end];
  }
}
