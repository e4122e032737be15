import type { Client } from "../../client/client.ts";
import { AgentError } from "../../protocol/errors.ts";
import { cleanLine } from "../../system/terminal-text.ts";

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** The id that a user means by an id, a name, or `last`: the newest thread of the folder. */
export async function findThread(client: Client, thread: string, cwd: string): Promise<string> {
  if (uuid.test(thread)) return thread.toLowerCase();
  const named = await client.call("thread/find", { by: "name", name: thread });
  if (named.threadId !== null) return named.threadId;
  if (thread === "last") {
    const { threadId } = await client.call("thread/find", { by: "last", cwd });
    if (threadId !== null) return threadId;
    throw new AgentError(
      "thread_not_found",
      "this folder has no thread yet; codex-agent sessions list --all shows others",
    );
  }
  throw new AgentError("thread_not_found", `No active session found matching '${cleanLine(thread)}'.`);
}
