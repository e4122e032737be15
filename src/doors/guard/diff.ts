import type { DiffReport } from "../../protocol/rewind.ts";
import { bytesOfPath } from "../../system/byte-paths.ts";
import { cleanLine, cleanText } from "../../system/terminal-text.ts";
import { findThread } from "./find-thread.ts";
import { withClient } from "./with-client.ts";

/** `codex-agent diff THREAD`. At a terminal nothing in the files can steer it; elsewhere the bytes are as they are. */
export function diffDoor(thread: string, turn: number | string | null, json: boolean): Promise<number> {
  return withClient(async (client) => {
    const threadId = await findThread(client, thread, process.cwd());
    const report = await client.call("thread/diff", { threadId, ...(turn !== null && { turn }) });
    if (json) process.stdout.write(`${JSON.stringify(report)}\n`);
    else show(report);
    return 0;
  });
}

function show({ diff, notes }: DiffReport): void {
  for (const note of notes) process.stderr.write(`note: ${cleanLine(note)}\n`);
  const bytes = bytesOfPath(diff);
  if (diff === "") process.stderr.write("No file was changed.\n");
  else if (process.stdout.isTTY) process.stdout.write(cleanText(bytes.toString("utf8")));
  else process.stdout.write(bytes);
}
