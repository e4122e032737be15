/** What is shown of events that are neither answer nor tool, where they are wanted. */
import type { ResponseEvent } from "../events/response-event.ts";
import { textIn } from "../events/text.ts";

const marks: Record<string, string> = {
  "item/plan/delta": "plan",
  "turn/plan/updated": "turn.plan",
  "turn/diff/updated": "turn.diff",
  "thread/tokenUsage/updated": "usage",
  "thread/compacted": "context",
  "thread/name/updated": "thread.name",
};

export function systemLine({ type, messageText, raw }: ResponseEvent): string {
  const mark = markOf(type);
  const text = messageText ?? textIn(raw?.params);
  return mark === "event" || mark === "thread" || mark === "account"
    ? `[${mark}] ${[type, ...(text === null ? [] : [text])].join(": ")}`
    : `[${mark}]${text === null ? "" : ` ${text}`}`;
}

function markOf(type: string): string {
  if (Object.hasOwn(marks, type)) return marks[type]!;
  if (type.startsWith("codex/event/")) return `codex.${type.slice("codex/event/".length)}`;
  if (type.startsWith("thread/")) return "thread";
  if (type.startsWith("account/") || type === "authStatusChange") return "account";
  if (type.startsWith("item/")) return "item";
  return "event";
}
