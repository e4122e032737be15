import type { Client } from "../../client/client.ts";
import { AgentError } from "../../protocol/errors.ts";
import type { StoredTurn, ThreadSummary } from "../../protocol/threads.ts";
import { itemLines } from "./item-lines.ts";
import { historyLines, inputText, shortTime, titleOfThread } from "./stored-turns.ts";
import { cleanLine, cleanText } from "../../system/terminal-text.ts";

export type SessionsRequest = { json: boolean } & (
  | { action: "list"; all: boolean; archived: boolean; limit: number }
  | { action: "show" | "archive" | "unarchive"; thread: string }
  | { action: "export"; thread: string; withSecrets: boolean }
  | { action: "rename"; thread: string; name: string }
  | { action: "delete"; thread: string; force: boolean }
);

export interface SessionsPlace {
  stdout(text: string): void;
  /** Asks the person; null where nobody is there. */
  confirm: ((question: string) => Promise<boolean>) | null;
  cwd: string;
  /** What leaves for readers elsewhere leaves without secrets. */
  withoutSecrets<Value>(value: Value): Promise<Value>;
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Works on stored threads; resolves to the exit code. */
export async function runSessions(client: Client, request: SessionsRequest, place: SessionsPlace): Promise<number> {
  const say = (value: Record<string, unknown>, text: string): void =>
    place.stdout(`${request.json ? JSON.stringify(value) : text}\n`);
  switch (request.action) {
    case "list": {
      const { limit, all, archived } = request;
      const page = await client.call("thread/list", { limit, archived, cwd: all ? null : place.cwd });
      say({ ...page }, listText(page.threads, all));
      return 0;
    }
    case "show": {
      const threadId = await idOf(client, request.thread);
      const read = await client.call("thread/read", { threadId });
      say(read, showText(read.thread, read.turns));
      return 0;
    }
    case "export": {
      const threadId = await idOf(client, request.thread);
      const read = await client.call("thread/read", { threadId });
      const { thread, turns } = request.withSecrets ? read : await place.withoutSecrets(read);
      say({ thread, turns }, markdown(thread, turns));
      return 0;
    }
    case "archive":
    case "unarchive": {
      const archived = request.action === "unarchive";
      const threadId = await idOf(client, request.thread, archived);
      await client.call(archived ? "thread/unarchive" : "thread/archive", { threadId });
      say({ threadId, archived: !archived }, `${archived ? "Unarchived" : "Archived"} session ${threadId}.`);
      return 0;
    }
    case "rename": {
      const threadId = await idOf(client, request.thread);
      const name = cleanLine(request.name);
      if (name === "") throw new AgentError("usage", "the name is empty");
      await client.call("thread/rename", { threadId, name });
      say({ threadId, name }, `Renamed session ${threadId}: ${name}`);
      return 0;
    }
    case "delete":
      return remove(client, request.thread, request.force, place, say);
  }
}

async function remove(
  client: Client,
  thread: string,
  force: boolean,
  place: SessionsPlace,
  say: (value: Record<string, unknown>, text: string) => void,
): Promise<number> {
  if (force && !uuid.test(thread)) {
    throw new AgentError("usage", "Error: --force requires a session UUID; names must be confirmed interactively");
  }
  const threadId = await idOf(client, thread);
  if (!force) {
    if (place.confirm === null) {
      throw new AgentError(
        "usage",
        "Error: cannot confirm session deletion without an interactive terminal; rerun with --force and a session UUID",
      );
    }
    const read = await client.call("thread/read", { threadId });
    const title = titleOfThread(read.thread) ?? "untitled";
    if (!(await place.confirm(`Delete session ${threadId} (${title}) for ever? [y/N] `))) {
      say({ threadId, deleted: false }, "Nothing was deleted.");
      return 1;
    }
  }
  await client.call("thread/delete", { threadId });
  say({ threadId, deleted: true }, `Deleted session ${threadId}.`);
  return 0;
}

/** Of a name: the thread among the active ones, then among those put away. */
async function idOf(client: Client, thread: string, archivedOnly = false): Promise<string> {
  if (uuid.test(thread)) return thread.toLowerCase();
  for (const archived of archivedOnly ? [true] : [false, true]) {
    const { threadId } = await client.call("thread/find", { by: "name", name: thread, archived });
    if (threadId !== null) return threadId;
  }
  const which = archivedOnly ? "archived" : "active or archived";
  throw new AgentError("thread_not_found", `No ${which} session found matching '${cleanLine(thread)}'.`);
}

function listText(threads: readonly ThreadSummary[], all: boolean): string {
  if (threads.length === 0) return all ? "No sessions." : "No sessions of this folder; --all shows those of all.";
  return threads
    .map((thread) => {
      const where = all ? `  ${cleanLine(thread.cwd)}` : "";
      return `${thread.id}  ${shortTime(thread.updatedAtMs)}  ${titleOfThread(thread, 72) ?? "untitled"}${where}`;
    })
    .join("\n");
}

function headText(thread: ThreadSummary): string[] {
  return [
    `id: ${thread.id}`,
    `folder: ${cleanLine(thread.cwd)}`,
    `begun: ${shortTime(thread.createdAtMs)}`,
    `file: ${cleanLine(thread.path ?? "none")}`,
  ];
}

const showText = (thread: ThreadSummary, turns: readonly StoredTurn[]): string =>
  [`Session: ${titleOfThread(thread) ?? "untitled"}`, ...headText(thread), "", ...historyLines(turns)].join("\n");

/** The transcript for readers elsewhere. */
function markdown(thread: ThreadSummary, turns: readonly StoredTurn[]): string {
  const style = { colour: false, cwd: thread.cwd, nameOf: (threadId: string) => threadId };
  const parts = [
    `# ${titleOfThread(thread, 120) ?? "Untitled"}`,
    headText(thread)
      .map((line) => `- ${line}`)
      .join("\n"),
  ];
  for (const item of turns.flatMap((turn) => turn.items)) {
    if (item.type === "userMessage") parts.push("## User", cleanText(inputText(item.content)).trimEnd());
    else if (item.type === "agentMessage" || item.type === "plan")
      parts.push("## Agent", cleanText(item.text).trimEnd());
    else {
      const lines = itemLines(item, style);
      if (lines !== null) parts.push(indented(lines));
    }
  }
  return parts.join("\n\n");
}

const indented = (text: string): string =>
  text
    .split("\n")
    .map((line) => `    ${line}`)
    .join("\n");
