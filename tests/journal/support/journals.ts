import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { RolloutStore } from "../../../src/journal/store.ts";
import type { JournalRecord, NewThread } from "../../../src/kernel/journal-port.ts";
import type { Permissions } from "../../../src/protocol/permissions.ts";
import { messageText, type ResponseItem } from "../../../src/protocol/response-items.ts";
import type { TokenUsage } from "../../../src/protocol/usage.ts";
import { createIds } from "../../../src/system/ids.ts";
import { nodeSystem } from "../../../src/system/node.ts";

export const system = nodeSystem();
export const ids = createIds(system.clock, system.random);

export const fixture = (name: string): string =>
  readFileSync(fileURLToPath(new URL(`../../fixtures/codex/${name}`, import.meta.url)), "utf8");

export function temporaryHome(): { home: string; store: RolloutStore; remove(): void } {
  const home = mkdtempSync(join(tmpdir(), "journal-home-"));
  return { home, store: new RolloutStore(system, home), remove: () => rmSync(home, { recursive: true, force: true }) };
}

/** Puts a rollout where Codex would; returns its path. */
export function place(
  home: string,
  id: string,
  content: string | Uint8Array,
  suffix = ".jsonl",
  time = "2026-11-21T09-55-11",
): string {
  const path = join(home, "sessions/2026/11/21", `rollout-${time}-${id}${suffix}`);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return path;
}

export const idOf = (content: string): string =>
  (JSON.parse(content.slice(0, content.indexOf("\n"))) as { payload: { id: string } }).payload.id;

/** One word or two an item, for comparing histories at a glance. */
export function sketch(history: readonly ResponseItem[]): string[] {
  return history.map((item) => {
    if (item.type === "message") {
      const message = item as Parameters<typeof messageText>[0];
      return `${message.role}: ${messageText(message).slice(0, 40)}`;
    }
    return `${item.type} ${String((item as { call_id?: string }).call_id ?? item.id ?? "")}`;
  });
}

export const readOnly: Permissions = {
  sandbox: "read-only",
  networkAccess: false,
  writableRoots: [],
  excludeTmpdir: false,
  excludeSlashTmp: false,
  approvalPolicy: "never",
};

export const newThread = (id: string, cwd = "/workspace/project"): NewThread => ({
  id,
  cwd,
  originator: "codex_exec",
  source: "exec",
  modelProvider: "fake",
  baseInstructions: { text: "You are a helper.", model: "gpt-5.5" },
  git: null,
  windowId: "01990000-0000-7000-8000-00000000000f",
});

export const usageOf = (input: number): TokenUsage => ({
  inputTokens: input,
  cachedInputTokens: 0,
  cacheWriteInputTokens: 0,
  outputTokens: 10,
  reasoningOutputTokens: 3,
  totalTokens: input + 10,
});

type Content = Extract<JournalRecord, { type: "response.item" }>;

export const prompt = (turnId: string, text: string, sampledThrough: number): Content => ({
  type: "response.item",
  turnId,
  item: { type: "message", id: `msg_${ids.uuid()}`, role: "user", content: [{ type: "input_text", text }] },
  kinds: ["user.text"],
  createdAtMs: Date.now(),
  sampledThrough,
});

export const answer = (turnId: string, text: string, sampledThrough: number, id = `msg_${ids.hex(8)}`): Content => ({
  type: "response.item",
  turnId,
  item: {
    type: "message",
    id,
    status: "completed",
    role: "assistant",
    content: [{ type: "output_text", text, annotations: [] }],
  },
  sampledThrough,
});

export const call = (turnId: string, callId: string, sampledThrough: number): Content => ({
  type: "response.item",
  turnId,
  item: {
    type: "function_call",
    id: `fc_${callId}`,
    status: "completed",
    name: "exec_command",
    arguments: '{"cmd":"echo hi"}',
    call_id: callId,
  },
  sampledThrough,
});

export const output = (turnId: string, callId: string, sampledThrough: number, text = "hi"): Content => ({
  type: "response.item",
  turnId,
  item: { type: "function_call_output", id: `fco_${ids.uuid()}`, call_id: callId, output: text },
  createdAtMs: Date.now(),
  sampledThrough,
});

export const started = (turnId: string): JournalRecord => ({
  type: "turn.started",
  turnId,
  startedAtMs: Date.now(),
  contextWindow: 258_400,
  trigger: "exec",
});

export const completed = (turnId: string, lastMessage: string | null): JournalRecord => ({
  type: "turn.completed",
  turnId,
  lastMessage,
  startedAtMs: Date.now() - 100,
  completedAtMs: Date.now(),
  durationMs: 100,
  firstTokenMs: 40,
});

