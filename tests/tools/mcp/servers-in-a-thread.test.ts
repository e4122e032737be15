import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { McpToolCall } from "../../../src/protocol/items.ts";
import { message, respond, type ModelItem, type RecordedRequest, type Step } from "../../support/fake-model.ts";
import { startLiveThread, type LiveThread } from "../../support/live-thread.ts";
import { handmade, mcpCall, searchCall } from "../../support/mcp/servers.ts";
import { until } from "../../support/until.ts";

const last = respond([message("msg_last", "answer")]);
const turn = (...items: ModelItem[]): Step[] => [...items.map((item) => respond([item])), last];
const demo = "mcp__demo";
const approve = `default_tools_approval_mode = "approve"`;

let open: LiveThread | null = null;
afterEach(async () => {
  await open?.close();
  open = null;
});

async function thread(script: Step[], config: string, model = "gpt-5.5"): Promise<LiveThread> {
  open = await startLiveThread(script, { stage: { config }, thread: { model } });
  return open;
}

const calls = ({ events }: LiveThread): McpToolCall[] =>
  events.flatMap((event) => (event.type === "item.completed" && event.item.type === "mcpToolCall" ? [event.item] : []));
const textOf = (call: McpToolCall | undefined): string => String(call?.result?.content[0]?.["text"]);
const warnings = ({ events }: LiveThread): string[] =>
  events.flatMap((event) => (event.type === "warning" ? [event.message] : []));
