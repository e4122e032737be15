import { spawn } from "node:child_process";
import { appendFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, test } from "vitest";
import { readHooks } from "../../src/config/hooks/read-hooks.ts";
import { loadConfig } from "../../src/config/load.ts";
import { readOutcome, type HookEnd } from "../../src/kernel/hooks/outcome.ts";
import type { HookEntry, HookEventName, HookRun } from "../../src/protocol/hooks.ts";
import { call, message, respond, startFakeModel } from "../support/fake-model.ts";
import { makeStage, oracle } from "../support/run.ts";

/** What hooks may do, well and badly, for an event of this name: exit code (null: a signal), stdout, stderr. */
function ends(event: string): HookEnd[] {
  const said = (stdout: unknown, code: number | null = 0, stderr = ""): HookEnd => ({
    code,
    stdout: typeof stdout === "string" ? stdout : JSON.stringify(stdout),
    stderr,
  });
  const specific = (rest: object): object => ({ hookSpecificOutput: { hookEventName: event, ...rest } });
  const decisions = ["allow", "deny", "ask", "defer"].flatMap((permissionDecision) => [
    specific({ permissionDecision }),
    specific({ permissionDecision, permissionDecisionReason: " why " }),
    specific({ permissionDecision, updatedInput: { command: "echo other" } }),
    specific({ permissionDecision, permissionDecisionReason: "why", additionalContext: "C" }),
    { decision: "block", reason: "R", ...specific({ permissionDecision }) },
  ]);
  const behaviors = ["allow", "deny", "maybe"].flatMap((behavior) =>
    [
      {},
      { message: "M" },
      { message: " " },
      { updatedInput: {} },
      { updatedPermissions: [] },
      { interrupt: true },
      { interrupt: false },
    ].map((rest) => specific({ decision: { behavior, ...rest } })),
  );
  const answers: unknown[] = [
    "",
    "{}",
    "  {} \n",
    "{} more",
    "[1]",
    "[1",
    "{",
    "null",
    '"text"',
    "3",
    "plain text\n",
    "  two \n lines \n",
    { continue: false },
    { continue: false, stopReason: "SR" },
    { continue: false, systemMessage: "SYS" },
    { continue: true, stopReason: null },
    { continue: null },
    { continue: "no" },
    { stopReason: "SR" },
    { suppressOutput: true },
    { systemMessage: "SYS" },
    { systemMessage: "" },
    { decision: "block" },
    { decision: "block", reason: "R" },
    { decision: "block", reason: " R \n" },
    { decision: "block", reason: "  " },
    { decision: "approve" },
    { decision: "approve", reason: "R" },
    { decision: "maybe" },
    { decision: null, reason: null },
    { reason: "R" },
    { foo: 1 },
    specific({}),
    specific({ additionalContext: "C" }),
    specific({ additionalContext: "" }),
    specific({ additionalContext: 1 }),
    specific({ foo: 1 }),
    { hookSpecificOutput: null },
    { hookSpecificOutput: { additionalContext: "C" } },
    { hookSpecificOutput: { hookEventName: "PreToolUse" } },
    { hookSpecificOutput: { hookEventName: "Nothing" } },
    { decision: "block", reason: "R", systemMessage: "SYS", ...specific({ additionalContext: "C" }) },
    {
      continue: false,
      stopReason: "SR",
      decision: "block",
      reason: "R",
      systemMessage: "SYS",
      ...specific({ additionalContext: "C" }),
    },
    specific({ updatedInput: { command: "echo other" } }),
    specific({ permissionDecisionReason: "why" }),
    specific({ updatedMCPToolOutput: { x: 1 } }),
    ...decisions,
    ...behaviors,
  ];
  return [
    ...answers.map((answer) => said(answer)),
    said("", 0, "words"),
    said("", 1, "words"),
    said("", 3),
    said("", 2, "line one\nline two\n"),
    said("", 2, "  \n"),
    said("out", 2),
    said({ systemMessage: "SYS" }, 2, "words"),
    said({ systemMessage: "SYS" }, 1, "words"),
    said("", null),
  ];
}

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
const commandOf = ({ code, stdout, stderr }: HookEnd, index: number): string =>
  [
    `: ${index}; cat > /dev/null`,
    `printf %s ${quoted(stdout)}`,
    `printf %s ${quoted(stderr)} >&2`,
    code === null ? "kill -9 $$" : `exit ${code}`,
  ].join("; ");

