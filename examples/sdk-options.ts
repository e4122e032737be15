/**
 * Every option of client, thread and turn, and the command line that comes of them: a spawn hook shows it.
 *
 *     node examples/sdk-options.ts
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { subscribe } from "node:diagnostics_channel";
import { Codex, type CodexOptions, type ThreadOptions, type TurnOptions, type TurnSpan } from "../src/sdk/index.ts";
import { playground } from "./sdk/playground.ts";

const { folder, env, leave } = await playground({ "notes.txt": "buy milk\n" });
let called: readonly string[] = [];
const logged: string[] = [];

const codexOptions: CodexOptions = {
  binary: "codex-agent",
  env,
  inheritEnv: false,
  originator: "example",
  config: { model_reasoning_summary: "concise", tools: { web_search: false } },
  configOverrides: ['model_verbosity="low"'],
  killTimeoutMs: 1000,
  maxLineBytes: 1_000_000,
  stderrTailBytes: 4096,
  onMalformedLine: "error",
  jsonFlag: "--json",
  logger: { debug: (message) => logged.push(message), warn: console.warn },
  spawn: (command, args, options) => {
    called = args;
    return spawn(command, args, options);
  },
};
const threadOptions: ThreadOptions = {
  model: "demo",
  threadSource: "example",
  sandboxMode: "workspace-write",
  workingDirectory: folder,
  additionalDirectories: [folder],
  skipGitRepoCheck: true,
  modelReasoningEffort: "low",
  networkAccessEnabled: false,
  webSearchMode: "disabled",
  approvalPolicy: "never",
  ephemeral: true,
  ignoreRules: true,
  enable: ["goals"],
};
const turnOptions: TurnOptions = {
  signal: new AbortController().signal,
  timeoutMs: 60_000,
  idleTimeoutMs: 30_000,
  onEvent: (event) => console.log(event.type),
};

// What a turn took, for tracing: nothing that was said is in it.
const spans: TurnSpan[] = [];
subscribe("codex.exec.turn", (span) => spans.push(span as TurnSpan));

try {
  const turn = await new Codex(codexOptions).startThread(threadOptions).run("read notes.txt", turnOptions);
  console.log(called.join(" "));
  assert.match(turn.finalResponse, /milk/);
  assert.ok(called.includes("--ephemeral") && called.includes('web_search="disabled"'));
  assert.deepEqual(logged, ["codex exec started", "codex.exec.turn"]);
  assert.deepEqual(
    spans.map(({ outcome, exitCode, threadId }) => ({ outcome, exitCode, threadId })),
    [{ outcome: "completed", exitCode: 0, threadId: turn.threadId }],
  );
} finally {
  await leave();
}