const outputs = ({ model }: LiveThread, index = -1): unknown[] => {
  const { input } = model.requests.at(index)!.body as { input: Record<string, unknown>[] };
  return input.filter(({ type }) => String(type).endsWith("_output")).map(({ output }) => output);
};
const namespaces = ({ body }: RecordedRequest): string[] =>
  (body as { tools: { type: string; name: string }[] }).tools
    .filter(({ type }) => type === "namespace")
    .map(({ name }) => name);
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const alive = (pid: number): boolean => {
  try {
    return !/^\d+ \(.*\) [ZX]/s.test(readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch {
    return false;
  }
};
async function gone(pid: number): Promise<void> {
  await until(() => !alive(pid));
}

describe("servers that misbehave", () => {
  it("a server that never answers costs its own tools, and no request waits for it where tools are searched for", async () => {
    const hangs = handmade("hangs", { env: { MCP_MODE: "hang" }, required: false });
    const live = await thread(turn(mcpCall("1", demo, "echo", { text: "x" })), `${hangs}${handmade()}`);
    const begun = performance.now();
    expect((await live.say("go")).type).toBe("turn.completed");
    expect(performance.now() - begun).toBeLessThan(80_000);
    expect(calls(live)).toMatchObject([{ server: "demo", status: "completed" }]);
  });

  it("a server that does not start is one warning, with its last words", async () => {
    const more = "startup_timeout_sec = 20";
    const gone = `[mcp_servers.gone]\ncommand = "/nonexistent/server"\n`;
    const ends = handmade("ends", { env: { MCP_MODE: "silent-exit" }, more, required: false });
    const live = await thread([last, last], `${gone}${ends}${handmade()}`, "mystery-1");
    await live.say("go");
    await live.say("again");
    expect(warnings(live).filter((text) => text.includes("MCP"))).toEqual([
      "MCP server `gone` did not start, and its tools are missing: No such file or directory (os error 2)",
      expect.stringMatching(/`ends` did not start.*last words: no licence for this machine/),
    ]);
    expect(namespaces(live.model.requests[0]!)).toContain(demo);
  });

  it("a required server that takes too long keeps the thread from opening", async () => {
    const config = handmade("slow", { env: { MCP_MODE: "hang" }, more: "startup_timeout_sec = 0.2" });
    await expect(thread([last], config)).rejects.toMatchObject({
      code: "mcp_failed",
      message: expect.stringContaining("slow: timed out handshaking with MCP server after 0.2s"),
    });
  });

  it("a server that dies in a call fails that call, and is there again in the next turn", async () => {
    const script = [
      ...turn(mcpCall("1", demo, "die", {}), mcpCall("2", demo, "echo", { text: "x" })),
      ...turn(mcpCall("3", demo, "echo", { text: "y" })),
    ];
    const live = await thread(script, handmade());
    await live.say("go");
    await live.say("again");
    expect(calls(live)).toMatchObject([
      { status: "failed", error: expect.stringContaining("Transport closed") },
      { status: "failed", error: expect.stringContaining("Transport closed") },
      { status: "completed", result: { structuredContent: { said: "y" } } },
    ]);
  });

  it("an answer of 50 MB fails its call alone", async () => {
    const script = turn(
      mcpCall("1", demo, "big", { bytes: 50_000_000 }),
      mcpCall("2", demo, "big", { bytes: 5_000_000 }),
      mcpCall("3", demo, "echo", { text: "x" }),
    );
    const live = await thread(script, handmade());
    await live.say("go");
    expect(calls(live)).toMatchObject([
      { status: "failed", error: expect.stringContaining("longer than 16 MiB") },
      { status: "completed" },
      { status: "completed" },
    ]);
    // What is kept of a long result, and what the model reads of it.
    expect(textOf(calls(live)[1]).length).toBeLessThan(1_100_000);
    expect(JSON.stringify(outputs(live)[1]).length).toBeLessThan(60_000);
  });

  it("lines that are no messages are passed over", async () => {
    const live = await thread(
      turn(mcpCall("1", demo, "garbage", {})),
      handmade("demo", { env: { MCP_MODE: "words" } }),
    );
    await live.say("go");
    expect(textOf(calls(live)[0])).toBe("still here");
  });

  it("a server that floods is ended", async () => {
    const floods = handmade("floods", { env: { MCP_MODE: "flood" }, required: false });
    const script = turn(mcpCall("1", demo, "flood", {}), mcpCall("2", "mcp__other", "echo", { text: "x" }));
    const live = await thread(script, `${floods}${handmade()}${handmade("other")}`, "mystery-1");
    await live.say("go");
    expect(warnings(live)).toContainEqual(expect.stringMatching(/`floods` did not start.*(16 MiB|256 MiB)/));
    expect(calls(live)).toMatchObject([
      { server: "demo", status: "failed", error: expect.stringContaining("256 MiB without an answer") },
      { server: "other", status: "completed" },
    ]);
  });

  it("tools that change in the middle are the new ones in the next request", async () => {
    // The second is answered after the new list: on a busy machine the first does not wait for it long enough.
    const script = turn(
      mcpCall("1", demo, "change", {}),
      mcpCall("2", demo, "change", {}),
      mcpCall("3", demo, "other", {}),
      mcpCall("4", demo, "echo", {}),
    );
    const live = await thread(script, handmade("demo", { more: approve }), "mystery-1");
    await live.say("go");
    const names = (index: number): string[] => {
      const { tools } = live.model.requests[index]!.body as { tools: { name: string; tools: { name: string }[] }[] };
      return tools.find(({ name }) => name === demo)!.tools.map(({ name }) => name);
    };
    expect(names(0)).toContain("echo");
    expect(names(2)).toEqual(["change", "other"]);
    expect(textOf(calls(live)[2])).toBe("did other");
    expect(outputs(live)[3]).toBe("unsupported call: mcp__demoecho");
  });

  it("no process of a server outlives the thread, nor what it has started", async () => {
    const live = await thread(turn(mcpCall("1", demo, "child", {}), mcpCall("2", demo, "environment", {})), handmade());
    await live.say("go");
    const child = Number(textOf(calls(live)[0]));
    expect(alive(child)).toBe(true);
    await live.close();
    open = null;
    await gone(child);
  });

  it("an interrupt ends a call that hangs, and the server is told", async () => {
    const log = join("/var/tmp", `mcp-log-${process.pid}-${Date.now()}`);
    const live = await thread(
      [respond([mcpCall("1", demo, "hang", {})]), ...turn(mcpCall("2", demo, "echo", { text: "x" }))],
      handmade("demo", { env: { MCP_LOG: log } }),
    );
    const ended = live.say("go");
    await until(() => existsSync(log) && readFileSync(log, "utf8").includes("tools/call"));
    await live.client.call("turn/interrupt", { threadId: live.info.threadId });
    expect((await ended).type).toBe("turn.interrupted");
    expect(calls(live)).toMatchObject([{ status: "failed" }]);
    await live.say("again");
    expect(calls(live)[1]).toMatchObject({ status: "completed" });
    await until(() => readFileSync(log, "utf8").includes("notifications/cancelled"));
    rmSync(log);
  });
});

describe("what servers get and are asked", () => {
  it("a server has the ordinary variables, its own, and never the provider's key", async () => {
    const more = `env_vars = ["EXTRA", "FAKE_KEY", "CODEX_API_KEY"]`;
    open = await startLiveThread(turn(mcpCall("1", demo, "environment", {})), {
      stage: {
        config: handmade("demo", { env: { OWN: "1" }, more }),
        env: { EXTRA: "2", OTHER: "3", CODEX_API_KEY: "sk-secret" },
      },
      thread: { model: "gpt-5.5" },
    });
    await open.say("go");
    const seen = JSON.parse(textOf(calls(open)[0])) as Record<string, string>;
    expect(seen).toMatchObject({ OWN: "1", EXTRA: "2", HOME: open.stage.home, PATH: expect.any(String) });
    for (const name of ["OTHER", "FAKE_KEY", "CODEX_API_KEY"]) expect(seen).not.toHaveProperty(name);
    expect(open.info.warnings).toContainEqual(expect.stringContaining("`demo` does not get FAKE_KEY"));
  });

  it("a person is asked before a call that may change something; a yes for the session holds", async () => {
    const script = [
      ...turn(mcpCall("1", demo, "boom", { a: 1 }), mcpCall("2", demo, "boom", {})),
      ...turn(mcpCall("3", demo, "destructive", {})),
    ];
    const live = await thread(script, handmade());
    const first = live.say("go");
    const { question, questionId, threadId } = await live.next("question.asked");
    expect(question).toMatchObject({ type: "mcpCall", server: "demo", tool: "boom", arguments: { a: 1 } });
    await live.client.call("question/answer", { threadId, questionId, answer: { type: "allow", scope: "session" } });
    await first;
    expect(calls(live)).toMatchObject([{ error: null }, { error: null }]);
    const second = live.say("more");
    const asked = await live.next("question.asked");
    await live.client.call("question/answer", { threadId, questionId: asked.questionId, answer: { type: "deny" } });
    await second;
    expect(calls(live)[2]).toMatchObject({ status: "failed", error: "user rejected MCP tool call" });
  });

  it("a server's question is put to the user, and its call waits longer than its time", async () => {
    const script = turn(mcpCall("1", demo, "ask", {}), mcpCall("2", demo, "ask_url", {}));
    const live = await thread(script, handmade("demo", { more: "tool_timeout_sec = 3" }), "mystery-1");
    const ended = live.say("go");
    const { question, questionId, threadId } = await live.next("question.asked");
    expect(question).toMatchObject({ type: "elicitation", server: "demo", message: "Who are you?", url: null });
    await pause(3300);
    const content = { type: "content" as const, content: { name: "Ada" } };
    await live.client.call("question/answer", { threadId, questionId, answer: content });
    const page = await live.next("question.asked");
    expect(page.question).toMatchObject({ type: "elicitation", url: "https://example.invalid/login" });
    const opened = { type: "allow" as const, scope: "once" as const };
    await live.client.call("question/answer", { threadId, questionId: page.questionId, answer: opened });
    await ended;
    expect(calls(live).map(textOf)).toEqual(['{"action":"accept","content":{"name":"Ada"}}', '{"action":"accept"}']);
  });

  it("a call of a server that is still starting waits for it", async () => {
    const late = handmade("late", { env: { MCP_DELAY: "2500" }, required: false });
    const live = await thread(turn(mcpCall("1", "mcp__late", "echo", { text: "x" })), late);
    await live.say("go");
    expect(calls(live)).toMatchObject([{ server: "late", status: "completed" }]);
  });

  it("a search waits for servers that are still starting", async () => {
    const late = handmade("late", { env: { MCP_DELAY: "2500" }, required: false });
    const live = await thread(
      turn(searchCall("1", { query: "echo" }), mcpCall("2", "mcp__late", "echo", { text: "x" })),
      late,
    );
    await live.say("go");
    const { input } = live.model.requests[1]!.body as { input: { type: string; tools?: { name: string }[] }[] };
    expect(input.at(-1)).toMatchObject({ type: "tool_search_output", tools: [{ name: "mcp__late" }] });
    expect(calls(live)).toMatchObject([{ status: "completed" }]);
  });
});
