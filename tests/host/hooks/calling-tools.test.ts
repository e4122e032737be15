import { afterEach, expect, test } from "vitest";
import { fillPlaceholders } from "../../../src/host/hooks/placeholders.ts";
import type { Script } from "../../support/fake-model.ts";
import { handmade } from "../../support/mcp/servers.ts";
import type { LiveThread } from "../../support/live-thread.ts";
import { end, group, hookedThread, outputs, run, runs, told, type Hooks } from "./kit.ts";
import { until } from "../../support/until.ts";

let live: LiveThread | null = null;
afterEach(async () => {
  await live?.close();
  live = null;
});

const on = (server: string, tool: string, input: object = {}, rest: object = {}): Record<string, unknown> => ({
  type: "mcp_tool",
  server,
  tool,
  input,
  ...rest,
});
const tool = (name: string, input: object = {}, rest: object = {}): Record<string, unknown> =>
  on("demo", name, input, rest);

async function start(
  hooks: Hooks,
  script: Script,
  { config = handmade(), thread = {} }: { config?: string; thread?: object } = {},
): Promise<LiveThread> {
  return (live = await hookedThread(hooks, script, { stage: { config }, thread }));
}

const errors = (thread: LiveThread): string[] =>
  runs(thread).map(({ status, entries }) => `${status}: ${entries.map(({ text }) => text).join()}`);

test("a tool of a server is told what the hook asks for, and its text is read as a command's output is", async () => {
  const thread = await start(
    {
      UserPromptSubmit: group(tool("echo", { text: "you said ${prompt}" }), tool("both")),
      PreToolUse: group(
        tool("arguments", {
          hookSpecificOutput: { hookEventName: "PreToolUse", additionalContext: "about ${tool_input}" },
        }),
      ),
      PostToolUse: group(tool("arguments", { decision: "block", reason: "seen: ${tool_response}" })),
    },
    [run(1, "echo hi"), end],
  );
  await thread.say("go");
  expect(told(thread)).toEqual(expect.arrayContaining(["echo: you said go", "human", 'about {"command":"echo hi"}']));
  expect(outputs(thread)).toEqual(["seen: hi\n"]);
  expect(runs(thread).map(({ handlerType, status }) => [handlerType, status])).toEqual([
    ["mcpTool", "completed"],
    ["mcpTool", "completed"],
    ["mcpTool", "completed"],
    ["mcpTool", "blocked"],
  ]);
});

test("whatever goes wrong with a call is said and changes nothing else", async () => {
  const config = `${handmade()}${handmade("few", { more: 'enabled_tools = ["safe"]' })}[mcp_servers.gone]\ncommand = "/nonexistent/server"\n[mcp_servers.off]\ncommand = "true"\nenabled = false\n`;
  const failing = [
    tool("boom"),
    tool("fail_rpc"),
    tool("echo", { text: "${prompt.x}" }),
    on("nobody", "echo"),
    on("off", "echo"),
    on("gone", "echo"),
    on("few", "echo"),
    tool("die"),
  ];
  const thread = await start({ UserPromptSubmit: group(...failing) }, [end], { config });
  await thread.say("go");
  const said = errors(thread);
  expect(said).toEqual([
    "failed: MCP tool returned an error: it broke",
    expect.stringContaining("failed: tool call failed for `demo/fail_rpc`: Mcp error: -32000: it broke"),
    "failed: hook input placeholder `${prompt.x}` was not found",
    "failed: unknown MCP server 'nobody'",
    "failed: unknown MCP server 'off'",
    expect.stringContaining("failed: MCP server `gone` did not start: "),
    "failed: tool 'echo' is disabled for MCP server 'few'",
    expect.stringContaining("failed: tool call failed for `demo/die`: "),
  ]);
  expect(thread.events.at(-1)?.type).toBe("turn.completed");
});

test("a call or a server that takes too long costs the hook's own time and no more", async () => {
  const config = `${handmade()}${handmade("slow", { env: { MCP_MODE: "hang" }, required: false })}`;
  const thread = await start(
    { UserPromptSubmit: group(tool("hang", {}, { timeout: 1 }), on("slow", "echo", {}, { timeout: 1 })) },
    [end],
    // It does not wait for servers that are on their way.
    { config, thread: { model: "gpt-5.5" } },
  );
  await thread.say("go");
  expect(errors(thread)).toEqual(["failed: hook timed out after 1s", "failed: hook timed out after 1s"]);
});

test("an interrupt ends a call that a hook waits for", async () => {
  const thread = await start({ UserPromptSubmit: group(tool("hang")) }, [end]);
  const turn = thread.say("go");
  await until(() => thread.events.some(({ type }) => type === "hook.started"));
  const { threadId } = thread.info;
  await thread.client.call("turn/interrupt", { threadId });
  await turn;
  expect(errors(thread)).toEqual(["failed: hook was stopped with its turn"]);
});

test("nobody is asked what a server wants to know during a hook's call", async () => {
  const thread = await start({ PostModelRequest: group(tool("ask")), Stop: group(tool("ask")) }, [end]);
  await thread.say("go");
  expect(thread.events.some(({ type }) => type.startsWith("question"))).toBe(false);
  expect(runs(thread)).toHaveLength(2);
});

test("a hook of a tool that nobody has trusted is not called", async () => {
  const thread = await start({ UserPromptSubmit: group(tool("echo", { text: "x" })) }, [end], {
    thread: { bypassHookTrust: false },
  });
  await thread.say("go");
  expect(runs(thread)).toEqual([]);
  expect(thread.info.warnings.join()).toContain("codex-agent hooks trust");
});

test("a guard without its server blocks where that is configured", async () => {
  const thread = await start({ PreToolUse: group(on("nobody", "x")) }, [run(1, "echo hi"), end], {
    config: `[codex_agent.hooks]\non_failure = "block"\n`,
  });
  await thread.say("go");
  expect(outputs(thread)[0]).toContain("a guarding hook failed: unknown MCP server 'nobody'");
});

const knows = { a: { b: [1], none: null, text: "t" }, "x.y": 1 };

test.each([
  [{ v: "${a.text}", w: ["<${a.text}|${a.b}|${a.none}>"] }, { value: { v: "t", w: ["<t|[1]|null>"] } }],
  [{ v: "${a.b}", w: "${a.none}", "${a}": 1 }, { value: { v: [1], w: null, "${a}": 1 } }],
  [{ v: "${}", w: "$a ${", n: 5 }, { value: { v: "${}", w: "$a ${", n: 5 } }],
  [{ v: "${a.b.0}" }, { missing: "a.b.0" }],
  [{ v: "${ a }" }, { missing: " a " }],
  [{ v: "x ${__proto__} ${toString}" }, { missing: "__proto__" }],
  [{ v: "${x.y}" }, { missing: "x.y" }],
])("the input %j is filled", (input, filled) => {
  expect(fillPlaceholders(input as Record<string, unknown>, knows)).toEqual(filled);
});
