import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import type { ThreadItem } from "../../../src/protocol/items.ts";
import type { JsonSchema } from "../../../src/protocol/tool-spec.ts";
import { agentToolsById } from "../../../src/tools/agents/by-id.ts";
import { agentToolsByPath } from "../../../src/tools/agents/by-path.ts";
import type { Agent, AgentDesk, SpawnRequest } from "../../../src/tools/agents/desk.ts";
import { CallError, type Tool } from "../../../src/tools/tool.ts";
import { callTool, recordedContext } from "../call.ts";

const noRoles = new Map<string, { description: string }>();

const id = "01a00000-0000-7000-8000-000000000009";
const agent: Agent = {
  threadId: id,
  nickname: "Wren",
  role: "explorer",
  path: "/root/scout",
  model: "m",
  effort: "low",
  status: "running",
};

interface Asked {
  spawned: SpawnRequest[];
  waits: number[];
  told: string[];
}

/** A desk with one agent that does what it is told. */
function desk(changes: Partial<AgentDesk> = {}): AgentDesk & Asked {
  const asked: Asked = { spawned: [], waits: [], told: [] };
  return {
    ...asked,
    path: "/root",
    async spawn(request) {
      asked.spawned.push(request);
      return agent;
    },
    async send(_, message) {
      asked.told.push(message.text);
      return "turn-1";
    },
    resume: async () => null,
    interrupt: async () => undefined,
    close: async () => undefined,
    find: (threadId) => (threadId === id ? agent : null),
    locate: async (target) => (target === "scout" || target === "/root/scout" ? agent : null),
    list: () => [agent],
    async waitForAny(threadIds, timeoutMs) {
      asked.waits.push(timeoutMs);
      return new Map(threadIds.map((threadId) => [threadId, { completed: "done" }] as const));
    },
    async waitForNews(timeoutMs) {
      asked.waits.push(timeoutMs);
      return "note";
    },
    ...changes,
  };
}

const named = (tools: readonly Tool[], name: string): Tool => tools.find((tool) => tool.name === name)!;

async function refused(tool: Tool, args: unknown): Promise<string> {
  const { context, started } = recordedContext("/work");
  const failure = await callTool(tool, args, context).then(
    () => null,
    (error: unknown) => error,
  );
  expect(failure).toBeInstanceOf(CallError);
  expect(started).toEqual([]);
  return (failure as CallError).message;
}

describe("the tools as a model is shown them", () => {
  interface Shown {
    name: string;
    tools: { name: string; parameters: JsonSchema }[];
  }
  const fixture = (file: string): unknown =>
    JSON.parse(readFileSync(resolve(import.meta.dirname, "../../fixtures/codex", file), "utf8"));
  const find = (value: unknown, name: string): Shown | null => {
    if (typeof value !== "object" || value === null) return null;
    if ((value as Partial<Shown>).name === name && "tools" in value) return value as Shown;
    for (const inner of Object.values(value)) {
      const found = find(inner, name);
      if (found !== null) return found;
    }
    return null;
  };
  const bare = (value: unknown): unknown =>
    JSON.parse(JSON.stringify(value), (key, inner: unknown) => (key === "description" ? "<text>" : inner));

  it.each([
    ["multi_agent_v1", "request-02-unknown-model.json", agentToolsById(desk(), noRoles, false)],
    ["collaboration", "request-01-stock-default.json", agentToolsByPath(desk(), noRoles)],
  ])("%s has Codex's names, parameters and order", (name, file, tools) => {
    const theirs = find(fixture(file), name)!;
    expect(JSON.stringify(bare(tools.map(({ spec }) => spec)))).toBe(JSON.stringify(bare(theirs.tools)));
    expect(new Set(tools.map(({ namespace }) => namespace?.name))).toEqual(new Set([name]));
  });

  it("can be put behind the search for tools", () => {
    expect(agentToolsById(desk(), noRoles, true).every(({ deferred }) => deferred)).toBe(true);
    expect(agentToolsById(desk(), noRoles, false).some(({ deferred }) => deferred)).toBe(false);
  });
});

describe("arguments that make no sense", () => {
  const byId = agentToolsById(desk(), noRoles, false);
  it.each([
    ["spawn_agent", {}, "Provide one of: message or items"],
    ["spawn_agent", { message: "a", items: [] }, "Provide either message or items, but not both"],
    ["spawn_agent", { message: "  " }, "Empty message can't be sent to an agent"],
    ["spawn_agent", { items: [] }, "Items can't be empty"],
    ["spawn_agent", { items: [{ type: "song" }] }, "unknown item type `song`"],
    ["spawn_agent", { items: [{ type: "image" }] }, "needs an `image_url`"],
    ["send_input", { message: "a" }, "missing field `target`"],
    ["send_input", { target: id }, "Provide one of: message or items"],
    ["send_input", { target: "Wren", message: "a" }, "invalid agent id Wren"],
    ["wait_agent", { targets: [] }, "agent ids must be non-empty"],
    ["wait_agent", { targets: [id, "x"] }, "invalid agent id x"],
    ["wait_agent", { targets: [id], timeout_ms: 0 }, "timeout_ms must be greater than zero"],
    ["wait_agent", { targets: [id], timeout_ms: -1 }, "timeout_ms must be greater than zero"],
    ["close_agent", {}, "missing field `target`"],
    ["resume_agent", { id: "x" }, "invalid agent id x"],
  ])("%s %j", async (name, args, text) => {
    expect(await refused(named(byId, name), args)).toContain(text);
  });

  const byPath = agentToolsByPath(desk(), noRoles);
  it.each([
    ["spawn_agent", { task_name: "a" }, "missing field `message`"],
    [
      "spawn_agent",
      { task_name: "A b", message: "x" },
      "agent_name must use only lowercase letters, digits, and underscores",
    ],
    ["spawn_agent", { task_name: "a", message: "" }, "Empty message can't be sent to an agent"],
    ["spawn_agent", { task_name: "a", message: "x", fork_turns: "some" }, "fork_turns must be `none` or `all`"],
    ["spawn_agent", { task_name: "a", message: "x", model: "m" }, "use `none`"],
    ["followup_task", { target: "/root", message: "x" }, "Follow-up tasks can't target the root agent"],
    ["send_message", { target: "scout", message: "" }, "Empty message can't be sent to an agent"],
  ])("collaboration %s %j", async (name, args, text) => {
    expect(await refused(named(byPath, name), args)).toContain(text);
  });
});

