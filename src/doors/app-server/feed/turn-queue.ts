import { randomUUID } from "node:crypto";
import type { QueuedSubmission } from "../../../protocol/codex-0.169/app-server/commands.ts";
import { errorInfo, messageOf } from "../../../protocol/errors.ts";
import type { AppServer } from "../app-server.ts";
import type { ThreadFeed } from "./thread-feed.ts";

/** Words that wait for turns of their own, of each open thread. They end with the server. */
const queues = new WeakMap<ThreadFeed, QueuedSubmission[]>();

export function queueOf(feed: ThreadFeed): QueuedSubmission[] {
  let queue = queues.get(feed);
  if (queue === undefined) queues.set(feed, (queue = []));
  return queue;
}

export const newSubmission = (given: Omit<QueuedSubmission, "id">): QueuedSubmission => ({
  id: randomUUID(),
  ...given,
  input: spelledOut(given.input),
});

/** Words with everything that replies tell of them. */
export const spelledOut = (input: QueuedSubmission["input"]): QueuedSubmission["input"] =>
  input.map((part) => (part.type === "text" ? { ...part, text_elements: part.text_elements ?? [] } : part));

export function tellQueue(server: AppServer, { threadId }: ThreadFeed): void {
  server.tellFollowers(threadId, { method: "thread/queue/changed", params: { threadId } });
}

/** Words that no turn could begin with, for a picture that is gone, say: they stay, until somebody changes them or begins with them by name. */
const unfit = new WeakSet<QueuedSubmission>();

export const isUnfit = (submission: QueuedSubmission): boolean => unfit.has(submission);

/** Begins a turn with what waits longest, where none runs. */
export async function drainQueue(server: AppServer, feed: ThreadFeed): Promise<void> {
  for (;;) {
    const next = queueOf(feed).find((each) => !unfit.has(each));
    if (next === undefined || feed.turn !== null) return;
    try {
      await startQueued(server, feed, next);
      return;
    } catch (error) {
      // Turns wait that somebody has begun: at the end of each, it is tried again.
      if (errorInfo(error).code === "queue_full") return;
      const { threadId } = feed;
      const message = `Words that were queued have not been sent and stay in the queue: ${messageOf(error)}`;
      server.tellFollowers(threadId, { method: "warning", params: { threadId, message } });
      if (!unfit.has(next)) return;
    }
  }
}

/** Takes it from the queue and begins its turn; gives the turn's id. What cannot be begun with is back at its place. */
export async function startQueued(server: AppServer, feed: ThreadFeed, submission: QueuedSubmission): Promise<string> {
  const queue = queueOf(feed);
  const at = queue.indexOf(submission);
  queue.splice(at, 1);
  tellQueue(server, feed);
  try {
    const { elementsOf } = await import("../words/inputs.ts");
    const { responsesapiClientMetadata: metadata } = submission;
    const { turnId } = await server.client.call("turn/start", {
      threadId: feed.threadId,
      input: elementsOf(submission.input),
      clientId: submission.clientUserMessageId,
      trigger: "queue",
      ...(metadata !== null && { metadata }),
    });
    return turnId;
  } catch (error) {
    queue.splice(at, 0, submission);
    if (errorInfo(error).code === "usage") unfit.add(submission);
    tellQueue(server, feed);
    throw error;
  }
}
