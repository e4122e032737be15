import { randomUUID } from "node:crypto";
import type { ThreadReadState } from "../../../protocol/codex-0.169/app-server/stored-threads.ts";
import type { ReadMark, ThreadNotes } from "../../../protocol/desk.ts";
import { messageOf } from "../../../protocol/errors.ts";
import type { AppServer } from "../app-server.ts";
import type { ThreadFeed } from "./thread-feed.ts";

export const wireReadState = ({ turnId, revision }: ReadMark): ThreadReadState => ({
  firstUnread: turnId === null ? null : { type: "turn", turnId },
  revision,
});

export const newRevision = (): string => randomUUID();

/** Tells everybody that a turn is there to be read, and keeps that behind their backs. */
export function markUnread(server: AppServer, feed: ThreadFeed, turnId: string): void {
  const { threadId, info } = feed;
  const { legacy, threadSource } = info.summary.origin;
  // What programs talk about, nobody waits to read.
  if (info.path === null || legacy || (threadSource !== null && threadSource !== "user")) return;
  const unread = { turnId: feed.notes?.unread.turnId ?? turnId, revision: newRevision() };
  const notes: ThreadNotes = {
    ...(feed.notes ?? { section: null, sectionEnteredAtMs: null, git: null, daybreak: null }),
    unread,
  };
  feed.notes = notes;
  server.tellAll({ method: "thread/readState/changed", params: { threadId, readState: wireReadState(unread) } });
  server.client.call("thread/annotate", { threadId, unread }).catch((error: unknown) => {
    server.tellFollowers(threadId, { method: "warning", params: { threadId, message: messageOf(error) } });
  });
}

/** Reads what is noted about a thread that was just opened from its file. */
export async function readNotes(server: AppServer, feed: ThreadFeed): Promise<void> {
  const { notes } = await server.client.call("thread/notes", { threadIds: [feed.threadId] });
  feed.notes = notes[0] ?? null;
}
