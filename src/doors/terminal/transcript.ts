import type { AgentEvent } from "../../protocol/events.ts";
import type { ThreadItem } from "../../protocol/items.ts";
import { paint, type Display } from "./display.ts";
import { countdownText } from "../../protocol/retries.ts";
import { busyText, eventLine, itemLines, runningLine, type LineStyle } from "./item-lines.ts";
import { cleanLine, cleanText, shortened, TextFilter } from "../../system/terminal-text.ts";

/** Shows the events of one thread as they come. */
export class Transcript {
  readonly #display: Display;
  readonly #style: LineStyle;
  /** The message that is being streamed. */
  /** Messages and plans of which something was shown as it came. */
  readonly #told = new Set<string>();
  #streamed: { itemId: string; filter: TextFilter; shown: boolean } | null = null;
  /** Lines that wait for the end of the message, so that they do not cut it. */
  #held: string[] = [];
  /** Items under way, in order; the last one is what the status tells. */
  readonly #open = new Map<string, ThreadItem>();
  /** What is said of a wait for the provider, while there is one. */
  #wait: string | null = null;
  /** Texts that were typed here and not taken yet, with whether that is said when it happens. */
  readonly #typed: { text: string; tell: boolean }[] = [];

  constructor(display: Display, style: LineStyle) {
    this.#display = display;
    this.#style = style;
  }

  /** Commands that run without a call that waits for them. */
  get runningCommands(): Extract<ThreadItem, { type: "commandExecution" }>[] {
    return [...this.#open.values()].filter((item) => item.type === "commandExecution");
  }

  /** What happens now, in a few words; null when nothing does. */
  get busy(): string | null {
    if (this.#wait !== null) return this.#wait;
    const words = [...this.#open.values()].map(busyText).filter((text) => text !== null);
    return words.at(-1) ?? null;
  }

  /** A text was typed here: its message need not be shown again. `tell`: it waits, and that it was read is news. */
  typed(text: string, tell: boolean): void {
    this.#typed.push({ text, tell });
  }

  /** It was not taken after all. */
  untyped(text: string): void {
    const at = this.#typed.findLastIndex((typed) => typed.text === text);
    if (at !== -1) this.#typed.splice(at, 1);
  }

  line(text: string): void {
    if (this.#streamed?.shown === true) this.#held.push(text);
    else this.#display.print(text);
  }

  /** Whatever waits is shown now: something below needs an answer. */
  settle(): void {
    for (const text of this.#held.splice(0)) this.#display.print(text);
  }

  accept(event: AgentEvent): void {
    this.#wait = event.type === "retry.countdown" ? countdownText(event) : null;
    switch (event.type) {
      case "item.started":
        this.#open.set(event.item.id, event.item);
        return;
      case "item.completed":
        this.#open.delete(event.item.id);
        return this.#completed(event.item);
      case "message.delta":
      case "plan.delta":
        return this.#delta(event.itemId, event.delta);
      case "retry.scheduled":
        this.#broken();
        break;
      case "turn.completed":
      case "turn.failed":
      case "turn.interrupted":
        this.#endTurn();
        break;
    }
    const line = eventLine(event, this.#style);
    if (line !== null) this.line(line);
  }

  #delta(itemId: string, delta: string): void {
    if (!this.#display.live) return;
    if (this.#streamed?.itemId !== itemId) {
      this.#endMessage();
      this.#streamed = { itemId, filter: new TextFilter(), shown: false };
    }
    const text = this.#streamed.filter.push(delta);
    if (text === "") return;
    const marker = this.#streamed.shown ? "" : this.#marker("assistant");
    this.#streamed.shown = true;
    this.#told.add(itemId);
    this.#display.stream(marker + text);
  }

  #completed(item: ThreadItem): void {
    switch (item.type) {
      case "userMessage":
        return this.#userMessage(
          item.content
            .map((each) => (each.type === "text" ? each.text : each.type === "mention" ? "" : "[image]"))
            .join(""),
        );
      case "agentMessage":
      case "plan": {
        if (!this.#told.delete(item.id) && item.text.trim() !== "")
          this.line(`${this.#marker("assistant")}${cleanText(item.text).trimEnd()}`);
        return this.#endMessage();
      }
      default: {
        const lines = itemLines(item, this.#style);
        if (lines !== null) this.line(lines);
      }
    }
  }

  #userMessage(text: string): void {
    const at = this.#typed.findIndex((typed) => typed.text === text);
    const [typed] = at === -1 ? [] : this.#typed.splice(at, 1);
    if (typed === undefined) return this.line(`${this.#marker("user")}${cleanText(text)}`);
    if (typed.tell) this.line(steerLine(this.#style, "inserted", text));
  }

  /** The model begins anew: what it had said is not part of the thread. */
  #broken(): void {
    if (this.#streamed?.shown === true)
      this.#display.stream(paint(this.#style.colour, "dim", " [cut off, and dropped]"));
    this.#open.forEach((item, id) => {
      if (item.type === "agentMessage" || item.type === "plan" || item.type === "reasoning") this.#open.delete(id);
    });
    this.#endMessage();
  }

  #endMessage(): void {
    if (this.#streamed?.shown === true) this.#display.endStream();
    this.#streamed = null;
    this.settle();
  }

  #endTurn(): void {
    this.#endMessage();
    for (const [id, item] of this.#open) {
      // Only commands go on without their turn.
      if (item.type === "commandExecution") this.line(runningLine(item, this.#style));
      else this.#open.delete(id);
    }
  }

  #marker(who: string): string {
    return `${paint(this.#style.colour, "marker", `${who}>`)} `;
  }
}

export const steerLine = (style: Pick<LineStyle, "colour">, what: "queued" | "inserted", text: string): string =>
  `${paint(style.colour, "status", "[steer]")} ${what}: ${shortened(cleanLine(text), 72)}`;