describe("what is told of a call", () => {
  const states = (items: readonly ThreadItem[]): unknown[] =>
    items.map((item) => (item.type === "collabToolCall" ? [item.tool, item.status, item.agentStates] : [item.type]));

  it("an agent that cannot be made leaves a failed item, not an open one", async () => {
    const full = desk({ spawn: () => Promise.reject(new CallError("agent thread limit reached")) });
    const { context, started, completed } = recordedContext("/work");
    const result = await callTool(
      named(agentToolsById(full, noRoles, false), "spawn_agent"),
      { message: "go" },
      context,
    );
    expect(result).toEqual({ output: "agent thread limit reached", ok: false });
    expect(states(started)).toEqual([["spawnAgent", "inProgress", {}]]);
    expect(states(completed)).toEqual([["spawnAgent", "failed", {}]]);
  });

  it("an agent that is not there is told of as missing", async () => {
    const other = "01a00000-0000-7000-8000-00000000000a";
    for (const name of ["send_input", "close_agent", "resume_agent"]) {
      const { context, completed } = recordedContext("/work");
      const args = name === "resume_agent" ? { id: other } : { target: other, message: "x" };
      const result = await callTool(named(agentToolsById(desk(), noRoles, false), name), args, context);
      expect(result.output).toBe(`agent with id ${other} not found`);
      expect(states(completed)).toEqual([[expect.any(String), "failed", { [other]: "not_found" }]]);
    }
  });

  it("a wait that is stopped with its turn is told of as ended", async () => {
    const stop = new AbortController();
    const waiting = desk({
      waitForAny: (_, __, signal) =>
        new Promise((go) => signal.addEventListener("abort", () => go(new Map()), { once: true })),
    });
    const { context, completed } = recordedContext("/work", { signal: stop.signal });
    const call = callTool(named(agentToolsById(waiting, noRoles, false), "wait_agent"), { targets: [id] }, context);
    await new Promise((go) => setImmediate(go));
    stop.abort();
    expect(states(completed)).toEqual([["wait", "failed", {}]]);
    await call;
    expect(completed).toHaveLength(1);
  });
});

describe("what agents are told", () => {
  it("parts stand in one prompt; those that are no words are named in it", async () => {
    const asked = desk();
    const { context, completed } = recordedContext("/work");
    const items = [
      { type: "text", text: "Look at these:" },
      { type: "local_image", path: "/a.png" },
      { type: "image", image_url: "data:image/png;base64,AA==" },
      { type: "skill", name: "draw", path: "/skills/draw" },
      { type: "mention", name: "app", path: "app://app" },
    ];
    await callTool(named(agentToolsById(asked, noRoles, false), "spawn_agent"), { items }, context);
    expect(completed[0]).toMatchObject({
      prompt: "Look at these:\n[local_image:/a.png]\n[image]\n[skill:$draw](/skills/draw)\n[mention:$app](app://app)",
      receivers: [{ threadId: id, nickname: "Wren", role: "explorer" }],
    });
    expect(asked.spawned[0]!.message).toMatchObject({
      elements: [
        { type: "text", text: "Look at these:" },
        { type: "localImage", path: "/a.png" },
        { type: "image", url: "data:image/png;base64,AA==" },
        { type: "text", text: "[skill:$draw](/skills/draw)" },
        { type: "text", text: "[mention:$app](app://app)" },
      ],
    });
  });

  it("waits last as long as asked for, within bounds, and say where they do not", async () => {
    for (const [wanted, lasts, note] of [
      [undefined, 30_000, ""],
      [60_000, 60_000, ""],
      [1, 10_000, "\n\nRequested timeout of 1ms was clamped to the minimum of 10000ms."],
      [9e9, 3_600_000, "\n\nRequested timeout of 9000000000ms was clamped to the maximum of 3600000ms."],
    ] as const) {
      const asked = desk();
      const args = wanted === undefined ? {} : { timeout_ms: wanted };
      const { context } = recordedContext("/work");
      await callTool(named(agentToolsById(asked, noRoles, false), "wait_agent"), { targets: [id], ...args }, context);
      const { output } = await callTool(named(agentToolsByPath(asked, noRoles), "wait_agent"), args, context);
      expect(asked.waits).toEqual([lasts, lasts]);
      expect(JSON.parse(String(output))).toEqual({ message: `Wait completed.${note}`, timed_out: false });
    }
  });

  it("the list of agents begins with the one that asks, and takes the start of a path", async () => {
    const list = named(agentToolsByPath(desk(), noRoles), "list_agents");
    const { context } = recordedContext("/work");
    const agents = async (args: unknown): Promise<string[]> =>
      (
        JSON.parse(String((await callTool(list, args, context)).output)) as { agents: { agent_name: string }[] }
      ).agents.map(({ agent_name: name }) => name);
    expect(await agents({})).toEqual(["/root", "/root/scout"]);
    expect(await agents({ path_prefix: "scout" })).toEqual(["/root/scout"]);
    expect(await agents({ path_prefix: "sco" })).toEqual([]);
  });
});
