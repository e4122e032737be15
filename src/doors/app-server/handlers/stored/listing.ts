import { resolve } from "node:path";
import type { Thread } from "../../../../protocol/codex-0.169/app-server/common.ts";
import type { ThreadListParams, ThreadReadState } from "../../../../protocol/codex-0.169/app-server/stored-threads.ts";
import type { AgentKind, ThreadListParams as Query, ThreadPage, ThreadSummary } from "../../../../protocol/threads.ts";
import type { AppServer } from "../../app-server.ts";
import { wireReadState } from "../../feed/read-marks.ts";
import { refused } from "../../request-error.ts";
import { pageSize } from "../../words/pages.ts";
import { snippetAt } from "../../words/snippets.ts";
import { faultOfId, invalid } from "../../words/thread-ids.ts";
import { liveState, notLoaded, wireThread } from "../../words/threads.ts";
import type { Handlers } from "../handlers.ts";

type Methods = "thread/list" | "thread/search" | "thread/loaded/list";

type Kinds = NonNullable<ThreadListParams["sourceKinds"]>;
type Filter = NonNullable<Query["filter"]>;

/** What people talk to; other threads are listed where their kind is asked for. */
const interactive: Kinds = ["cli", "vscode"];

const agentKinds: Partial<Record<Kinds[number], readonly AgentKind[]>> = {
  subAgent: ["review", "compact", "thread_spawn", "other"],
  subAgentReview: ["review"],
  subAgentCompact: ["compact"],
  subAgentThreadSpawn: ["thread_spawn"],
  subAgentOther: ["other"],
};

function sourcesOf(kinds: Kinds | null | undefined): Pick<Filter, "sources" | "agents" | "agentKinds"> {
  const wanted = kinds == null || kinds.length === 0 ? interactive : kinds;
  const agents = wanted.flatMap((kind) => agentKinds[kind] ?? []);
  return { sources: wanted, ...(agents.length > 0 && { agents: true, agentKinds: agents }) };
}

function foldersOf({ cwd }: ThreadListParams, here: string): Pick<Filter, "cwds"> {
  if (cwd == null) return {};
  const folders = typeof cwd === "string" ? [cwd] : cwd;
  return { cwds: folders.map((folder) => resolve(here, folder)) };
}

function filterOf(params: ThreadListParams, here: string): Filter {
  const { modelProviders, searchTerm, excludedThreadIds, parentThreadId, ancestorThreadId } = params;
  for (const id of excludedThreadIds ?? []) {
    const fault = faultOfId(id);
    if (fault !== null) throw invalid(`invalid excluded thread id: ${fault}`);
  }
  if (params.originators != null) throw invalid("originator filtering is not supported by the local app-server");
  if (params.projectId != null) throw invalid(`project not found: ${params.projectId}`);
  const parent = parentThreadId ?? ancestorThreadId;
  return {
    ...sourcesOf(params.sourceKinds),
    ...foldersOf(params, here),
    ...(modelProviders != null && modelProviders.length > 0 && { providers: modelProviders }),
    ...(searchTerm != null && searchTerm !== "" && { search: searchTerm }),
    ...(excludedThreadIds != null && { except: excludedThreadIds }),
    ...(parent != null && { parentThreadId: parent, agents: true }),
  };
}

/** Names times as Codex does; what was used last is what was written to last. */
const sorting = (
  params: Pick<ThreadListParams, "sortKey" | "sortDirection">,
): Pick<Query, "sortBy" | "oldestFirst"> => ({
  sortBy: params.sortKey === "updated_at" || params.sortKey === "recency_at" ? "updated" : "created",
  oldestFirst: params.sortDirection === "asc",
});

/** Threads of a list, as they stand: those that are open tell their state. */
async function tell(
  server: AppServer,
  threads: readonly ThreadSummary[],
): Promise<{ data: Thread[]; readStates: Record<string, ThreadReadState> }> {
  const threadIds = threads.map(({ id }) => id);
  const { notes } = await server.client.call("thread/notes", { threadIds });
  const readStates: Record<string, ThreadReadState> = {};
  const data = threads.map((thread, at) => {
    const feed = server.feedOf(thread.id);
    const noted = notes[at]!;
    if (!thread.origin.legacy) readStates[thread.id] = wireReadState(feed?.notes?.unread ?? noted.unread);
    const state = feed === null ? { ...notLoaded, model: thread.model ?? null } : liveState(feed.info, feed.status);
    // Lists do not say whether a thread takes words.
    return { ...wireThread(thread, state, noted), canAcceptDirectInput: null };
  });
  return { data, readStates };
}

