import { expect, test } from "vitest";
import { Client, type Transport } from "../../../src/client/client.ts";
import { Conversation } from "../../../src/doors/terminal/conversation.ts";
import type { Display, Terminal } from "../../../src/doors/terminal/display.ts";
import type { AgentEvent } from "../../../src/protocol/events.ts";
import type { ThreadInfo } from "../../../src/protocol/methods.ts";
import { noUsage } from "../../../src/protocol/usage.ts";

const info: ThreadInfo = {
  threadId: "root",
  summary: {
    id: "root",
    origin: {
      sessionId: "root",
      forkedFromId: null,
      parentThreadId: null,
      agent: null,
      originator: "tests",
      source: "cli",
      threadSource: "user",
      version: "0",
      git: null,
      legacy: false,
    },
    path: null,
    cwd: "/work",
    name: null,
    preview: "",
    modelProvider: "p",
    createdAtMs: 0,
    updatedAtMs: 0,
  },
  cwd: "/work",
  model: "m",
  provider: "p",
  permissions: {
    sandbox: "read-only",
    networkAccess: false,
    writableRoots: [],
    excludeTmpdir: false,
    excludeSlashTmp: false,
    approvalPolicy: "on-request",
  },
  collaborationMode: "default",
  modeInstructions: null,
  serviceTier: null,
  personality: null,
  permissionProfile: null,
  contextWindow: 100_000,
  reasoningEffort: null,
  reasoningSummary: null,
  path: null,
  usage: { ...noUsage },
  warnings: [],
  notices: [],
};

function open(): {
  conversation: Conversation;
  printed: string[];
  calls: unknown[];
  tell(event: AgentEvent): void;
  prompts: (string | null)[];
} {
  const printed: string[] = [];
  const prompts: (string | null)[] = [];
  const calls: unknown[] = [];
  let tell = (_event: AgentEvent): void => undefined;
  const transport: Transport = {
    call: (method, params) => {
      calls.push([method, params]);
      return Promise.resolve({}) as never;
    },
    onEvent: (listener) => void (tell = listener),
    close: () => Promise.resolve(),
  };
  const display: Display = {
    live: true,
    colour: false,
    print: (text) => void printed.push(text),
    stream: () => undefined,
    endStream: () => undefined,
    prompt: (text) => void prompts.push(text),
    status: () => undefined,
  };
  const terminal: Terminal = {
    display,
    onInput: () => undefined,
    onGone: () => undefined,
    holdDraft: () => false,
    restoreDraft: () => undefined,
    remember: () => undefined,
    close: () => undefined,
  };
  const ports = { client: new Client(transport), terminal, events: null, now: () => 0 };
  const conversation = new Conversation(ports, info, "a title");
  return { conversation, printed, calls, prompts, tell: (event) => tell(event) };
}

const agent = (threadId: string, nickname: string): AgentEvent => ({
  type: "agent.changed",
  threadId: "root",
  agent: { threadId, nickname, role: null, path: null, status: "running", usage: { ...noUsage } },
});
const asked = (threadId: string, questionId: string): AgentEvent => ({
  type: "question.asked",
  threadId,
  turnId: "t",
  questionId,
  question: { type: "command", callId: "c", argv: ["rm", "x"], cwd: "/work", reason: null, prefixRule: null },
});

test("questions of sub-agents, and of theirs, are asked under their names and answered where they came from, one by one", () => {
  const me = open();
  me.tell(agent("a1", "Ada\u001b[2J"));
  me.tell({ ...agent("a2", "Grace"), threadId: "a1" });
  me.tell(asked("a1", "q1"));
  me.tell(asked("a2", "q2"));
  me.tell(asked("root", "q3"));
  expect(me.printed).toHaveLength(1);
  expect(me.printed[0]).toMatch(/^\[Ada\] asks:\n\[exec_command\] may this run without the sandbox\?\n {2}rm x\n/);
  expect(me.prompts.at(-1)).toBe("approve> ");
  me.conversation.answer("y");
  expect(me.printed[1]).toMatch(/^\[Grace\] asks:/);
  me.conversation.answer("n");
  expect(me.printed[2]).toMatch(/^\[exec_command\]/);
  me.conversation.cancelQuestion();
  expect(me.calls).toEqual([
    ["question/answer", { threadId: "a1", questionId: "q1", answer: { type: "allow", scope: "once" } }],
    ["question/answer", { threadId: "a2", questionId: "q2", answer: { type: "deny" } }],
    ["question/answer", { threadId: "root", questionId: "q3", answer: { type: "cancel" } }],
  ]);
  expect(me.conversation.asking).toBe(false);
  expect(me.prompts.at(-1)).toBe("codex-agent> ");
});

test("a question that somebody else answered is withdrawn, and the next one is asked", () => {
  const me = open();
  me.tell(asked("root", "q1"));
  me.tell(asked("root", "q2"));
  me.tell({ type: "question.closed", threadId: "root", turnId: "t", questionId: "q1", answer: { type: "deny" } });
  expect(me.printed).toEqual([
    expect.stringContaining("may this run"),
    "[question] no answer is needed any more",
    expect.stringContaining("may this run"),
  ]);
  me.tell({ type: "question.closed", threadId: "root", turnId: "t", questionId: "q2", answer: null });
  expect(me.conversation.asking).toBe(false);
});

test("what a sub-agent says is not shown, and an agent without a name has its id", () => {
  const me = open();
  me.tell(agent("01a1ff1b-9aec-75c9-99a2-a937fe85208d", ""));
  me.tell({ type: "warning", threadId: "01a1ff1b-9aec-75c9-99a2-a937fe85208d", message: "quiet" });
  expect(me.printed).toEqual([]);
  me.tell(asked("01a1ff1b-9aec-75c9-99a2-a937fe85208d", "q1"));
  expect(me.printed[0]).toMatch(/^\[01a1ff1b\.\.\.208d\] asks:/);
});
