import type { StoredThread } from "../kernel/journal-port.ts";
import type { ThreadSummary } from "../protocol/threads.ts";

/** The head of a thread that was read whole, as lists show it. */
export function summaryOf({ meta, name, turns }: StoredThread): ThreadSummary {
  const { id, path, cwd, modelProvider, createdAtMs } = meta;
  const times = turns.flatMap(({ startedAtMs, completedAtMs }) => [startedAtMs ?? 0, completedAtMs ?? 0]);
  const updatedAtMs = Math.max(createdAtMs, ...times.slice(-2));
  return { id, path, cwd, name, preview: firstPrompt(turns), modelProvider, createdAtMs, updatedAtMs };
}

function firstPrompt(turns: StoredThread["turns"]): string {
  for (const item of turns.flatMap((turn) => turn.items)) {
    if (item.type === "userMessage") return textOf(item.content);
  }
  return "";
}

export const textOf = (content: readonly { type: string; text?: string }[]): string =>
  content.map((element) => (element.type === "text" ? (element.text ?? "") : "")).join("");
