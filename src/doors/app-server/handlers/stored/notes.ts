import type { ThreadReadState } from "../../../../protocol/codex-0.169/app-server/stored-threads.ts";
import { newRevision, wireReadState } from "../../feed/read-marks.ts";
import { refused } from "../../request-error.ts";
import { assertIdParam, assertThreadId } from "../../words/thread-ids.ts";
import { notLoaded, wireThread } from "../../words/threads.ts";
import type { Handlers } from "../handlers.ts";
import { readStored } from "./reading.ts";

type Methods = "thread/metadata/update" | "thread/readState/update";

const conflict = (readState: ThreadReadState): Error =>
  refused("read state changed", { reason: "readStateConflict", readState });

export const notes: Handlers<Methods> = {
  async "thread/metadata/update"({ threadId, gitInfo, daybreakEnabled, projectId }, { server }) {
    assertThreadId(threadId);
    if (gitInfo == null && daybreakEnabled === undefined && projectId === undefined) {
      throw refused("thread metadata update must include at least one field");
    }
    const given = Object.entries(gitInfo ?? {}).filter(([, value]) => value !== undefined);
    if (gitInfo != null && given.length === 0) throw refused("gitInfo must include at least one field");
    const empty = given.find(([, value]) => value === "");
    if (empty !== undefined) throw refused(`gitInfo.${empty[0]} must not be empty`);
    const feed = server.feedOf(threadId);
    if (feed !== null && feed.info.path === null) {
      throw refused(`ephemeral thread does not support metadata updates: ${threadId}`);
    }
    const stored = await readStored(server, threadId);
    if (stored === null && feed === null) throw refused(`thread not found: ${threadId}`);
    if (projectId != null) throw refused(`project not found: ${projectId}`);
    const { notes: noted } = await server.client.call("thread/annotate", {
      threadId,
      ...(given.length > 0 && { git: Object.fromEntries(given) }),
      ...(daybreakEnabled !== undefined && { daybreak: daybreakEnabled }),
    });
    if (feed !== null) feed.notes = { ...noted, unread: feed.notes?.unread ?? noted.unread };
    const { model = null, reasoningEffort = null } = stored ?? {};
    const state = feed === null ? { ...notLoaded, model, reasoningEffort } : feed.state;
    const thread = wireThread(stored?.thread ?? feed!.info.summary, state, noted);
    return { thread: { ...thread, canAcceptDirectInput: null } };
  },

  async "thread/readState/update"({ threadId, expectedRevision, operation }, { server, after }) {
    assertIdParam(threadId);
    const stored = await readStored(server, threadId);
    if (stored === null) throw refused(`thread not loaded: ${threadId}`);
    const feed = server.feedOf(threadId);
    const known = feed?.notes?.unread;
    if (known !== undefined && known.revision !== expectedRevision) throw conflict(wireReadState(known));
    const turnId = operation.type === "read" ? null : (stored.turns.at(-1)?.id ?? null);
    const unread = { turnId, revision: newRevision(), expected: expectedRevision };
    const { notes: noted, changed } = await server.client.call("thread/annotate", { threadId, unread });
    const readState = wireReadState(noted.unread);
    if (!changed) throw conflict(readState);
    if (feed !== null) feed.notes = noted;
    after(() => server.tellAll({ method: "thread/readState/changed", params: { threadId, readState } }));
    return { readState };
  },
};
