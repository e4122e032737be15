import type { Turn } from "../../../protocol/codex-0.169/app-server/common.ts";
import type {
  ThreadForkParams,
  ThreadResumeParams,
  ThreadResumeResponse,
} from "../../../protocol/codex-0.169/app-server/threads.ts";
import type { ThreadInfo, ThreadOptions } from "../../../protocol/methods.ts";
import type { ResponseItem } from "../../../protocol/response-items.ts";
import { readNotes } from "../feed/read-marks.ts";
import type { ThreadFeed } from "../feed/thread-feed.ts";
import { refused } from "../request-error.ts";
import { endCursor, itemKey, pageOf } from "../words/pages.ts";
import { optionsOf, wireMode, wireSettings } from "../words/settings.ts";
import { assertThreadId } from "../words/thread-ids.ts";
import { viewOf } from "../words/threads.ts";
import { wireUsage } from "../words/usage.ts";
import type { AppServer } from "../app-server.ts";
import type { Asked, Handlers } from "./handlers.ts";
import { readStored, turnsOf, type Stored } from "./stored/reading.ts";

type Methods = "thread/start" | "thread/resume" | "thread/fork" | "thread/unsubscribe";

/** A thread is open; that it is and what its clients are told first goes before all that happens in it. */
function opened({ server, inAnyCase }: Asked, info: ThreadInfo): ThreadFeed {
  const feed = server.opened(info);
  inAnyCase(() => server.begin(feed));
  return feed;
}

/** Lets whoever asked follow the thread, and tells everybody of it. */
function announce({ server, connection, after }: Asked, feed: ThreadFeed): void {
  const { threadId } = feed;
  const thread = feed.thread();
  after(() => {
    server.follow(connection, threadId);
    server.tellAll({ method: "thread/started", params: { thread } });
    for (const message of feed.info.warnings) {
      server.tellFollowers(threadId, { method: "warning", params: { threadId, message } });
    }
  });
}

/** Whoever gets a whole thread at once is told that there is a better way. */
function tellOfPaging({ connection }: Asked, stored: Stored | null): void {
  if (stored === null || stored.thread.origin.legacy) return;
  const summary =
    "Full-history hydration is deprecated for paginated threads; use `excludeTurns: true`, then page with `thread/turns/list` and `thread/items/list`.";
  connection.notify({ method: "deprecationNotice", params: { summary, details: null } });
}

const noFile = (threadId: string): Error => refused(`no rollout found for thread id ${threadId}`);

/** The id in a rollout's name. */
function threadOfPath(path: string): string {
  const found = /-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:_[0-9a-f-]{36})?\.jsonl(?:\.zst)?$/.exec(path);
  if (found?.[1] === undefined) throw refused(`failed to read the thread at \`${path}\`: its name is no rollout's`);
  return found[1];
}

/** The options for a thread that goes on from a file: it stays in its folder, and, resumed, with its model. */
function optionsFor(
  { server }: Asked,
  stored: Stored | null,
  params: ThreadResumeParams | ThreadForkParams,
  keepsModel: boolean,
): ThreadOptions {
  const { threadId: _id, ...given } = params;
  const options = optionsOf(given, server.surroundings.flags);
  if (stored === null) return options;
  const feed = server.feedOf(stored.thread.id);
  const cwd = options.cwd ?? feed?.info.cwd ?? stored.thread.cwd;
  const configured = Object.keys(params.config ?? {}).some(
    (key) => key === "model" || key === "model_reasoning_effort",
  );
  const isChosen = params.model != null || params.modelProvider != null || configured;
  if (!keepsModel || isChosen || stored.model === null) return { ...options, cwd };
  const { model, reasoningEffort } = stored;
  const effort = reasoningEffort === null ? [] : [`model_reasoning_effort=${JSON.stringify(reasoningEffort)}`];
  return { ...options, cwd, model, overrides: [...effort, ...(options.overrides ?? [])] };
}

/** What was used so far, for somebody who comes to the thread. */
function tellUsage({ connection, after }: Asked, { threadId, info }: ThreadFeed, stored: Stored | null): void {
  const turnId = stored?.turns.at(-1)?.id;
  const last = stored?.lastUsage ?? null;
  if (turnId === undefined || last === null) return;
  const tokenUsage = wireUsage(info.usage, last, info.contextWindow);
  after(() => connection.notify({ method: "thread/tokenUsage/updated", params: { threadId, turnId, tokenUsage } }));
}

