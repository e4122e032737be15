import { resolve } from "node:path";
import type { Turn } from "../../../../protocol/codex-0.169/app-server/common.ts";
import type { ThreadItemEntry } from "../../../../protocol/codex-0.169/app-server/stored-threads.ts";
import { errorInfo } from "../../../../protocol/errors.ts";
import type { ResultOf } from "../../../../protocol/methods.ts";
import type { AppServer } from "../../app-server.ts";
import { wireReadState } from "../../feed/read-marks.ts";
import type { ThreadFeed } from "../../feed/thread-feed.ts";
import { refused } from "../../request-error.ts";
import { itemKey, pageOf } from "../../words/pages.ts";
import { snippetAt } from "../../words/snippets.ts";
import { assertThreadId, invalid } from "../../words/thread-ids.ts";
import { notLoaded, storedTurn, viewOf, wireThread } from "../../words/threads.ts";
import type { Handlers } from "../handlers.ts";

type Methods =
  | "thread/read"
  | "thread/turns/list"
  | "thread/items/list"
  | "thread/items/read"
  | "thread/searchOccurrences"
  | "getConversationSummary";

export type Stored = ResultOf<"thread/read">;

/** Null where there is no file of it. */
export async function readStored(server: AppServer, threadId: string): Promise<Stored | null> {
  try {
    return await server.client.call("thread/read", { threadId });
  } catch (error) {
    if (errorInfo(error).code === "thread_not_found") return null;
    throw error;
  }
}

/** Everything that was said and done in a thread, the running turn included, oldest first. `known`: as it was just read. */
export async function turnsOf(server: AppServer, threadId: string, known?: Stored | null): Promise<Turn[] | null> {
  const feed = server.feedOf(threadId);
  const running = feed?.turn ?? null;
  const now = running === null ? [] : [running.snapshot];
  if (feed !== null && feed.info.path === null) return [...feed.ended, ...now];
  const stored = known === undefined ? await readStored(server, threadId) : known;
  // Its file comes with its first turn.
  if (stored === null) return feed === null ? null : now;
  return [...stored.turns.map(storedTurn).filter(({ id }) => id !== running?.id), ...now];
}

/** The turns of a thread that is kept in a file. @throws RequestError for others. */
async function keptTurns(server: AppServer, threadId: string, method: string): Promise<Turn[]> {
  assertThreadId(threadId);
  if (isEphemeral(server.feedOf(threadId))) throw refused(`ephemeral threads do not support ${method}`);
  const turns = await turnsOf(server, threadId);
  if (turns === null) throw refused(`thread not loaded: ${threadId}`);
  return turns;
}

const isEphemeral = (feed: ThreadFeed | null): boolean => feed !== null && feed.info.path === null;

const entriesOf = ({ id: turnId, items }: Turn): ThreadItemEntry[] =>
  items.map((item) => ({
    turnId,
    item,
    startedAtMs: item.startedAtMs ?? null,
    completedAtMs: item.completedAtMs ?? null,
  }));

const keyOf = ({ turnId, item }: ThreadItemEntry): string => itemKey(turnId, item);

const tooManyIds = 100;

