import type { InputElement } from "../../protocol/items.ts";
import type { StoredTurn, ThreadSummary } from "../../protocol/threads.ts";
import { cleanLine, cleanText, shortened } from "../../system/terminal-text.ts";

/** How stored threads look in lists and when they are opened again. */

const mostTurns = 20;

export const inputText = (content: readonly InputElement[]): string =>
  content
    .map((each) => (each.type === "text" ? each.text : each.type === "skill" ? `$${each.name} ` : "[image]"))
    .join("");

/** Name, else first words, of a thread; null when it has neither. */
export function titleOfThread({ name, preview }: ThreadSummary, limit = 48): string | null {
  const text = cleanLine(name ?? preview);
  return text === "" ? null : shortened(text, limit);
}

/** What was said, by turn. */
export function historyLines(turns: readonly StoredTurn[]): string[] {
  const from = Math.max(0, turns.length - mostTurns);
  const lines = from === 0 ? [] : [`(${from} earlier turns)`];
  turns.slice(from).forEach((turn, index) => {
    const number = from + index + 1;
    for (const item of turn.items) {
      if (item.type === "userMessage") lines.push(`[${number}]U> ${cleanText(inputText(item.content)).trimEnd()}`);
      if (item.type === "agentMessage" || item.type === "plan")
        lines.push(`[${number}]A> ${cleanText(item.text).trimEnd()}`);
    }
    if (turn.status === "interrupted" || turn.status === "failed") lines.push(`[${number}] ${turn.status}`);
  });
  return lines;
}

/** `2026-11-21 17:03`, local time. */
export function shortTime(ms: number): string {
  const date = new Date(ms);
  const two = (value: number): string => String(value).padStart(2, "0");
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}`;
}
