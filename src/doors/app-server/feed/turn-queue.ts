import { randomUUID } from "node:crypto";
import type { QueuedSubmission } from "../../../protocol/codex-0.169/app-server/commands.ts";
import { messageOf } from "../../../protocol/errors.ts";
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

/** Begins a turn with what waits longest, where none runs. */
export async function drainQueue(server: AppServer, feed: ThreadFeed): Promise<void> {
  const queue = queueOf(feed);
  const [next] = queue;
  if (next === undefined || feed.turn !== null) return;
  try {
    await startQueued(server, feed, next);
  } catch (error) {
    const { threadId } = feed;
    server.tellFollowers(threadId, { method: "warning", params: { threadId, message: messageOf(error) } });
  }
}

/** Takes it from the queue and begins its turn; gives the turn's id. */
export async function startQueued(server: AppServer, feed: ThreadFeed, submission: QueuedSubmission): Promise<string> {
  const queue = queueOf(feed);
  queue.splice(queue.indexOf(submission), 1);
  tellQueue(server, feed);
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
}