export const reading: Handlers<Methods> = {
  async "thread/read"({ threadId, includeTurns = false }, { server, connection, after }) {
    assertThreadId(threadId);
    const feed = server.feedOf(threadId);
    if (feed !== null && (isEphemeral(feed) || !feed.begun)) {
      if (includeTurns && isEphemeral(feed)) throw refused("ephemeral threads do not support includeTurns");
      if (includeTurns) {
        throw refused(
          `thread ${threadId} is not materialized yet; includeTurns is unavailable before first user message`,
        );
      }
      // What is kept nowhere is not looked up for its first words either.
      return { thread: { ...feed.thread(), ...(isEphemeral(feed) && { preview: "" }) }, readState: null };
    }
    const stored = await readStored(server, threadId);
    if (stored === null) throw refused(`thread not loaded: ${threadId}`);
    const { notes } = await server.client.call("thread/notes", { threadIds: [threadId] });
    const noted = notes[0]!;
    const { model, reasoningEffort, thread } = stored;
    const turns = includeTurns ? ((await turnsOf(server, threadId)) ?? []) : [];
    if (includeTurns && !thread.origin.legacy) {
      const summary =
        "Full-history hydration is deprecated for paginated threads; omit `includeTurns` or set it to `false`, then page with `thread/turns/list` and `thread/items/list`.";
      after(() => connection.notify({ method: "deprecationNotice", params: { summary, details: null } }));
    }
    const state = feed === null ? { ...notLoaded, model, reasoningEffort, turns } : { ...feed.state, turns };
    return {
      thread: wireThread(thread, state, { ...noted, unread: feed?.notes?.unread ?? noted.unread }),
      readState: thread.origin.legacy ? null : wireReadState(feed?.notes?.unread ?? noted.unread),
    };
  },

  async "thread/turns/list"({ threadId, cursor, limit, sortDirection, itemsView }, { server }) {
    const turns = await keptTurns(server, threadId, "thread/turns/list");
    const direction = sortDirection ?? "desc";
    const page = pageOf(threadId, turns, ({ id }) => id, { cursor, limit, sortDirection: direction });
    return { ...page, data: page.data.map((turn) => viewOf(turn, itemsView ?? "summary")) };
  },

  async "thread/items/list"({ threadId, turnId, cursor, limit, sortDirection }, { server }) {
    const turns = await keptTurns(server, threadId, "thread/items/list");
    const chosen = turnId == null ? turns : turns.filter(({ id }) => id === turnId);
    const entries = chosen.flatMap(entriesOf);
    if (typeof cursor === "object" && cursor !== null) {
      if (turnId == null) throw invalid("turnId is required when cursor is an item anchor");
      const { itemId } = cursor;
      const ordered = sortDirection === "desc" ? entries.toReversed() : entries;
      const at = ordered.findIndex(({ item }) => item.id === itemId);
      if (at === -1) throw invalid(`item not found: ${itemId}`);
      const rest = ordered.slice(at);
      const oldestFirst = sortDirection === "desc" ? rest.toReversed() : rest;
      return pageOf(threadId, oldestFirst, keyOf, { limit, sortDirection });
    }
    return pageOf(threadId, entries, keyOf, { cursor, limit, sortDirection });
  },

  async "thread/items/read"({ threadId, turnId, itemIds }, { server }) {
    if (itemIds.length === 0 || itemIds.length > tooManyIds) throw refused("itemIds must contain 1 to 100 IDs");
    const turns = await keptTurns(server, threadId, "thread/items/read");
    const entries = turns.filter(({ id }) => id === turnId).flatMap(entriesOf);
    return { data: entries.filter(({ item }) => itemIds.includes(item.id)) };
  },

  async getConversationSummary(params, { server }) {
    const byId = "conversationId" in params;
    const threadId = byId ? params.conversationId : threadOfRollout(server.surroundings, params.rolloutPath);
    const stored = await readStored(server, threadId);
    if (stored === null) throw refused(`no rollout found for conversation id ${threadId}`);
    const { thread } = stored;
    const { gitInfo, source, cliVersion } = wireThread(thread, notLoaded);
    return {
      summary: {
        conversationId: threadId,
        path: thread.path ?? "",
        preview: thread.preview,
        timestamp: dated(thread.createdAtMs),
        updatedAt: dated(thread.updatedAtMs),
        modelProvider: thread.modelProvider ?? "",
        cwd: thread.cwd,
        cliVersion,
        source,
        gitInfo: gitInfo && { sha: gitInfo.sha, branch: gitInfo.branch, origin_url: gitInfo.originUrl },
      },
    };
  },

  async "thread/searchOccurrences"({ threadId, searchTerm, cursor, limit }, { server }) {
    const turns = await keptTurns(server, threadId, "thread/searchOccurrences");
    if (searchTerm === "") throw refused("thread/searchOccurrences requires a non-empty searchTerm");
    const occurrences = turns.flatMap((turn) => occurrencesIn(threadId, turn, searchTerm));
    const { data, nextCursor } = pageOf(threadId, occurrences, ({ key }) => key, { cursor, limit });
    return { data: data.map(({ occurrence }) => occurrence), nextCursor };
  },
};

const named = /-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:_[0-9a-f-]{36})?\.jsonl(?:\.zst)?$/;

/** The thread of a rollout, which may be said from the home on. */
function threadOfRollout({ codexHome }: AppServer["surroundings"], rolloutPath: string): string {
  const path = resolve(codexHome, rolloutPath);
  const threadId = named.exec(path)?.[1];
  if (threadId === undefined) throw refused(`failed to resolve rollout path \`${path}\`: file does not exist`);
  return threadId;
}

const dated = (ms: number): string => new Date(ms).toISOString();

type Occurrence = ResultOfSearch["data"][number];
type ResultOfSearch = Awaited<ReturnType<Handlers<"thread/searchOccurrences">["thread/searchOccurrences"]>>;

function occurrencesIn(threadId: string, turn: Turn, term: string): { key: string; occurrence: Occurrence }[] {
  const wanted = term.toLowerCase();
  const turnCursor = JSON.stringify({ threadId, id: turn.id, inclusive: true });
  const found: { key: string; occurrence: Occurrence }[] = [];
  for (const item of turn.items) {
    const words = wordsOf(item);
    const lower = words.toLowerCase();
    for (let at = lower.indexOf(wanted); at >= 0; at = lower.indexOf(wanted, at + wanted.length)) {
      const { text, start, end } = snippetAt(words, at, term.length);
      const occurrence = {
        turnId: turn.id,
        itemId: item.id,
        snippet: text,
        snippetMatchRange: { start, end },
        turnCursor,
      };
      found.push({ key: `${itemKey(turn.id, item)}/${at}`, occurrence });
    }
  }
  return found;
}

function wordsOf(item: Turn["items"][number]): string {
  if (item.type === "agentMessage") return item.text;
  if (item.type !== "userMessage") return "";
  return item.content.map((element) => (element.type === "text" ? element.text : "")).join("");
}