/** Threads that are being opened, of each server: whoever else wants one meanwhile waits for it. */
const openings = new WeakMap<AppServer, Map<string, Promise<ThreadFeed>>>();

/** Opens a thread from its file, where it is not open already. */
async function open(
  asked: Asked,
  threadId: string,
  params: ThreadResumeParams,
  stored: Stored | null,
): Promise<ThreadFeed> {
  await asked.server.unloadClosed(threadId);
  const known = asked.server.feedOf(threadId);
  if (known !== null) return known;
  const opening = openings.get(asked.server) ?? new Map<string, Promise<ThreadFeed>>();
  openings.set(asked.server, opening);
  const begun = opening.get(threadId);
  if (begun !== undefined) return begun;
  const feed = openNow(asked, threadId, params, stored).finally(() => opening.delete(threadId));
  opening.set(threadId, feed);
  return feed;
}

async function openNow(
  asked: Asked,
  threadId: string,
  params: ThreadResumeParams,
  stored: Stored | null,
): Promise<ThreadFeed> {
  const { server, after } = asked;
  const options = optionsFor(asked, stored, params, true);
  const feed = opened(asked, await server.client.call("thread/resume", { ...options, threadId }));
  feed.begun = true;
  await readNotes(server, feed);
  after(() => {
    server.tellAll({ method: "thread/status/changed", params: { threadId, status: feed.status } });
    for (const message of feed.info.warnings) {
      server.tellFollowers(threadId, { method: "warning", params: { threadId, message } });
    }
  });
  tellUsage(asked, feed, stored);
  return feed;
}

/** A thread that begins with what a client remembers. */
async function openRemembered(asked: Asked, params: ThreadResumeParams): Promise<ThreadFeed> {
  const { server, after } = asked;
  const items = (params.history ?? []) as readonly ResponseItem[];
  if (items.length === 0) throw refused("history must not be empty");
  const info = await server.client.call("thread/start", optionsOf(params, asked.server.surroundings.flags));
  const { threadId } = info;
  await server.client.call("thread/inject", { threadId, items });
  const preview = items.map(wordsOf).find((words) => words !== "") ?? "";
  const feed = opened(asked, { ...info, summary: { ...info.summary, preview } });
  feed.begun = true;
  after(() => server.tellAll({ method: "thread/status/changed", params: { threadId, status: feed.status } }));
  return feed;
}

function wordsOf(item: ResponseItem): string {
  if (item.type !== "message" || !("role" in item) || item.role !== "user" || !Array.isArray(item.content)) return "";
  return item.content.map((part) => ("text" in part ? String(part.text) : "")).join("");
}

/** The goal as it stands, for somebody who comes to the thread. */
async function tellGoal({ server, connection }: Asked, threadId: string): Promise<void> {
  const { goal } = await server.client.call("thread/goal/get", { threadId }).catch(() => ({ goal: null }));
  if (goal === null) connection.notify({ method: "thread/goal/cleared", params: { threadId } });
  else connection.notify({ method: "thread/goal/updated", params: { threadId, turnId: null, goal } });
}

const lastItemKey = (turns: readonly Turn[]): string | undefined => {
  const turn = turns.findLast(({ items }) => items.length > 0);
  const item = turn?.items.at(-1);
  return turn === undefined || item === undefined ? undefined : itemKey(turn.id, item);
};

function firstPage(
  threadId: string,
  turns: readonly Turn[],
  page: ThreadResumeParams["initialTurnsPage"],
): ThreadResumeResponse["initialTurnsPage"] {
  if (page == null) return null;
  const { limit, itemsView, sortDirection } = page;
  const found = pageOf(threadId, turns, ({ id }) => id, { limit, sortDirection: sortDirection ?? "desc" });
  return { ...found, data: found.data.map((turn) => viewOf(turn, itemsView ?? "summary")) };
}

/** The turn that a fork ends with; null: it ends before the first. */
async function lastTurnOf(
  { server }: Asked,
  params: ThreadForkParams,
  stored: Stored | null,
): Promise<{ throughTurn?: string | null }> {
  const { threadId, lastTurnId, beforeTurnId } = params;
  const named = lastTurnId ?? beforeTurnId;
  if (named == null) return {};
  const turns = (await turnsOf(server, threadId, stored)) ?? [];
  const at = turns.findIndex(({ id }) => id === named);
  if (at === -1) throw refused(`turn not found: ${named}`);
  return { throughTurn: lastTurnId ?? turns[at - 1]?.id ?? null };
}

