import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { call, message, respond, type Reply } from "../support/fake-model.ts";
import { startLiveThread, type LiveThread } from "../support/live-thread.ts";
import { handmade } from "../support/mcp/servers.ts";
import { group, hookedThread, runs } from "./hooks/kit.ts";

let live: LiveThread | null = null;
afterEach(async () => {
  await live?.close();
  live = null;
});

const after = (gate: Promise<void>, reply: Reply): Reply => ({
  ...reply,
  parts: [{ gate: () => gate }, ...reply.parts],
});
const begin = (thread: LiveThread): Promise<unknown> =>
  thread.client.call("turn/start", { threadId: thread.info.threadId, input: [{ type: "text", text: "go" }] });

test("a thread that is being closed does nothing more for its model, however long its parts take", async () => {
  const gate = Promise.withResolvers<void>();
  const touches = respond([call("1", "exec_command", { cmd: "touch ran" })]);
  live = await startLiveThread([after(gate.promise, touches), respond([message("m", "done")])], {
    stage: { config: handmade("demo", { env: { MCP_MODE: "stay" } }) },
    thread: { sandbox: "danger-full-access" },
  });
  await begin(live);
  await live.model.seen(1);
  const closed = live.client.call("thread/close", { threadId: live.info.threadId });
  gate.resolve();
  await closed;
  expect(existsSync(join(live.stage.workspace, "ran"))).toBe(false);
  expect(live.model.requests).toHaveLength(1);
  expect(live.events.at(-1)).toMatchObject({ type: "turn.interrupted", reason: "the thread was closed" });
});

test("a hook that hears of the turn that closing stops still finds its server", async () => {
  const never = new Promise<void>(() => {});
  const hook = { type: "mcp_tool", server: "demo", tool: "empty", input: {} };
  live = await hookedThread({ Interrupt: group(hook) }, [after(never, respond([]))], {
    stage: { config: handmade() },
  });
  await begin(live);
  await live.model.seen(1);
  await live.client.call("thread/close", { threadId: live.info.threadId });
  expect(runs(live).map(({ status, entries }) => [status, entries])).toEqual([["completed", []]]);
});
