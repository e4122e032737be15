import type { RewindReport, RewindScope } from "../../protocol/rewind.ts";
import { bytesOfPath } from "../../system/byte-paths.ts";
import { cleanLine } from "../../system/terminal-text.ts";
import { findThread } from "./find-thread.ts";
import { withClient } from "./with-client.ts";

export interface RewindFlags {
  readonly preview: boolean;
  readonly overwrite: boolean;
  readonly json: boolean;
}

/** `codex-agent rewind THREAD --to N`. Resolves to the exit code: 1 where something is in the way. */
export function rewindDoor(
  thread: string,
  to: number | string,
  scope: RewindScope,
  flags: RewindFlags,
): Promise<number> {
  return withClient(async (client) => {
    const threadId = await findThread(client, thread, process.cwd());
    const { preview, overwrite } = flags;
    return tell(await client.call("thread/rewind", { threadId, to, scope, preview, overwrite }), flags, "rewind");
  });
}

/** `codex-agent rewind THREAD --undo`. */
export function undoDoor(thread: string, flags: RewindFlags): Promise<number> {
  return withClient(async (client) => {
    const threadId = await findThread(client, thread, process.cwd());
    const { preview, overwrite } = flags;
    return tell(await client.call("thread/rewind/undo", { threadId, preview, overwrite }), flags, "undo");
  });
}

function tell(report: RewindReport, { preview, json }: RewindFlags, what: "rewind" | "undo"): number {
  if (json) process.stdout.write(`${JSON.stringify(report)}\n`);
  else process.stdout.write(`${reportText(report, what)}\n`);
  return (report.done || preview) && report.failed.length === 0 ? 0 : 1;
}

const marks = { restore: "M", create: "A", delete: "D" } as const;
const some = (count: number, what: string): string => `${count} ${what}${count === 1 ? "" : "s"}`;
/** A name as it can be shown; bytes that are no text as `?`. */
const shown = (path: string): string => cleanLine(bytesOfPath(path).toString("utf8"));

export function reportText(report: RewindReport, what: "rewind" | "undo"): string {
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
  if (conflicts.length > 0 && !done) {
    lines.push(
      conflicts.some(({ canOverwrite }) => canOverwrite)
        ? "Nothing was changed. --overwrite goes on all the same, --chat takes back the conversation alone."
        : "Nothing was changed. --overwrite leaves these as they are and does the rest.",
    );
  } else if (done && what === "rewind") {
    lines.push(`codex-agent rewind ${report.threadId} --undo brings it back.`);
  }
  return lines.join("\n");
}

const told: Readonly<Record<RewindScope, string>> = {
  files: "files",
  chat: "conversation",
  both: "files and conversation",
};
