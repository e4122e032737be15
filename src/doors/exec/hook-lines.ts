import type { HookRun } from "../../protocol/hooks.ts";

/** What a person should know of a hook that has ended: nothing of one that did what it is there for. */
export function hookLines({ eventName, status, entries }: HookRun): string[] {
  const name = eventName.charAt(0).toUpperCase() + eventName.slice(1);
  const lines = entries.flatMap(({ kind, text }) => (kind === "warning" ? [`hook: ${name}: ${text}`] : []));
  if (status === "completed" || status === "running") return lines;
  const why = entries.find(({ kind }) => kind === "feedback" || kind === "stop" || kind === "error")?.text ?? "";
  return [...lines, `hook: ${name} ${status}${why === "" ? "" : `: ${why}`}`];
}