/** The threads of one section, in the order that the user gave them. */
async function listSection(server: AppServer, params: ThreadListParams, id: string): Promise<ThreadPage> {
  const { threadIds } = await server.client.call("section/threads", { id });
  const filter = { ...filterOf(params, server.surroundings.cwd), only: threadIds };
  const archived = params.archived === true;
  if (params.sortKey !== "section_position") {
    const { cursor = null } = params;
    return server.client.call("thread/list", {
      ...sorting(params),
      limit: pageSize(params.limit),
      cursor,
      archived,
      models: true,
      filter,
    });
  }
  const { threads } = await server.client.call("thread/list", {
    limit: Math.max(threadIds.length, 1),
    archived,
    filter,
  });
  const ordered = threads.toSorted((a, b) => threadIds.indexOf(a.id) - threadIds.indexOf(b.id));
  if (params.sortDirection === "desc") ordered.reverse();
  const { cursor } = params;
  const named = cursor == null ? null : /^(=?)([0-9a-f-]{36})$/.exec(cursor);
  const at = named === null ? 0 : ordered.findIndex((thread) => thread.id === named[2]);
  if (at === -1 || (cursor != null && named === null)) throw refused(`invalid cursor: ${cursor}`);
  const begin = named === null || named[1] === "=" ? at : at + 1;
  const page = ordered.slice(begin, begin + pageSize(params.limit));
  const last = page.at(-1);
  const more = begin + page.length < ordered.length;
  return {
    threads: page,
    next: more && last !== undefined ? last.id : null,
    previous: page[0] === undefined ? null : `=${page[0].id}`,
  };
}

export const listing: Handlers<Methods> = {
  async "thread/list"(params, { server }) {
    const { sectionId, sortKey, cursor = null, limit } = params;
    if (sortKey === "section_position" && sectionId == null) {
      throw refused("section-position sorting requires a section filter");
    }
    if (params.attachedToThreadId != null) {
      return { data: [], readStates: {}, nextCursor: null, backwardsCursor: null };
    }
    const { threads, next, previous } =
      sectionId == null
        ? await server.client.call("thread/list", {
            ...sorting(params),
            limit: pageSize(limit),
            cursor: cursorOf(cursor),
            archived: params.archived === true,
            models: true,
            filter: filterOf(params, server.surroundings.cwd),
          })
        : await listSection(server, params, sectionId);
    return { ...(await tell(server, threads)), nextCursor: next, backwardsCursor: previous };
  },

  async "thread/search"(params, { server }) {
    const { searchTerm, limit, cursor = null, archived } = params;
    if (searchTerm === "") throw refused("thread/search requires a non-empty searchTerm");
    const { found, next, previous } = await server.client.call("thread/search", {
      ...sorting(params),
      text: searchTerm,
      limit: pageSize(limit),
      cursor: cursorOf(cursor),
      archived: archived === true,
      models: true,
      filter: sourcesOf(params.sourceKinds),
    });
    const { data } = await tell(
      server,
      found.map(({ thread }) => thread),
    );
    return {
      data: data.map((thread, at) => {
        const { words, at: place } = found[at]!;
        return { thread, snippet: snippetAt(words, place, searchTerm.length).text };
      }),
      nextCursor: next,
      backwardsCursor: previous,
    };
  },

  async "thread/loaded/list"({ cursor, limit }, { server }) {
    const ids = server.loadedThreads.toSorted();
    const at = cursor == null ? 0 : ids.findIndex((id) => id > cursor);
    if (cursor != null && faultOfId(cursor) !== null) throw refused(`invalid cursor: ${cursor}`);
    const begin = at === -1 ? ids.length : at;
    const data = ids.slice(begin, limit == null ? undefined : begin + Math.max(limit, 1));
    return { data, nextCursor: begin + data.length < ids.length ? (data.at(-1) ?? null) : null };
  },
};

/** An empty one is no cursor either, and no first page. */
function cursorOf(cursor: string | null): string | null {
  if (cursor === "") throw refused("invalid cursor: ");
  return cursor;
}
