import type { QueuedSubmission } from "../../../../protocol/codex-0.169/app-server/commands.ts";
import type { AppServer } from "../../app-server.ts";
import {
  drainQueue,
  isUnfit,
  newSubmission,
  queueOf,
  spelledOut,
  startQueued,
  tellQueue,
} from "../../feed/turn-queue.ts";
import type { ThreadFeed } from "../../feed/thread-feed.ts";
import { refused } from "../../request-error.ts";
import { elementsOf } from "../../words/inputs.ts";
import { pageSize } from "../../words/pages.ts";
import { assertThreadId } from "../../words/thread-ids.ts";
import { acceptedTurn } from "../../words/threads.ts";
import type { Handlers } from "../handlers.ts";

type Methods =
  | "thread/queue/add"
  | "thread/queue/list"
  | "thread/queue/update"
  | "thread/queue/delete"
  | "thread/queue/reorder"
  | "thread/queue/start";

function feedFor(server: AppServer, threadId: string): ThreadFeed {
  assertThreadId(threadId);
  return server.loaded(threadId);
}

/** @throws RequestError for words that no turn could begin with. */
function assertWords(input: QueuedSubmission["input"]): void {
  if (input.length === 0) throw refused("only user input can be added to the user-message queue");
  elementsOf(input);
}

function placeOf(queue: readonly QueuedSubmission[], id: string): number {
  const at = queue.findIndex((each) => each.id === id);
  if (at === -1) throw refused(`queued submission not found: ${id}`);
  return at;
}

export const queue: Handlers<Methods> = {
  async "thread/queue/add"({ threadId, input, clientUserMessageId, responsesapiClientMetadata }, { server, after }) {
    const feed = feedFor(server, threadId);
    assertWords(input);
    const metadata = responsesapiClientMetadata ?? null;
    const queuedSubmission = newSubmission({ input, clientUserMessageId, responsesapiClientMetadata: metadata });
    queueOf(feed).push(queuedSubmission);
    after(() => {
      tellQueue(server, feed);
      void drainQueue(server, feed);
    });
    return { queuedSubmission };
  },

  async "thread/queue/list"({ threadId, cursor, limit }, { server }) {
    if (cursor != null && !/^\d+$/.test(cursor)) {
      throw refused("invalid queue pagination cursor: invalid digit found in string");
    }
    const waiting = queueOf(feedFor(server, threadId));
    const begin = Number(cursor ?? 0);
    const data = waiting.slice(begin, begin + pageSize(limit));
    return { data, nextCursor: begin + data.length < waiting.length ? String(begin + data.length) : null };
  },

  async "thread/queue/update"({ threadId, queuedSubmissionId, input, responsesapiClientMetadata }, { server, after }) {
    const feed = feedFor(server, threadId);
    const waiting = queueOf(feed);
    const at = placeOf(waiting, queuedSubmissionId);
    assertWords(input);
    const metadata = responsesapiClientMetadata === undefined ? {} : { responsesapiClientMetadata };
    const before = waiting[at]!;
    const queuedSubmission = { ...before, input: spelledOut(input), ...metadata };
    waiting[at] = queuedSubmission;
    after(() => {
      tellQueue(server, feed);
      // Its turn had come already.
      if (isUnfit(before)) void drainQueue(server, feed);
    });
    return { queuedSubmission };
  },

  async "thread/queue/delete"({ threadId, queuedSubmissionId }, { server, after }) {
    const feed = feedFor(server, threadId);
    const waiting = queueOf(feed);
    const at = waiting.findIndex(({ id }) => id === queuedSubmissionId);
    if (at === -1) return { deleted: false };
    waiting.splice(at, 1);
    after(() => tellQueue(server, feed));
    return { deleted: true };
  },

  async "thread/queue/reorder"({ threadId, queuedSubmissionIds }, { server, after }) {
    const feed = feedFor(server, threadId);
    const waiting = queueOf(feed);
    const isWhole =
      queuedSubmissionIds.length === waiting.length && waiting.every(({ id }) => queuedSubmissionIds.includes(id));
    if (!isWhole) throw refused("queue reorder must include every queued submission exactly once");
    waiting.sort((a, b) => queuedSubmissionIds.indexOf(a.id) - queuedSubmissionIds.indexOf(b.id));
    after(() => tellQueue(server, feed));
    return {};
  },

  async "thread/queue/start"({ threadId, queuedSubmissionId }, { server }) {
    const feed = feedFor(server, threadId);
    if (feed.turn !== null) throw refused("thread already has an active or pending turn");
    const waiting = queueOf(feed);
    if (waiting.length === 0) throw refused("queue is empty");
    const at = queuedSubmissionId == null ? 0 : placeOf(waiting, queuedSubmissionId);
    return { turn: acceptedTurn(await startQueued(server, feed, waiting[at]!)) };
  },
};
