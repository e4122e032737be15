import { describe, expect, test } from "vitest";
import {
  commandOf,
  errorLines,
  eventLine,
  itemLines,
  planLines,
  type LineStyle,
} from "../../../src/doors/terminal/item-lines.ts";
import { formOf, isStep, type Step } from "../../../src/doors/terminal/question-form.ts";
import type { CommandExecution, ThreadItem } from "../../../src/protocol/items.ts";
import type { Answer, Question } from "../../../src/protocol/questions.ts";

const style: LineStyle = { colour: false, cwd: "/work", nameOf: (id) => (id === "t1" ? "Ada" : id) };
const command = (cmd: string, more: Partial<CommandExecution> = {}): CommandExecution => ({
  type: "commandExecution",
  id: "c",
  argv: ["/bin/bash", "-lc", cmd],
  cwd: "/work",
  processId: null,
  source: "agent",
  status: "completed",
  aggregatedOutput: "",
  exitCode: 0,
  durationMs: 1,
  ...more,
});
const lines = (item: ThreadItem): string | null => itemLines(item, style);

describe("what is said of items", () => {
  test.each<[ThreadItem, string | null]>([
    [command("ls", { aggregatedOutput: "\n  a.txt  \nb" }), "[exec_command] ls -> a.txt"],
    [command("true"), "[exec_command] true"],
    [
      command("make", { status: "failed", exitCode: 2, aggregatedOutput: "no rule" }),
      "[error] exec_command failed: make -> exit 2: no rule",
    ],
    [command("x", { status: "failed", exitCode: -1 }), "[error] exec_command failed: x -> ended"],
    [command("x", { status: "declined" }), "[error] exec_command failed: x -> declined"],
    [command("y", { source: "interaction", processId: "7" }), "[write_stdin] session 7 <- y"],
    [command(`echo ${"a".repeat(300)}`), `[exec_command] echo ${"a".repeat(192)}...`],
    [command("ls", { aggregatedOutput: "b".repeat(200) }), `[exec_command] ls -> ${"b".repeat(93)}...`],
    [
      command(`python3 - <<'EOF'\nprint(1)\n${"# x\n".repeat(100)}EOF`),
      `[exec_command] python3 - <<'EOF'\nprint(1)\n${"# x\n".repeat(100)}EOF`,
    ],
    [
      {
        type: "fileChange",
        id: "p",
        status: "completed",
        stdout: "",
        stderr: "",
        changes: [
          { path: "/work/a", kind: "add", diff: "" },
          { path: "/else/b", kind: "update", movePath: "/work/c", diff: "" },
        ],
      },
      "[apply_patch] A a, M /else/b -> c",
    ],
    [
      {
        type: "fileChange",
        id: "p",
        status: "failed",
        stdout: "",
        stderr: "no space\n",
        changes: [{ path: "/work/a", kind: "delete", diff: "" }],
      },
      "[error] apply_patch failed: D a -> no space",
    ],
    [{ type: "imageView", id: "i", path: "/work/a\u001b[2J.png" }, "[view_image] a.png"],
    [
      { type: "webSearch", id: "w", query: "", action: { type: "search", query: "cats" } },
      "[web_search] searched: cats",
    ],
    [
      { type: "webSearch", id: "w", query: "", action: { type: "open_page", url: "http://x" } },
      "[web_search] opened: http://x",
    ],
    [
      { type: "webSearch", id: "w", query: "", action: { type: "find_in_page", url: "http://x", pattern: "p" } },
      "[web_search] found: p @ http://x",
    ],
    [{ type: "webSearch", id: "w", query: "", action: {} }, "[web_search] browsing"],
    [
      { type: "toolCall", id: "t", tool: "fetch", arguments: { a: 1 }, status: "completed", result: "one\ntwo" },
      '[fetch] {"a":1} -> one',
    ],
    [
      { type: "toolCall", id: "t", tool: "fetch", arguments: "x", status: "failed", result: "not there" },
      "[error] fetch failed: x -> not there",
    ],
    [
      {
        type: "collabToolCall",
        id: "s",
        tool: "spawnAgent",
        status: "completed",
        senderThreadId: "t0",
        receivers: [{ threadId: "01a1ff1b-9aec-75c9-99a2-a937fe85208d", nickname: "Ada", role: null }],
        prompt: "go",
        model: null,
        reasoningEffort: null,
        agentStates: {},
      },
      "[spawn_agent] spawned Ada (01a1ff1b...208d)",
    ],
    [
      {
        type: "collabToolCall",
        id: "s",
        tool: "wait",
        status: "completed",
        senderThreadId: "t0",
        receivers: [{ threadId: "t1", nickname: null, role: null }],
        prompt: null,
        model: null,
        reasoningEffort: null,
        agentStates: { t1: { completed: "all\nis well" }, t2: "running" },
      },
      "[wait_agent] Ada=completed: all is well, t2=running",
    ],
    [{ type: "reasoning", id: "r", summary: ["x"], content: [] }, null],
  ])("%#: one line each", (item, line) => {
    expect(lines(item)).toBe(line);
  });

  test("plans are counted, and shown step by step", () => {
    const plan = (...status: ("pending" | "in_progress" | "completed")[]) =>
      planLines(
        null,
        status.map((each, index) => ({ step: `s${index}`, status: each })),
        style,
      );
    expect(plan("completed", "in_progress", "pending")).toBe(
      "[update_plan] Working on 2/3\n  [x] s0\n  [>] s1\n  [ ] s2",
    );
    expect(plan("completed", "completed")).toContain("Done 2/2");
    expect(plan("pending", "pending")).toContain("Planned 0/2");
  });

  test("a shell around a command is left out, any other program is quoted", () => {
    expect(commandOf(["/usr/bin/zsh", "-c", "a | b"])).toBe("a | b");
    expect(commandOf(["./bash", "-c", "a | b"])).toBe("./bash -c 'a | b'");
    expect(commandOf(["git", "log", "a b"])).toBe("git log 'a b'");
  });

  test("errors keep their lines, moved in behind the first", () => {
    expect(errorLines("one\ntwo\n\u001b[2Jthree\n", style)).toBe("Error: one\n  two\n  three");
  });

  test("a compaction, a retry and a refused call are lines of their own", () => {
    const place = { threadId: "t", turnId: "u" };
    const compaction = {
      ...place,
      itemId: "i",
      trigger: "auto",
      phase: "pre_turn",
      totalTokens: 90,
      tokenLimit: 80,
    } as const;
    expect(eventLine({ type: "compaction.started", ...compaction }, style)).toBe("[status] auto-compact: 90/80 tokens");
    const failed = { ...compaction, error: { code: "server_error" as const, message: "down" }, goesOn: true };
    expect(eventLine({ type: "compaction.failed", ...failed }, style)).toBe("[error] auto-compact failed: down");
    expect(
      eventLine({ type: "call.rejected", ...place, callId: "c", tool: "exec\u0007", message: "no\nnever" }, style),
    ).toBe("[error] exec failed: no never");
    expect(
      eventLine(
        { type: "retry.scheduled", ...place, attempt: 1, maxAttempts: 5, delayMs: 1, atMs: 1, cause: "cut" },
        style,
      ),
    ).toBe("[status] Reconnecting... 1/5 (cut)");
  });
});

