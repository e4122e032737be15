import type { Turn } from "../../../protocol/codex-0.169/app-server/common.ts";
import type { ThreadFeed } from "../feed/thread-feed.ts";
import { optionsOf, wireSettings } from "../words/settings.ts";
import { storedTurn } from "../words/threads.ts";
import type { Asked, Handlers } from "./handlers.ts";

type Methods = "thread/start" | "thread/resume" | "thread/fork" | "thread/unsubscribe";

/** Everything that was said and done in a loaded thread, the running turn included. */
async function turnsOf({ server }: Asked, feed: ThreadFeed): Promise<Turn[]> {
  const running = feed.turn;
  if (feed.info.path === null) return [...feed.ended, ...(running === null ? [] : [running.snapshot])];
  const stored = await server.client.call("thread/read", { threadId: feed.threadId }).then(
    ({ turns }) => turns.map(storedTurn),
    // Its file comes with its first turn.
    () => [],
  );
  return [...stored.filter(({ id }) => id !== running?.id), ...(running === null ? [] : [running.snapshot])];
}

/** Lets whoever asked follow the thread, and tells everybody of it. */
function announce({ server, connection, after }: Asked, feed: ThreadFeed): void {
  const { threadId } = feed;
  server.follow(connection, threadId);
  const thread = feed.thread();
  after(() => {
    server.tellAll({ method: "thread/started", params: { thread } });
    for (const message of feed.info.warnings) {
      server.tellFollowers(threadId, { method: "warning", params: { threadId, message } });
    }
    server.begin(feed);
  });
}

export const threads: Handlers<Methods> = {
  async "thread/start"(params, asked) {
    const info = await asked.server.client.call("thread/start", optionsOf(params, asked.server.surroundings.flags));
    const feed = asked.server.opened(info);
    announce(asked, feed);
    return { thread: feed.thread(), ...wireSettings(info) };
  },

  async "thread/resume"(params, asked) {
    const { server, connection, after } = asked;
    const { threadId, ...options } = params;
    let feed = server.feedOf(threadId);
    if (feed === null) {
      const info = await server.client.call("thread/resume", {
        ...optionsOf(options, server.surroundings.flags),
        threadId,
      });
      feed = server.opened(info);
      server.begin(feed);
    }
    server.follow(connection, threadId);
    const turns = params.excludeTurns === true ? [] : await turnsOf(asked, feed);
    after(() => server.askAgain(connection, threadId));
    return {
      thread: feed.thread(turns),
      ...wireSettings(feed.info),
      collaborationMode: null,
      initialTurnsPage: null,
      turnsBackwardsCursor: null,
      itemsBackwardsCursor: null,
    };
  },

  async "thread/fork"(params, asked) {
    const { threadId, lastTurnId, ...options } = params;
    const info = await asked.server.client.call("thread/fork", {
      ...optionsOf(options, asked.server.surroundings.flags),
      threadId,
      ...(lastTurnId != null && { throughTurn: lastTurnId }),
    });
    const feed = asked.server.opened(info);
    announce(asked, feed);
    const turns = params.excludeTurns === true ? [] : await turnsOf(asked, feed);
    return { thread: feed.thread(turns), ...wireSettings(info) };
  },

  async "thread/unsubscribe"({ threadId }, { server, connection }) {
    if (server.feedOf(threadId) === null) return { status: "notLoaded" };
    return { status: server.unfollow(connection, threadId) ? "unsubscribed" : "notSubscribed" };
  },
};
