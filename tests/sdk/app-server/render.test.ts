import { PassThrough, Writable } from "node:stream";
import { describe, expect, it } from "vitest";
import {
  ExecStyleRenderer,
  renderExecStyleEvents,
  type RenderOptions,
  type ResponseEvent,
} from "../../../src/sdk/index.ts";
import { readEvent, readyEvent } from "../../../src/sdk/app-server/events/read-event.ts";
import { neutral, paletteOf } from "../../../src/sdk/app-server/render/colours.ts";

const ids = { threadId: "t", turnId: "u" };
const event = (method: string, params: object = {}): ResponseEvent =>
  readEvent({ method, params: { ...ids, ...params } });
const item = (type: string, fields: object, phase: "started" | "completed" = "completed", id = "i") =>
  event(`item/${phase}`, { item: { type, id, ...fields } });
const delta = (text: string, id = "m", kind = "agentMessage/delta") =>
  event(`item/${kind}`, { delta: text, itemId: id });
const turn = (status = "completed", error: object | null = null) =>
  event("turn/completed", { turn: { id: "u", status, error } });

async function shown(events: ResponseEvent[], options: RenderOptions = {}): Promise<string> {
  const stream = new PassThrough();
  await renderExecStyleEvents(events, { stream, color: "off", ...options });
  return String(stream.read() ?? "");
}

