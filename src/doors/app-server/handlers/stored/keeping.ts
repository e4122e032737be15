import { errorInfo } from "../../../../protocol/errors.ts";
import type { ResponseItem } from "../../../../protocol/response-items.ts";
import type { AppServer } from "../../app-server.ts";
import { refused } from "../../request-error.ts";
import { endCursor, itemKey } from "../../words/pages.ts";
import { assertThreadId } from "../../words/thread-ids.ts";
import { notLoaded, wireThread } from "../../words/threads.ts";
import type { Handlers } from "../handlers.ts";
import { readStored, turnsOf } from "./reading.ts";

type Methods =
  | "thread/archive"
  | "thread/unarchive"
  | "thread/delete"
  | "thread/name/set"
  | "thread/revert"
  | "thread/compact/start"
  | "thread/inject_items"
  | "thread/approveGuardianDeniedAction";

/** Ends the work of a thread that is put away, and says so. */
export async function unload(server: AppServer, threadId: string): Promise<void> {
  if (server.feedOf(threadId) === null) return;
  await server.client.call("thread/close", { threadId });
  // An agent's end is told by itself.
  if (server.feedOf(threadId) === null) return;
  server.closed(threadId);
  server.tellAll({ method: "thread/status/changed", params: { threadId, status: { type: "notLoaded" } } });
}

const noFile = (threadId: string): Error => refused(`no rollout found for thread id ${threadId}`);

/** @throws RequestError for a thread that is kept in no file. */
function assertFile(server: AppServer, threadId: string): void {
  const feed = server.feedOf(threadId);
  if (feed !== null && !feed.begun) throw noFile(threadId);
}

const isItem = (item: unknown): item is ResponseItem =>
  typeof item === "object" && item !== null && "type" in item && typeof item.type === "string";

/** Those that the model can be given. */
const known = new Set([
  "message",
  "agent_message",
  "reasoning",
  "local_shell_call",
  "function_call",
  "function_call_output",
  "custom_tool_call",
  "custom_tool_call_output",
  "tool_search_call",
  "tool_search_output",
  "web_search_call",
  "image_generation_call",
  "compaction",
]);

