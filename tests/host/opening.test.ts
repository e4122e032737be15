import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { message, respond } from "../support/fake-model.ts";
import { startLiveThread, type LiveThread } from "../support/live-thread.ts";
import { handmade } from "../support/mcp/servers.ts";
import { configFile } from "../support/run.ts";

let live: LiveThread | null = null;
afterEach(async () => {
  await live?.close();
  live = null;
});

const runs = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

test("a thread that settings kept from opening can be opened with others", async () => {
  live = await startLiveThread(() => respond([message("m", "fine")]));
  const { client, info } = live;
  const { threadId } = info;
  await live.say("one");
  await client.call("thread/close", { threadId });
  const overrides = [`codex_agent.tools.enable=["typo"]`];
  await expect(client.call("thread/resume", { threadId, overrides })).rejects.toMatchObject({ code: "config" });
  expect(await client.call("thread/resume", { threadId })).toMatchObject({ threadId });
});

test("a thread that cannot be opened leaves no server running", async () => {
  live = await startLiveThread([]);
  const { client, model, stage } = live;
  const file = join(stage.root, "pid");
  const config = `${handmade("demo", { env: { MCP_PID: file } })}\n[hooks]\nStop = 3\n`;
  writeFileSync(join(stage.codexHome, "config.toml"), configFile(model.baseUrl, { config }));
  await expect(client.call("thread/start", { cwd: stage.workspace })).rejects.toMatchObject({ code: "config" });
  expect(runs(Number(readFileSync(file, "utf8")))).toBe(false);
});
