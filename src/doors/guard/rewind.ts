import { reportLines } from "../../protocol/rewind-lines.ts";
import type { RewindReport, RewindScope } from "../../protocol/rewind.ts";
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

const reportText = (report: RewindReport, what: "rewind" | "undo"): string =>
  [...reportLines(report, what), ...nextSteps(report, what)].join("\n");

function nextSteps({ threadId, conflicts, done }: RewindReport, what: "rewind" | "undo"): string[] {
  if (conflicts.length > 0 && !done) {
    return [
      conflicts.some(({ canOverwrite }) => canOverwrite)
        ? "Nothing was changed. --overwrite goes on all the same, --chat takes back the conversation alone."
        : "Nothing was changed. --overwrite leaves these as they are and does the rest.",
    ];
  }
  return done && what === "rewind" ? [`codex-agent rewind ${threadId} --undo brings it back.`] : [];
}
