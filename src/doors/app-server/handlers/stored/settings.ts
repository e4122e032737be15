import { refused } from "../../request-error.ts";
import { settingsOf } from "../../words/settings.ts";
import { assertThreadId } from "../../words/thread-ids.ts";
import type { Handlers } from "../handlers.ts";

type Methods =
  | "thread/settings/update"
  | "turn/settings/update"
  | "thread/goal/set"
  | "thread/goal/get"
  | "thread/goal/clear";

export const settings: Handlers<Methods> = {
  async "thread/settings/update"(params, { server }) {
    const { threadId } = params;
    assertThreadId(threadId);
    server.loaded(threadId);
    const change = settingsOf(params);
    if (Object.keys(change).length > 0) {
      await server.client.call("thread/settings", { ...change, threadId, whenBusy: "hold" });
    }
    return {};
  },

  async "turn/settings/update"({ threadId }, { server }) {
    assertThreadId(threadId);
    server.loaded(threadId);
    throw refused("turn settings updates require the step_model_switching feature");
  },

  async "thread/goal/get"({ threadId }, { server }) {
    assertThreadId(threadId);
    server.loaded(threadId);
    return server.client.call("thread/goal/get", { threadId });
  },

  async "thread/goal/set"({ threadId, objective, status, tokenBudget }, { server }) {
    assertThreadId(threadId);
    if (server.loaded(threadId).info.path === null) {
      throw refused(`ephemeral thread does not support goals: ${threadId}`);
    }
    return server.client.call("thread/goal/set", {
      threadId,
      ...(objective != null && { objective }),
      ...(status != null && { status }),
      ...(tokenBudget !== undefined && { tokenBudget }),
    });
  },

  async "thread/goal/clear"({ threadId }, { server }) {
    assertThreadId(threadId);
    server.loaded(threadId);
    return server.client.call("thread/goal/clear", { threadId });
  },
};
