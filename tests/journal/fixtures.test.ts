import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fixture, idOf, place, sketch, temporaryHome } from "./support/journals.ts";

let home: ReturnType<typeof temporaryHome>;
beforeEach(() => void (home = temporaryHome()));
afterEach(() => home.remove());

function load(name: string) {
  const content = fixture(name);
  place(home.home, idOf(content), content);
  return home.store.read(idOf(content));
}

describe("a rollout of the real Codex becomes the thread that it recorded", () => {
  it("a turn with a patch", () => {
    const thread = load("rollout-typical.jsonl");
    expect(sketch(thread.history)).toEqual([
      "developer: <skills_instructions><text><permissions ",
      "user: <environment_context>\n  <cwd>/workspace/",
      "user: do it",
      "custom_tool_call call_p",
      "custom_tool_call_output call_p",
      "assistant: patched",
    ]);
    expect(thread).toMatchObject({ sequence: 6, unfinishedTurn: null, windowNumber: 0, warnings: [] });
    expect(thread.usage).toMatchObject({ inputTokens: 200, cachedInputTokens: 80, outputTokens: 20, totalTokens: 220 });
    expect(thread.lastUsage).toMatchObject({ inputTokens: 100 });
    expect(thread.lastContext).toMatchObject({
      model: "gpt-5.5",
      compactionHash: "2911",
      cwd: "/workspace/project",
      approvalPolicy: "never",
      sandboxPolicy: { type: "workspace-write", network_access: false },
    });
    expect(thread.worldState).toMatchObject({ model: "gpt-5.5", environments: { current_date: "2026-11-21" } });
    expect(thread.meta).toMatchObject({
      originator: "codex_exec",
      source: "exec",
      legacy: false,
      modelProvider: "fake",
      git: {},
    });
    expect(thread.turns).toHaveLength(1);
    expect(thread.turns[0]!.items[1]).toMatchObject({
      type: "fileChange",
      status: "completed",
      changes: [
        { path: "/workspace/project/a.txt", kind: "update" },
        { path: "/workspace/project/b.txt", kind: "delete", diff: "bye\n" },
        { path: "/workspace/project/c.txt", kind: "update", movePath: "/workspace/project/d/c2.txt" },
        { path: "/workspace/project/new.txt", kind: "add", diff: "one\ntwo\n" },
      ],
    });
  });

  it("items go back to a model without what the rollout added to them", () => {
    const { history } = load("rollout-typical.jsonl");
    expect(JSON.stringify(history)).not.toContain("internal_chat_message_metadata_passthrough");
    expect(history[2]).toEqual({
      type: "message",
      id: "msg_01a1fd14-7ab2-7222-a7f8-c90f8d0b3b24",
      role: "user",
      content: [{ type: "input_text", text: "do it" }],
    });
  });

  it("an interrupted turn keeps its marker and its late item", () => {
    const thread = load("rollout-interrupted.jsonl");
    expect(sketch(thread.history).slice(3)).toEqual([
      "function_call z1",
      "function_call_output z1",
      "user: <turn_aborted>\n<text>\n</turn_aborted>",
    ]);
    expect(thread.turns[0]).toMatchObject({ status: "interrupted" });
    expect(thread.turns[0]!.items[1]).toMatchObject({
      type: "commandExecution",
      status: "failed",
      exitCode: -1,
      durationMs: 3199,
    });
  });

  it("a compaction replaces what came before it", () => {
    const thread = load("rollout-compacted-resumed.jsonl");
    expect(sketch(thread.history)).toEqual([
      "developer: <skills_instructions><text><permissions ",
      "user: <environment_context>\n  <cwd>/workspace/",
      "user: do it",
      "user: <text>",
      "assistant: after compaction",
    ]);
    expect(thread).toMatchObject({ sequence: 10, windowNumber: 1 });
    expect(thread.usage.totalTokens).toBe(9320);
  });

  it("a legacy file has no ordinals, no context and a preview", () => {
    const thread = load("rollout-minimal.jsonl");
    expect(sketch(thread.history)).toEqual(["user: remember BLUE", "assistant: OK BLUE"]);
    expect(thread).toMatchObject({ worldState: null, lastContext: null, sequence: 2, meta: { legacy: true } });
    expect(thread.usage.totalTokens).toBe(0);
    expect(thread.turns[0]!.items.map((item) => item.type)).toEqual(["userMessage", "agentMessage"]);
    expect(home.store.list({ limit: 5 }).threads[0]).toMatchObject({ preview: "remember BLUE" });
  });

  it("a review and its child", () => {
    expect(sketch(load("review-parent-rollout.jsonl").history)).toEqual([
      "user: <user_action><text></user_action>",
      "assistant: Explained.\n\nFull review comments:\n\n- [P1",
    ]);
    const child = load("review-child-rollout.jsonl");
    expect(sketch(child.history).slice(2)).toEqual([
      "user: <text>",
      "function_call call_3",
      "function_call_output call_3",
      expect.stringMatching(/^assistant: \{"findings"/),
    ]);
    expect(child.meta.source).toEqual({ subagent: "review" });
  });
});