async function settingsOf({ server }: Asked, info: ThreadInfo): Promise<ReturnType<typeof wireSettings>> {
  const { files } = await server.client.call("thread/instructions", { threadId: info.threadId });
  return wireSettings(info, files);
}

export const threads: Handlers<Methods> = {
  async "thread/start"(params, asked) {
    const info = await asked.server.client.call("thread/start", optionsOf(params, asked.server.surroundings.flags));
    const feed = opened(asked, info);
    announce(asked, feed);
    return { thread: feed.thread(), ...(await settingsOf(asked, info)) };
  },

  async "thread/resume"(params, asked) {
    const { server, connection, after } = asked;
    let feed: ThreadFeed;
    let stored: Stored | null | undefined;
    if (params.history != null) feed = await openRemembered(asked, params);
    else {
      const { path, threadId } = params;
      if (path == null) assertThreadId(threadId, "session");
      const meant = path == null ? threadId : pathThread(asked, threadId, path);
      const known = server.feedOf(meant);
      if (known !== null && (known.info.path === null || !known.begun)) throw noFile(meant);
      stored = await readStored(server, meant);
      if (params.excludeTurns !== true) tellOfPaging(asked, stored);
      feed = await open(asked, meant, params, stored);
    }
    const { threadId } = feed;
    server.follow(connection, threadId);
    const turns = (await turnsOf(server, threadId, stored)) ?? [];
    after(() => {
      server.askAgain(connection, threadId);
      void tellGoal(asked, threadId);
    });
    return {
      thread: feed.thread(params.excludeTurns === true ? [] : turns),
      ...(await settingsOf(asked, feed.info)),
      collaborationMode: wireMode(feed.info),
      initialTurnsPage: firstPage(threadId, turns, params.initialTurnsPage),
      turnsBackwardsCursor: endCursor(threadId, turns.at(-1)?.id),
      itemsBackwardsCursor: endCursor(threadId, lastItemKey(turns)),
    };
  },

  async "thread/fork"(params, asked) {
    const { server } = asked;
    const { threadId } = params;
    assertThreadId(threadId, "session");
    const source = server.feedOf(threadId);
    if (source !== null && (source.info.path === null || !source.begun)) throw noFile(threadId);
    if (params.ephemeral === true && params.excludeTurns !== true) {
      throw refused("ephemeral paginated thread/fork requires `excludeTurns: true`");
    }
    if (params.lastTurnId != null && params.beforeTurnId != null) {
      throw refused("`beforeTurnId` cannot be combined with `lastTurnId`");
    }
    const stored = await readStored(server, threadId);
    const options = optionsFor(asked, stored, params, false);
    if (params.excludeTurns !== true) tellOfPaging(asked, stored);
    const cut = await lastTurnOf(asked, params, stored);
    const info = await server.client.call("thread/fork", { ...options, threadId, ...cut });
    const feed = opened(asked, info);
    feed.begun = cut.throughTurn !== null;
    if (info.path !== null) await server.client.call("attachment/copy", { from: threadId, to: info.threadId });
    announce(asked, feed);
    if (feed.begun) tellUsage(asked, feed, stored);
    const turns = params.excludeTurns === true ? [] : ((await turnsOf(server, info.threadId)) ?? []);
    return { thread: feed.thread(turns), ...(await settingsOf(asked, info)) };
  },

  async "thread/unsubscribe"({ threadId }, { server, connection }) {
    assertThreadId(threadId);
    if (server.feedOf(threadId) === null) return { status: "notLoaded" };
    return { status: server.unfollow(connection, threadId) ? "unsubscribed" : "notSubscribed" };
  },
};

/** The thread of a file; where the named one is open, it must be that thread's. */
function pathThread({ server }: Asked, threadId: string, path: string): string {
  const active = server.feedOf(threadId)?.info.path;
  if (active != null && active !== path) {
    throw refused(
      `cannot resume running thread ${threadId} with stale path: requested \`${path}\`, active \`${active}\``,
    );
  }
  return threadOfPath(path);
}