/** Has the real Codex run one hook for each end, and gives the runs by their position. */
async function realRuns(event: string, all: readonly HookEnd[]): Promise<Map<number, HookRun>> {
  let requests = 0;
  const tool = { cmd: "echo hi", ...(event === "PermissionRequest" && { sandbox_permissions: "require_escalated" }) };
  const calls = /ToolUse|Permission|Interrupt/.test(event);
  const model = await startFakeModel(() => {
    const first = requests++ === 0;
    if (first && event === "Interrupt") return respond([call("1", "exec_command", { cmd: "sleep 30" })]);
    return first && calls ? respond([call("1", "exec_command", tool)]) : respond([message(`msg_${requests}`, "done")]);
  });
  const hooks = {
    [event]: [{ hooks: all.map((end, index) => ({ type: "command", command: commandOf(end, index) })) }],
  };
  const stage = await makeStage({
    baseUrl: model.baseUrl,
    config: 'model = "gpt-5.5"\napproval_policy = "on-request"\nsandbox_mode = "workspace-write"',
    homeFiles: { "hooks.json": JSON.stringify({ hooks }) },
  });
  const { hooks: read } = await loadConfig({ env: stage.env, cwd: stage.workspace });
  const trust = readHooks(read.places, read.state).hooks.map(
    ({ key, currentHash }) => `\n[hooks.state.${JSON.stringify(key)}]\ntrusted_hash = "${currentHash}"\n`,
  );
  await appendFile(join(stage.codexHome, "config.toml"), trust.join(""));
  const child = spawn(oracle().path, ["app-server"], {
    cwd: stage.workspace,
    env: stage.env,
    stdio: ["pipe", "pipe", "ignore"],
  });
  const send = (sent: object): void => void child.stdin.write(`${JSON.stringify(sent)}\n`);
  const runs = new Map<number, HookRun>();
  let threadId = "";
  try {
    send({ id: 1, method: "initialize", params: { clientInfo: { name: "test", title: "test", version: "1" } } });
    for await (const line of createInterface({ input: child.stdout })) {
      const { id, method, params, result } = JSON.parse(line) as {
        id?: number | string;
        method?: string;
        params: { run: HookRun; turnId: string; item: { type: string } };
        result?: { thread?: { id: string } };
      };
      if (id === 1 && method === undefined) {
        send({ method: "initialized" });
        send({ id: 2, method: "thread/start", params: {} });
      } else if (id === 2 && result?.thread !== undefined) {
        threadId = result.thread.id;
        send({ id: 3, method: "turn/start", params: { threadId, input: [{ type: "text", text: "go" }] } });
      } else if (id !== undefined && method !== undefined) send({ id, result: { decision: "accept" } });
      else if (event === "Interrupt" && method === "item/started" && params.item.type === "commandExecution")
        send({ id: 4, method: "turn/interrupt", params: { threadId, turnId: params.turnId } });
      else if (method === "turn/completed" && event === "SessionEnd")
        send({ id: 5, method: "thread/archive", params: { threadId } });
      else if (method === "turn/completed" && /Compact/.test(event) && runs.size === 0)
        send({ id: 6, method: "thread/compact/start", params: { threadId } });
      else if (method === "hook/completed") {
        if (!runs.has(params.run.displayOrder)) runs.set(params.run.displayOrder, params.run);
        if (runs.size === all.length) return runs;
      }
    }
    throw new Error("the real Codex has ended before its hooks");
  } finally {
    child.kill("SIGKILL");
    await model.close();
    await stage.dispose();
  }
}

const timedOut = (run: HookRun | undefined): boolean =>
  run?.entries.some(({ text }) => text.startsWith("hook timed out")) === true;

/** None of these takes long, but some events give all of them one second: those that a busy machine held up are run again. */
async function allRealRuns(event: string, all: readonly HookEnd[]): Promise<Map<number, HookRun>> {
  const runs = new Map<number, HookRun>();
  let left = [...all.keys()];
  for (let tries = 0; left.length > 0 && tries < 5; tries++) {
    const found = await realRuns(
      event,
      left.map((index) => all[index]!),
    );
    for (const [at, run] of found) runs.set(left[at]!, run);
    left = left.filter((index) => timedOut(runs.get(index)));
  }
  return runs;
}

/** Where Codex speaks in sentences, ours are our own. */
const sentences =
  /did not write|without a status code|terminated without|stopped execution$|denied approval$|returned non-JSON stdout/;

function worded(entries: readonly HookEntry[], real: readonly HookEntry[]): HookEntry[] {
  return entries.map(({ kind, text }, index) => ({ kind, text: sentences.test(real[index]?.text ?? "") ? "" : text }));
}

const events: Record<string, HookEventName> = {
  SessionStart: "sessionStart",
  UserPromptSubmit: "userPromptSubmit",
  PreModelRequest: "preModelRequest",
  PostModelRequest: "postModelRequest",
  PreToolUse: "preToolUse",
  PermissionRequest: "permissionRequest",
  PostToolUse: "postToolUse",
  PreCompact: "preCompact",
  PostCompact: "postCompact",
  Stop: "stop",
  Interrupt: "interrupt",
  SessionEnd: "sessionEnd",
};

test.each(Object.entries(events))(
  "what a %s hook says is understood as the real Codex understands it",
  async (name, event) => {
    // These have a second for all of them.
    const all = name === "SessionEnd" ? ends(name).slice(-12) : ends(name);
    const runs = await allRealRuns(name, all);
    const compared = all.map((end, index) => {
      const real = runs.get(index);
      const got = readOutcome(event, end);
      const entries = real?.entries ?? [];
      return {
        real: { ...end, status: real?.status, entries: worded(entries, entries) },
        got: { ...end, status: got.status, entries: worded(got.entries, entries) },
      };
    });
    expect(compared.map(({ got }) => got)).toEqual(compared.map(({ real }) => real));
  },
);
