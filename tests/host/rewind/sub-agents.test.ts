import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { call, message, respond, type Reply } from "../../support/fake-model.ts";
import { startLiveThread } from "../../support/live-thread.ts";
import { until } from "../../support/until.ts";

it("what a sub-agent does is the work of the turn in which it was sent off", async () => {
  let workspace = "";
  const done = (): Promise<unknown> => until(() => existsSync(join(workspace, "done")));
  const parent: Reply[] = [
    respond([call("s", "spawn_agent", { message: "work" }, { namespace: "multi_agent_v1" })]),
    { ...respond([message("m", "end")]), parts: [{ gate: done }, ...respond([message("m", "end")]).parts] },
  ];
  const child: Reply[] = [respond([call("c", "exec_command", { cmd: "echo two > a.txt; touch done", login: false })])];
  const live = await startLiveThread(
    (request) => {
      const queue = request.headers["x-openai-subagent"] === undefined ? parent : child;
      return queue.shift() ?? respond([message("e", "end")]);
    },
    {
      stage: { files: { "a.txt": "one\n" } },
      thread: { model: "unknown-model", sandbox: "danger-full-access", approvalPolicy: "never", keepSnapshots: true },
    },
  );
  try {
    workspace = live.stage.workspace;
    const { threadId } = live.info;
    expect((await live.say("go")).type).toBe("turn.completed");
    await live.client.call("thread/close", { threadId });
    const report = await live.client.call("thread/rewind", { threadId, to: 0 });
    expect(report).toMatchObject({ done: true, conflicts: [] });
    expect(report.files.map(({ action, path }) => `${action} ${path}`)).toEqual(["restore a.txt", "delete done"]);
    expect(readFileSync(join(workspace, "a.txt"), "utf8")).toBe("one\n");
  } finally {
    await live.close();
  }
});
