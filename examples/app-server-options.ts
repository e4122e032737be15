/**
 * Every option of the client, with its default where it has one; and the ways to reach a server.
 *
 *     node examples/app-server-options.ts
 */
import assert from "node:assert/strict";
import { createClient, unset, type ClientOptions, type TransportChoice } from "../src/sdk/index.ts";
import { playground } from "./sdk/playground.ts";

const { folder, env, leave } = await playground();
const stop = new AbortController();

const options: ClientOptions = {
  // What is started, where, and with which configuration.
  binary: "codex-agent", // or "codex", the real one, where it is installed
  appServerArgs: ["app-server"],
  env, // given, nothing is inherited
  processCwd: folder,
  enableWebSearch: false, // left out: as the user has it configured
  serverConfigOverrides: { model_verbosity: "low" }, // -c model_verbosity="low"
  transport: "stdio",

  // What goes with every thread and turn; calls win over it.
  defaultThreadParams: { model: "demo", cwd: folder, sandbox: "workspace-write", approvalPolicy: "on-request" },
  defaultTurnParams: { effort: "low", summary: "auto" },

  // Who asks, and for what.
  clientInfo: { name: "my_program", version: "1.0.0", title: "My program" },
  experimentalApi: false,
  optOutNotifications: ["account/rateLimits/updated"],

  // Who answers. Without any of these: no.
  approvalDefaults: "safe",
  onCommandApproval: ({ command }) => (command?.includes("rm") ? "decline" : undefined), // undefined passes it on
  onFileChangeApproval: (_params, { item }) => (item === null ? "decline" : "accept"),
  policyRubric: { mode: "balanced", commandRules: [{ when: { commandRegex: "ls.*" }, decision: "accept" }] },

  // Limits: milliseconds, bytes, events.
  connectTimeoutMs: 20_000,
  requestTimeoutMs: 60_000, // null: no limit
  streamIdleTimeoutMs: 60_000, // null: no limit
  hookTimeoutMs: 300_000,
  maxLineBytes: 256 * 1024 * 1024,
  maxBufferedEvents: 10_000,

  // What becomes of a connection that breaks, and when the client closes by itself.
  reconnect: { attempts: 3, backoffMs: 200, maxBackoffMs: 5000 },
  signal: stop.signal,
  logger: console,
};

/** The other ways to reach a server; each goes in `transport`. */
const ways: TransportChoice[] = [
  "unix", // $CODEX_HOME/app-server-control/app-server-control.sock
  { type: "unix", path: "/run/me/agent.sock" },
  { type: "ws", url: "ws://127.0.0.1:4500", token: "what --ws-token-file holds" },
];
console.log(`and ${ways.length} other ways to reach a server`);

try {
  const client = createClient(options);
  client.on("deprecation", ({ notice }) => console.warn(notice));
  const info = await client.connect();
  console.log(info.userAgent);
  assert.match(info.userAgent, /^my_program\//);
  // Null and undefined keep the default; `unset` sends a null.
  const { sessionId } = await client.responsesCreate({
    prompt: "list the files here",
    threadParams: { sandbox: "read-only" },
    turnParams: { effort: null, ...unset("summary") },
  });
  assert.equal((await client.threadRead(sessionId)).cwd, folder);
  // The signal closes the client, and with it the server.
  stop.abort();
  await assert.rejects(client.modelList(), { code: "closed" });
  await client.close();
} finally {
  await leave();
}
