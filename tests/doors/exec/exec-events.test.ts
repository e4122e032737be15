import { expect, test } from "vitest";
import { ExecEvents } from "../../../src/doors/exec/exec-events.ts";
import { encodeExecEvent, type ExecEvent } from "../../../src/protocol/codex-0.169/exec-events.ts";
import type { AgentEvent } from "../../../src/protocol/events.ts";
import type { CommandExecution, PlanStep, ThreadItem } from "../../../src/protocol/items.ts";
import { noUsage } from "../../../src/protocol/usage.ts";

const place = { threadId: "t", turnId: "u" };
const started = (item: ThreadItem): AgentEvent => ({ type: "item.started", ...place, item, atMs: 0 });
const completed = (item: ThreadItem): AgentEvent => ({
  type: "item.completed",
  ...place,
  item,
  startedAtMs: 0,
  atMs: 0,
});
const command = (id: string, more: Partial<CommandExecution> = {}): CommandExecution => ({
  type: "commandExecution",
  id,
  argv: ["/bin/bash", "-lc", "echo hi"],
  cwd: "/",
  processId: null,
  source: "agent",
  status: "inProgress",
  aggregatedOutput: "",
  exitCode: null,
  durationMs: null,
  ...more,
});
const plan = (...steps: [string, PlanStep["status"]][]): AgentEvent => ({
  type: "plan.updated",
  ...place,
  explanation: null,
  plan: steps.map(([step, status]) => ({ step, status })),
});
const turnCompleted: AgentEvent = {
  type: "turn.completed",
  ...place,
  lastMessage: null,
  usage: { ...noUsage, inputTokens: 7 },
  durationMs: 1,
};

function translate(...events: AgentEvent[]): ExecEvent[] {
  const written: ExecEvent[] = [];
  const exec = new ExecEvents((event) => written.push(event));
  for (const event of events) exec.accept(event);
  return written;
}

const brief = (events: ExecEvent[]): string[] =>
  events.map((event) => ("item" in event ? `${event.type} ${event.item.id} ${event.item.type}` : event.type));

test("items are numbered as they first appear, and keep their number when they end in another order", () => {
  const written = translate(
    { type: "warning", threadId: "t", message: "careful" },
    { type: "turn.started", ...place, rootTurnId: place.turnId },
    started({ type: "userMessage", id: "x", content: [] }),
    completed({ type: "userMessage", id: "x", content: [] }),
    started(command("c1")),
    started(command("c2")),
    started({ type: "agentMessage", id: "m", text: "" }),
    completed(command("c2", { status: "failed", exitCode: 3, aggregatedOutput: "no" })),
    completed({ type: "agentMessage", id: "m", text: "hi" }),
    completed(command("c1", { status: "completed", exitCode: 0 })),
    turnCompleted,
  );
  expect(brief(written)).toEqual([
    "item.completed item_0 error",
    "turn.started",
    "item.started item_1 command_execution",
    "item.started item_2 command_execution",
    "item.completed item_2 command_execution",
    "item.completed item_3 agent_message",
    "item.completed item_1 command_execution",
    "turn.completed",
  ]);
  expect(written[4]).toMatchObject({
    item: { command: "/bin/bash -lc 'echo hi'", status: "failed", exit_code: 3, aggregated_output: "no" },
  });
});

test("a call id that a model uses twice at once makes two items", () => {
  const written = brief(
    translate(
      started(command("c")),
      started(command("c")),
      completed(command("c")),
      completed(command("c")),
      started(command("c")),
    ),
  );
  expect(written.map((text) => text.split(" ")[1])).toEqual(["item_0", "item_1", "item_0", "item_1", "item_2"]);
});

test("a plan is one item of its turn: started, updated, completed at the end; the next turn has its own", () => {
  const written = translate(
    plan(["a", "pending"]),
    plan(["a", "completed"], ["b", "in_progress"]),
    turnCompleted,
    plan(["c", "pending"]),
    turnCompleted,
    turnCompleted,
  );
  expect(brief(written)).toEqual([
    "item.started item_0 todo_list",
    "item.updated item_0 todo_list",
    "item.completed item_0 todo_list",
    "turn.completed",
    "item.started item_1 todo_list",
    "item.completed item_1 todo_list",
    "turn.completed",
    "turn.completed",
  ]);
  expect(written[2]).toMatchObject({
    item: {
      items: [
        { text: "a", completed: true },
        { text: "b", completed: false },
      ],
    },
  });
});

test("a failed turn tells its error, ends its plan and fails", () => {
  const failed: AgentEvent = {
    type: "turn.failed",
    ...place,
    error: { code: "internal", message: "no" },
    usage: noUsage,
    durationMs: 1,
  };
  const written = translate(plan(["a", "pending"]), failed);
  expect(brief(written)).toEqual([
    "item.started item_0 todo_list",
    "error",
    "item.completed item_0 todo_list",
    "turn.failed",
  ]);
  expect(written.at(-1)).toEqual({ type: "turn.failed", error: { message: "no" } });
});

test("a retry is an error that names its count and cause", () => {
  expect(
    translate({ type: "retry.scheduled", ...place, attempt: 2, maxAttempts: 5, delayMs: 1, atMs: 1, cause: "cut" }),
  ).toEqual([{ type: "error", message: "Reconnecting... 2/5 (cut)" }]);
});

test("a web search has its id twice on the line: ours, then the provider's, which parsers keep", () => {
  const item: ThreadItem = {
    type: "webSearch",
    id: "ws_1",
    query: 'a "b"',
    action: { type: "search", query: 'a "b"' },
  };
  const [line] = translate(completed(item)).map(encodeExecEvent);
  expect(line).toMatch(/^\{"type":"item\.completed","item":\{"id":"item_0","type":"web_search","id":"ws_1",/);
  expect(JSON.parse(line!)).toEqual({
    type: "item.completed",
    item: { id: "ws_1", type: "web_search", query: 'a "b"', action: item.action },
  });
});

test("reasoning without a summary, deltas, pictures and rejections are not told", () => {
  expect(
    translate(
      completed({ type: "reasoning", id: "r", summary: [], content: ["deep"] }),
      { type: "message.delta", ...place, itemId: "m", delta: "x" },
      { type: "call.rejected", ...place, callId: "c", tool: "t", message: "no" },
      completed({ type: "imageView", id: "i", path: "/x" }),
    ),
  ).toEqual([]);
  expect(translate(completed({ type: "reasoning", id: "r", summary: ["a", "b"], content: [] }))).toMatchObject([
    { item: { text: "a\nb" } },
  ]);
});

test("every line is one line, whatever the texts hold", () => {
  const text = "a\nb\r\u2028\u0000😀";
  const [line] = translate(completed({ type: "agentMessage", id: "m", text })).map(encodeExecEvent);
  expect(line).not.toMatch(/[\n\r]/);
  expect(JSON.parse(line!)).toMatchObject({ item: { text } });
});
