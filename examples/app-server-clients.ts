/**
 * One server, two clients: both see the thread, and what either of them does. The server listens on a unix socket.
 *
 *     node examples/app-server-clients.ts
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { createClient } from "../src/sdk/index.ts";
import { playground } from "./sdk/playground.ts";

const { folder, env, leave } = await playground({ "notes.txt": "buy milk\n" });
const path = join(folder, "server.sock");
const program = join(import.meta.dirname, "..", "bin", "codex-agent");
const server = spawn(program, ["app-server", "--listen", `unix://${path}`], { cwd: folder, env, stdio: "ignore" });
try {
  while (!existsSync(path)) await delay(20);
  const options = { transport: { type: "unix" as const, path }, defaultThreadParams: { model: "demo", cwd: folder } };
  await using writer = createClient(options);
  await using reader = createClient(options);

  const { sessionId } = await writer.responsesCreate({ prompt: "read notes.txt" });
  // Who resumes a thread hears of all that happens in it.
  await reader.threadResume(sessionId);
  const heard: string[] = [];
  const over = new Promise((resolve) => {
    reader.on("item/completed", ({ item }) => heard.push(item.type));
    reader.on("turn/completed", resolve);
  });
  await writer.responsesCreate({ prompt: "list the files here", sessionId });
  await over;
  console.log(`the other client heard of ${heard.join(", ")}`);
  assert.ok(heard.includes("agentMessage"));
} finally {
  server.kill();
  if (server.exitCode === null && server.signalCode === null) await once(server, "exit");
  await leave();
}