describe("how questions are answered", () => {
  /** Types the lines one after the other. */
  const take = (question: Question, ...typed: string[]): Answer | Step => {
    let now: Answer | Step = formOf(question, "/work");
    for (const line of typed) {
      if (!isStep(now)) throw new Error("answered before everything was typed");
      now = now.take(line);
    }
    return now;
  };
  const choice = (
    id: string,
  ): { id: string; header: string; question: string; options: { label: string; description: string }[] } => ({
    id,
    header: "H",
    question: `${id}?`,
    options: [
      { label: "Red", description: "like blood" },
      { label: "Blue", description: "" },
    ],
  });
  const choices = (...ids: string[]): Question => ({
    type: "choices",
    callId: "c",
    questions: ids.map(choice),
    resolveAfterMs: null,
  });
  const answers = (given: Record<string, string[]>): Answer => ({ type: "choices", answers: given });

  test("choices by number, by other words, and by Other; nothing cancels", () => {
    const form = formOf(choices("q"), "/work");
    expect(form.lines).toEqual([
      "[request_user_input] waiting for user response",
      "[H] q?",
      "  1. Red - like blood",
      "  2. Blue",
      "  0. Other",
    ]);
    expect(form.prompt).toBe("answer> ");
    expect(take(choices("q"), "2")).toEqual(answers({ q: ["Blue"] }));
    expect(take(choices("q"), " green ")).toEqual(answers({ q: ["green"] }));
    expect(take(choices("q"), "7")).toEqual(answers({ q: ["7"] }));
    expect(take(choices("q"), "0", "teal")).toEqual(answers({ q: ["teal"] }));
    expect((take(choices("q"), "0") as Step).prompt).toBe("other> ");
    expect(take(choices("q"), "0", "")).toEqual({ type: "cancel" });
    expect(take(choices("q"), "")).toEqual({ type: "cancel" });
    expect(take(choices("a", "b"), "1", "2")).toEqual(answers({ a: ["Red"], b: ["Blue"] }));
  });

  test.each<[string, Answer]>([
    ["t", { type: "rights", rights: { network: { enabled: true } }, scope: "turn" }],
    ["Yes", { type: "rights", rights: { network: { enabled: true } }, scope: "turn" }],
    ["session", { type: "rights", rights: { network: { enabled: true } }, scope: "session" }],
    ["n", { type: "deny" }],
    ["anything", { type: "deny" }],
    ["", { type: "deny" }],
  ])("rights by %j", (typed, answer) => {
    const question: Question = {
      type: "rights",
      callId: "c",
      rights: { network: { enabled: true } },
      reason: "to fetch",
    };
    expect(formOf(question, "/work").lines).toEqual(
      expect.arrayContaining(["[request_permissions] user approval required", "Reason: to fetch"]),
    );
    expect(take(question, typed)).toEqual(answer);
  });

  test("fields of a server by their kinds", () => {
    const question: Question = {
      type: "elicitation",
      server: "forms",
      message: "who?",
      url: null,
      schema: {
        type: "object",
        required: ["name", "age"],
        properties: {
          name: { type: "string" },
          age: { type: "integer" },
          kind: { type: "string", enum: ["cat", "dog"] },
          ok: { type: "boolean" },
        },
      },
    };
    const answer = take(question, "Ada", "old", "36", "2", "");
    expect(answer).toEqual({ type: "content", content: { name: "Ada", age: 36, kind: "dog" } });
    expect(take(question, "")).toEqual({ type: "cancel" });
    const page: Question = { ...question, schema: null, url: "https://example.invalid/\u202e" };
    expect(formOf(page, "/work").lines.join()).toContain("https://example.invalid/\\u{202e}");
    expect(take(page, "y")).toEqual({ type: "allow", scope: "once" });
    expect(take(page, "no")).toEqual({ type: "deny" });
  });

  test("commands may be allowed by their first words where some are proposed", () => {
    const question: Question = {
      type: "command",
      callId: "c",
      argv: ["bash", "-lc", "npm test -- x"],
      cwd: "/else",
      reason: null,
      prefixRule: ["npm", "test"],
    };
    const { lines: shown } = formOf(question, "/work");
    expect(shown.slice(0, 3)).toEqual([
      "[exec_command] may this run without the sandbox?",
      "  npm test -- x",
      "in /else",
    ]);
    expect(shown.at(-1)).toContain("begins with `npm test`");
    expect(take(question, "p")).toEqual({ type: "allow", scope: "session", prefix: true });
    expect(take(question, "a")).toEqual({ type: "allow", scope: "always" });
    const without: Question = { ...question, prefixRule: null };
    expect(formOf(without, "/work").lines.join()).not.toContain("[p]");
    expect((take(without, "a") as Step).lines).toEqual([
      "Answer y, t, s, f, n or c; a time behind t, s, f or p is 90s, 30m, 12h or 7d.",
    ]);
  });

  test("an MCP call shows what it is called with", () => {
    const question: Question = {
      type: "mcpCall",
      callId: "c",
      server: "s",
      tool: "t",
      arguments: { path: "/x" },
      reason: null,
    };
    expect(formOf(question, "/work").lines.slice(0, 4)).toEqual([
      "[s] may t be called?",
      "  {",
      '    "path": "/x"',
      "  }",
    ]);
    expect(take(question, "y")).toEqual({ type: "allow", scope: "once" });
    expect(take(question, "c")).toEqual({ type: "cancel" });
  });
});
