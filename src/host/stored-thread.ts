import { originOf, originOfNew } from "../kernel/thread-origin.ts";
import type { NewThread, StoredThread } from "../kernel/journal-port.ts";
import type { ThreadSummary } from "../protocol/threads.ts";

/** The head of a thread that was read whole, as lists show it. */
export function summaryOf({ meta, name, turns }: StoredThread): ThreadSummary {
  const { id, path, cwd, modelProvider, createdAtMs } = meta;
  const origin = originOf(meta);
  const times = turns.flatMap(({ startedAtMs, completedAtMs }) => [startedAtMs ?? 0, completedAtMs ?? 0]);
  const updatedAtMs = Math.max(createdAtMs, ...times.slice(-2));
  return { id, origin, path, cwd, name, preview: firstPrompt(turns), modelProvider, createdAtMs, updatedAtMs };
}

/** Of a thread that nothing was said in yet. */
export const newSummary = (thread: NewThread, path: string | null, now: number): ThreadSummary => ({
  id: thread.id,
  origin: originOfNew(thread),
  path,
  cwd: thread.cwd,
  name: null,
  preview: "",
  modelProvider: thread.modelProvider,
  createdAtMs: now,
  updatedAtMs: now,
});

function firstPrompt(turns: StoredThread["turns"]): string {
  for (const item of turns.flatMap((turn) => turn.items)) {
    if (item.type === "userMessage") return textOf(item.content);
  }
  return "";
}

export const textOf = (content: readonly { type: string; text?: string }[]): string =>
  content.map((element) => (element.type === "text" ? (element.text ?? "") : "")).join("");