export const keeping: Handlers<Methods> = {
  async "thread/archive"({ threadId }, { server, after }) {
    assertThreadId(threadId, "session");
    if (isEphemeral(server, threadId)) throw noFile(threadId);
    assertFile(server, threadId);
    if (server.feedOf(threadId) !== null) await unload(server, threadId);
    const { threadId: there } = await server.client.call("thread/find", { by: "id", id: threadId });
    if (there === null) throw noFile(threadId);
    await server.client.call("thread/archive", { threadId });
    after(() => server.tellAll({ method: "thread/archived", params: { threadId } }));
    return {};
  },

  async "thread/unarchive"({ threadId }, { server, after }) {
    assertThreadId(threadId, "session");
    await server.client.call("thread/unarchive", { threadId });
    const stored = await readStored(server, threadId);
    if (stored === null) throw noFile(threadId);
    const { notes } = await server.client.call("thread/notes", { threadIds: [threadId] });
    const { thread, model, reasoningEffort } = stored;
    after(() => server.tellAll({ method: "thread/unarchived", params: { threadId } }));
    return { thread: wireThread(thread, { ...notLoaded, model, reasoningEffort }, notes[0]) };
  },

  async "thread/delete"({ threadId }, { server, after }) {
    assertThreadId(threadId);
    if (isEphemeral(server, threadId)) throw refused(`thread is not persisted and cannot be deleted: ${threadId}`);
    assertFile(server, threadId);
    await unload(server, threadId);
    await server.client.call("thread/delete", { threadId }).catch((error: unknown) => {
      const isPast = errorInfo(error).code === "thread_busy";
      throw isPast ? refused(`cannot delete thread ${threadId}: forked history still references it`) : error;
    });
    after(() => server.tellAll({ method: "thread/deleted", params: { threadId } }));
    return {};
  },

  async "thread/name/set"({ threadId, name }, { server, after }) {
    assertThreadId(threadId);
    const threadName = name.trim();
    if (threadName === "") throw refused("thread name must not be empty");
    if (isEphemeral(server, threadId)) {
      throw refused(`ephemeral thread does not support metadata updates: ${threadId}`);
    }
    await server.client.call("thread/rename", { threadId, name: threadName });
    const feed = server.feedOf(threadId);
    if (feed !== null) feed.info = { ...feed.info, summary: { ...feed.info.summary, name: threadName } };
    after(() => server.tellAll({ method: "thread/name/updated", params: { threadId, threadName } }));
    return {};
  },

  async "thread/revert"({ threadId, beforeTurnId }, { server, after }) {
    assertThreadId(threadId);
    const feed = server.loaded(threadId);
    if (isEphemeral(server, threadId)) throw refused("ephemeral threads do not support thread/revert");
    const turns = (await turnsOf(server, threadId)) ?? [];
    const kept = turns.findIndex(({ id }) => id === beforeTurnId);
    if (kept === -1) throw refused(`turn not found: ${beforeTurnId}`);
    try {
      feed.info = await server.client.call("thread/revert", { threadId, before: beforeTurnId });
    } catch (error) {
      await server.unloadClosed(threadId);
      throw error;
    }
    const { status } = feed;
    server.tellAll({ method: "thread/status/changed", params: { threadId, status: { type: "notLoaded" } } });
    server.tellAll({ method: "thread/status/changed", params: { threadId, status } });
    after(() => server.tellFollowers(threadId, { method: "thread/reverted", params: { threadId } }));
    const last = turns[kept - 1];
    const lastItem = turns.slice(0, kept).findLast(({ items }) => items.length > 0);
    const item = lastItem?.items.at(-1);
    return {
      thread: feed.thread(),
      turnsBackwardsCursor: endCursor(threadId, last?.id),
      itemsBackwardsCursor: endCursor(
        threadId,
        lastItem === undefined || item === undefined ? undefined : itemKey(lastItem.id, item),
      ),
    };
  },

  async "thread/compact/start"({ threadId }, { server }) {
    assertThreadId(threadId);
    server.loaded(threadId);
    await server.client.call("thread/compact", { threadId });
    return {};
  },

  async "thread/approveGuardianDeniedAction"({ threadId, event }, { server }) {
    assertThreadId(threadId);
    server.loaded(threadId);
    const action = deniedAction(event);
    if (action !== null) {
      const text = `The user allows this one action after all, which a reviewer had refused; nothing else that is like it:\n${JSON.stringify(action, null, 2)}`;
      const content = [{ type: "input_text" as const, text }];
      await server.client.call("thread/inject", { threadId, items: [{ type: "message", role: "developer", content }] });
    }
    return {};
  },

  async "thread/inject_items"({ threadId, items }, { server }) {
    assertThreadId(threadId);
    server.loaded(threadId);
    if (items.length === 0) throw refused("items must not be empty");
    const at = items.findIndex((item) => !isItem(item));
    if (at >= 0) throw refused(`items[${at}] is not a valid response item: it is no object with a \`type\``);
    const given = (items as ResponseItem[]).filter(({ type }) => known.has(type));
    if (given.length > 0) await server.client.call("thread/inject", { threadId, items: given });
    return {};
  },
};

/** What was refused; null where nothing was. @throws RequestError for what tells of no refusal. */
function deniedAction(event: unknown): unknown {
  const fault = (what: string): Error => refused(`invalid Guardian denial event: ${what}`);
  if (typeof event !== "object" || event === null || Array.isArray(event)) {
    throw fault(`invalid type: ${event === null ? "null" : typeof event}, expected struct GuardianAssessmentEvent`);
  }
  for (const field of ["id", "status", "action"]) {
    if (!Object.hasOwn(event, field)) throw fault(`missing field \`${field}\``);
  }
  const { status, action } = event as { status: unknown; action: unknown };
  return status === "denied" ? action : null;
}

function isEphemeral(server: AppServer, threadId: string): boolean {
  const feed = server.feedOf(threadId);
  return feed !== null && feed.info.path === null;
}
