import { shellJoin } from "../../../../protocol/codex-0.169/shell-join.ts";
import { refused } from "../../request-error.ts";
import { pageSize } from "../../words/pages.ts";
import { assertThreadId, invalid } from "../../words/thread-ids.ts";
import type { Handlers } from "../handlers.ts";

type Methods =
  | "thread/shellCommand"
  | "thread/backgroundTerminals/list"
  | "thread/backgroundTerminals/clean"
  | "thread/backgroundTerminals/terminate";

/** The line that a shell was given, or the program with its arguments. */
const shown = (argv: readonly string[]): string =>
  argv.length === 3 && /^-l?c$/.test(argv[1]!) ? argv[2]! : shellJoin(argv);

export const terminals: Handlers<Methods> = {
  async "thread/shellCommand"({ threadId, command, timeoutMs }, { server }) {
    assertThreadId(threadId);
    if (command.trim() === "") throw refused("command must not be empty");
    if (timeoutMs != null && timeoutMs < 0) {
      throw invalid(`thread/shellCommand timeoutMs must be non-negative, got ${timeoutMs}`);
    }
    server.loaded(threadId);
    await server.client.call("command/run", { threadId, command, ...(timeoutMs != null && { timeoutMs }) });
    return {};
  },

  async "thread/backgroundTerminals/list"({ threadId, cursor, limit }, { server }) {
    assertThreadId(threadId);
    server.loaded(threadId);
    if (cursor != null && !/^\d+$/.test(cursor)) throw refused("invalid cursor: invalid digit found in string");
    const { commands } = await server.client.call("command/list", { threadId });
    const begin = Number(cursor ?? 0);
    const page = commands.slice(begin, begin + pageSize(limit));
    const data = page.map(({ id, itemId, argv, cwd }) => ({
      itemId,
      processId: id,
      command: shown(argv),
      cwd,
      osPid: null,
      cpuPercent: null,
      rssKb: null,
    }));
    return { data, nextCursor: begin + page.length < commands.length ? String(begin + page.length) : null };
  },

  async "thread/backgroundTerminals/clean"({ threadId }, { server }) {
    assertThreadId(threadId);
    server.loaded(threadId);
    await server.client.call("command/end", { threadId });
    return {};
  },

  async "thread/backgroundTerminals/terminate"({ threadId, processId }, { server }) {
    assertThreadId(threadId);
    server.loaded(threadId);
    if (!/^\d+$/.test(processId)) {
      throw refused("invalid background terminal process id: invalid digit found in string");
    }
    return { terminated: (await server.client.call("command/end", { threadId, id: processId })).ended > 0 };
  },
};