/** A first turn as the kernel journals one: context, prompt, command, patch, answer. */
export function typicalTurn(turnId: string, cwd: string): JournalRecord[] {
  const now = Date.now();
  const settings = { model: "gpt-5.5", cwd, permissions: readOnly, effort: null };
  const item = (thing: Extract<JournalRecord, { type: "item.completed" }>["item"]): JournalRecord => ({
    type: "item.completed",
    turnId,
    item: thing,
    startedAtMs: now,
    completedAtMs: now,
  });
  return [
    started(turnId),
    {
      type: "response.item",
      turnId,
      item: {
        type: "message",
        id: `msg_${ids.uuid()}`,
        role: "developer",
        content: [{ type: "input_text", text: "<permissions instructions>Ours.</permissions instructions>" }],
      },
      kinds: ["permissions.instructions"],
      createdAtMs: now,
      sampledThrough: 0,
    },
    {
      type: "response.item",
      turnId,
      item: {
        type: "message",
        id: `msg_${ids.uuid()}`,
        role: "user",
        content: [{ type: "input_text", text: `<environment_context>\n  <cwd>${cwd}</cwd>\n</environment_context>` }],
      },
      kinds: ["environments.environment_context"],
      createdAtMs: now,
      sampledThrough: 0,
    },
    {
      type: "world.state",
      full: true,
      state: { agents_md: {}, model: "gpt-5.5", environments: { current_date: "2026-11-21", timezone: "Etc/UTC" } },
    },
    { type: "turn.context", turnId, summary: null, compactionHash: "2911", ...settings },
    { type: "settings.applied", provider: "fake", ...settings },
    prompt(turnId, "ours: first", 0),
    item({ type: "userMessage", id: ids.uuid(), content: [{ type: "text", text: "ours: first" }] }),
    item({ type: "reasoning", id: "rs_1", summary: ["thinking"], content: [] }),
    {
      type: "response.item",
      turnId,
      item: {
        type: "reasoning",
        id: "rs_1",
        summary: [{ type: "summary_text", text: "thinking" }],
        content: null,
        encrypted_content: "e",
      },
      sampledThrough: 3,
    },
    call(turnId, "k1", 3),
    { type: "call.started", callId: "k1" },
    {
      type: "response.item",
      turnId,
      item: {
        type: "custom_tool_call",
        id: "ctc_1",
        status: "completed",
        call_id: "p1",
        name: "apply_patch",
        input: "*** Begin Patch\n*** Add File: n.txt\n+x\n*** End Patch",
      },
      sampledThrough: 3,
    },
    { type: "usage", turnId, responseId: "resp_1", usage: usageOf(100), turn: usageOf(100), thread: usageOf(100) },
    item({
      type: "fileChange",
      id: "p1",
      changes: [
        { path: `${cwd}/a b#c.txt`, kind: "update", diff: "@@ -1 +1 @@\n-a\n+b\n", movePath: `${cwd}/c.txt` },
        { path: `${cwd}/n.txt`, kind: "add", diff: "x\n" },
      ],
      status: "completed",
      stdout: "Success.\n",
      stderr: "",
    }),
    {
      type: "response.item",
      turnId,
      item: { type: "custom_tool_call_output", id: `ctco_${ids.uuid()}`, call_id: "p1", output: "Exit code: 0" },
      createdAtMs: now,
      sampledThrough: 3,
    },
    item({
      type: "commandExecution",
      id: "k1",
      argv: ["/bin/bash", "-lc", "echo hi"],
      cwd,
      processId: "40712",
      source: "startup",
      status: "completed",
      aggregatedOutput: "hi\n",
      exitCode: 0,
      durationMs: 12.5,
    }),
    output(turnId, "k1", 3),
    { type: "token.count", total: usageOf(100), last: usageOf(100), contextWindow: 258_400 },
    item({
      type: "toolCall",
      id: "t1",
      tool: "grep_files",
      arguments: { pattern: "x" },
      status: "completed",
      result: "a.txt",
    }),
    item({ type: "webSearch", id: "ws_1", query: "x", action: { type: "search", query: "x" } }),
    item({ type: "imageView", id: "v1", path: `${cwd}/a.png` }),
    item({ type: "agentMessage", id: "msg_done", text: "ours: done" }),
    answer(turnId, "ours: done", 8, "msg_done"),
    { type: "usage", turnId, responseId: "resp_2", usage: usageOf(100), turn: usageOf(200), thread: usageOf(200) },
    { type: "token.count", total: usageOf(200), last: usageOf(100), contextWindow: 258_400 },
    completed(turnId, "ours: done"),
  ];
}
