import { bytesOfPath } from "../system/byte-paths.ts";
import { cleanLine } from "../system/terminal-text.ts";
import type { RewindReport, RewindScope } from "./rewind.ts";

const marks = { restore: "M", create: "A", delete: "D" } as const;
const some = (count: number, what: string): string => `${count} ${what}${count === 1 ? "" : "s"}`;
/** A name as it can be shown; bytes that are no text as `?`. */
const shown = (path: string): string => cleanLine(bytesOfPath(path).toString("utf8"));

/** What a rewind would do, or has done. */
export function reportLines(report: RewindReport, what: "rewind" | "undo"): string[] {
  const { scope, files, turns, conflicts, failed, notes, done } = report;
  const lines: string[] = [];
  const several = new Set([...files, ...conflicts].map(({ folder }) => folder)).size > 1;
  const place = (folder: string | null, path: string): string =>
    several && folder !== null ? `${shown(folder)}/${shown(path)}` : shown(path);
  const verb = what === "rewind" ? "taken back" : "brought back";
  const state = done ? (turns.length === 1 ? "was" : "were") : "would be";
  lines.push(
    `${some(turns.length, "turn")} ${state} ${verb} (${told[scope]}); ${report.kept} ${what === "rewind" ? "kept" : "in all"}.`,
  );
  for (const { text } of turns) lines.push(`  turn: ${cleanLine(text.split("\n")[0] ?? "").slice(0, 72)}`);
  if (scope !== "chat" && files.length === 0) lines.push("No file has to be changed.");
  for (const { folder, path, action } of files) lines.push(`  ${marks[action]} ${place(folder, path)}`);
  for (const { folder, path, why } of conflicts) {
    lines.push(path === null ? `! ${cleanLine(why)}` : `! ${place(folder, path)}: ${cleanLine(why)}`);
  }
  for (const { folder, path, why } of failed) lines.push(`failed: ${place(folder, path)}: ${cleanLine(why)}`);
  for (const note of notes) lines.push(`note: ${cleanLine(note)}`);
  return lines;
}

const told: Readonly<Record<RewindScope, string>> = {
  files: "files",
  chat: "conversation",
  both: "files and conversation",
};