describe("AS-120: events as lines", () => {
  it("a whole turn", async () => {
    const events = [
      readyEvent("t"),
      event("turn/started", { turn: { id: "u" } }),
      delta("thinking", "r", "reasoning/summaryTextDelta"),
      item("reasoning", { summary: ["thinking"], content: [] }, "completed", "r"),
      item("commandExecution", { command: "ls", status: "inProgress" }, "started", "c"),
      delta("a\n", "c", "commandExecution/outputDelta"),
      delta("b", "c", "commandExecution/outputDelta"),
      item("commandExecution", { command: "ls", status: "failed", exitCode: 2, durationMs: 5 }, "completed", "c"),
      item("mcpToolCall", { server: "s", tool: "f", status: "inProgress" }, "started", "p"),
      event("item/mcpToolCall/progress", { itemId: "p", message: "half" }),
      item("mcpToolCall", { server: "s", tool: "f", status: "completed", durationMs: 1 }, "completed", "p"),
      item("fileChange", { changes: [{ path: "/x" }], status: "inProgress" }, "started", "f"),
      item("fileChange", { changes: [{ path: "/x" }], status: "completed" }, "completed", "f"),
      item("webSearch", { query: "", action: null }, "started", "w"),
      item("webSearch", { query: "cats", action: null }, "completed", "w"),
      event("item/commandExecution/terminalInteraction", { itemId: "c", stdin: "y\n" }),
      delta("The "),
      delta("end."),
      item("agentMessage", { text: "The end." }, "completed", "m"),
      event("thread/tokenUsage/updated", { tokenUsage: {} }),
      turn(),
    ];
    expect(await shown(events)).toBe(`Session: t
== Turn Started ==
[thinking] thinking
[tool.exec] ls
[tool.output:exec] a
b
[tool.exec.done] failed, exit=2, 5ms
[tool.mcp] s/f
[tool.mcp.progress] half
[tool.mcp.done] completed, 1ms
[tool.patch] /x
[tool.patch.done] completed
[tool.web] cats
[tool.stdin] y
Assistant: The end.
== Turn Completed ==
[summary] status=completed, tools=4, errors=1
`);
  });

  it("a message is shown once, whether it came in pieces or whole", async () => {
    const message = item("agentMessage", { text: "hi" }, "completed", "m");
    expect(await shown([delta("hi"), message])).toBe("Assistant: hi\n");
    expect(await shown([message])).toBe("Assistant: hi\n");
    expect(await shown([delta("hi"), event("codex/event/item_completed", { msg: { message: "hi" } })])).toBe(
      "Assistant: hi\n",
    );
  });

  it("what is not wanted is not shown", async () => {
    const events = [delta("r", "r", "reasoning/textDelta"), delta("o", "c", "commandExecution/outputDelta"), turn()];
    expect(await shown(events, { showReasoning: false, showToolOutput: false, showTurnSummary: false })).toBe(
      "== Turn Completed ==\n",
    );
  });

  it("what the system says is shown where it is wanted", async () => {
    const events = [
      event("turn/plan/updated", { plan: [] }),
      event("turn/diff/updated", { diff: "+a" }),
      event("thread/tokenUsage/updated", { tokenUsage: { last: { totalTokens: 1 }, total: { totalTokens: 2 } } }),
      event("thread/compacted"),
      event("thread/status/changed", { status: { type: "idle" } }),
      event("thread/name/updated", { threadName: "n" }),
      event("account/updated", { authMode: "x" }),
      item("contextCompaction", {}),
      event("codex/event/background", { msg: { message: "bg" } }),
      event("fs/changed"),
      delta("a step", "p", "plan/delta"),
    ];
    expect(await shown(events)).toBe("");
    expect((await shown(events, { showSystem: true })).split("\n")).toEqual([
      "[turn.plan] 0 steps: 0 inProgress, 0 pending, 0 completed",
      "[turn.diff] +1 -0",
      "[usage] last=1, total=2",
      "[context] thread compacted",
      "[thread] thread/status/changed",
      "[thread.name] thread name: n",
      "[account] account/updated",
      "[item] contextCompaction",
      "[codex.background] bg",
      "[event] fs/changed",
      "[plan] a step",
      "",
    ]);
  });

  it("failures are lines, those that are tried again warnings", async () => {
    const error = (willRetry: boolean) => event("error", { error: { message: "no" }, willRetry });
    expect(await shown([error(true), error(false), turn("failed", { message: "broke" })])).toBe(
      "[warning] no\n[error] no\n[error] broke\n== Turn Completed ==\n[summary] status=failed, tools=0, errors=2\n",
    );
  });

  it("deprecations are shown once each, out of their fields where they have no text", async () => {
    const notice = (fields: object) => event("deprecationNotice", fields);
    const events = [
      notice({ summary: "Old thing.", details: null }),
      notice({ summary: "old THING", details: null }),
      notice({ feature: "x", replacement: "y" }),
      notice({ details: null }),
    ];
    expect(await shown(events)).toBe("[warning] Old thing.\n[warning] x is deprecated; use y\n");
  });

  it("colours end with their line, and nothing of a model's steers the terminal", async () => {
    const text = await shown([delta("a\u001b[31mb\u001b]0;title\u0007c\rd\u202e")], { color: "vivid" });
    expect(text).toBe("\u001b[1;32mAssistant: \u001b[0m\u001b[1;32mabcd\u001b[0m\n");
    expect(neutral("x\u0000\u009b\ty\n")).toBe("x\ty\n");
  });

  it("colours are chosen by who looks", () => {
    const terminal = Object.assign(new PassThrough(), { isTTY: true });
    const broken = Object.defineProperty(new PassThrough(), "isTTY", {
      get: () => {
        throw new Error("x");
      },
    });
    expect(paletteOf("auto", terminal, {})).toBe("soft");
    expect(paletteOf("auto", new PassThrough(), {})).toBe("off");
    expect(paletteOf("auto", terminal, { NO_COLOR: "1" })).toBe("off");
    expect(paletteOf("auto", new PassThrough(), { CLICOLOR_FORCE: "1" })).toBe("soft");
    expect(paletteOf("auto", broken, {})).toBe("off");
    expect([
      paletteOf("on", undefined),
      paletteOf(true, undefined),
      paletteOf("none", terminal),
      paletteOf(false, terminal),
    ]).toEqual(["vivid", "vivid", "off", "off"]);
  });

  it("waits for a slow stream, and counts", async () => {
    let written = "";
    const slow = new Writable({
      highWaterMark: 1,
      write: (chunk, _, done) => {
        written += String(chunk);
        setTimeout(done, 5);
      },
    });
    const renderer = new ExecStyleRenderer({ stream: slow, color: "off" });
    await renderer.render(event("turn/started", {}));
    expect(slow.writableLength).toBe(0);
    await renderer.render(item("commandExecution", { command: "ls" }, "started"));
    await renderer.render(turn());
    expect(await renderer.finish()).toEqual({ events: 3, lines: 4, tools: 1, errors: 0, turns: 1 });
    expect(written).toContain("[tool.exec] ls");
  });

  it("does not wait for a stream that is gone", async () => {
    const stream = new PassThrough().on("error", () => {});
    const renderer = new ExecStyleRenderer({ stream, color: "off" });
    await renderer.render(event("turn/started", {}));
    stream.destroy();
    await renderer.render(turn());
    expect(await renderer.finish()).toMatchObject({ events: 2 });
  });

  it("takes what comes over time", async () => {
    const stream = new PassThrough();
    const events = (async function* () {
      yield delta("x");
      yield turn();
    })();
    expect(await renderExecStyleEvents(events, { stream, color: "off" })).toMatchObject({ events: 2, lines: 3 });
  });
});
