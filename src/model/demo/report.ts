import { permissionHint, plainReason, type Outcome } from "./outputs.ts";

/** What one step came to, in words and as facts for a structured answer. */
export interface Report {
  text: string;
  ok: boolean;
  /** What was found: entries, files, lines. */
  found: string[];
}

export const done = (text: string, found: string[] = []): Report => ({ text, ok: true, found });
export const failed = (text: string): Report => ({ text, ok: false, found: [] });

/** Why a call did not do its work; a refusal is called one, with what would allow it. */
export function problem(deed: string, outcome: Outcome): Report {
  const reason = plainReason(outcome.text);
  if (!outcome.refused) return failed(`I could not ${deed}: ${reason}`);
  const hint = permissionHint(reason);
  return failed(`I was not allowed to ${deed}. The refusal says: ${reason}${hint === "" ? "" : `\n${hint}`}`);
}

export const noTool = (deed: string): Report =>
  failed(`I could not ${deed}: no tool for it was offered to me in this session.`);

/** A few of many. */
export function some(values: readonly string[], limit: number): string {
  const rest = values.length - limit;
  return values.slice(0, limit).join(", ") + (rest > 0 ? `, and ${rest} more` : "");
}

export const count = (number: number, one: string, many = `${one}s`): string =>
  `${number} ${number === 1 ? one : many}`;

/** Text set off from the words around it, cut to some lines. */
export function excerpt(text: string, maxLines: number): string {
  const lines = text.split("\n");
  const shown = lines.slice(0, maxLines).map((line) => (line.length > 200 ? `${line.slice(0, 200)}…` : line));
  if (lines.length > maxLines) shown.push(`… (${count(lines.length - maxLines, "more line")})`);
  return shown.map((line) => `    ${line}`.trimEnd()).join("\n");
}
