import { call, message, respond, type ModelItem, type Step } from "../support/fake-model.ts";
import { everything, filesystem, handmade, mcpCall, searchCall } from "../support/mcp/servers.ts";
import { toolsOfEverySchema } from "../support/mcp/schemas.ts";
import type { Scenario } from "../support/scenario.ts";

const last = respond([message("msg_last", "answer")]);
/** One after the other: of two at once the real Codex tells the ends in either order. */
const oneByOne = (...items: ModelItem[]): Step[] => [...items.map((item) => respond([item])), last];

const on = (model: string, ...rest: string[]): Scenario["turns"] => [
  // Servers beside two programs: more than half a minute on a machine that is busy.
  { argv: ["exec", "--json", "--skip-git-repo-check", "-m", model, ...rest, "go"], limitMs: 100_000 },
];
const demo = "mcp__demo";

/** MCP servers: what the model is shown of them, what their calls bring, what is allowed. */
export const mcpScenarios: Scenario[] = [
  {
    name: "tools of a server are shown to a model that cannot search",
    script: () => [last],
    stage: { config: handmade() },
    turns: on("mystery-1"),
  },
  {
    name: "tools of a server wait behind the search of a model that can",
    script: () => oneByOne(searchCall("1", { query: "echo" }), mcpCall("2", demo, "echo", { text: "hey" })),
    stage: { config: handmade("demo", { env: { MCP_INSTRUCTIONS: "For trying things.\nSecond line." } }) },
    turns: on("gpt-5.5"),
  },
  {
    name: "results of every kind",
    script: () =>
      oneByOne(
        ...["content", "both", "empty", "fail_rpc", "fail_structured", "arguments"].map((name, index) =>
          mcpCall(String(index), demo, name, {}),
        ),
        mcpCall("a", demo, "arguments", ""),
        mcpCall("b", demo, "arguments", "[1]"),
        mcpCall("c", demo, "arguments", { x: { y: [1] } }),
        mcpCall("d", demo, "ask", {}),
        mcpCall("e", demo, "nothing", {}),
        call("f", "mcp__demo__echo", { text: "flat" }),
      ),
    stage: { config: handmade() },
    turns: on("gpt-5.5"),
  },
  ...["read-only", "danger-full-access"].map((sandbox): Scenario => ({
    name: `calls that nobody may allow, sandbox ${sandbox}`,
    script: () =>
      oneByOne(...["boom", "safe", "destructive", "echo"].map((name) => mcpCall(name, demo, name, { text: "x" }))),
    stage: { config: handmade() },
    turns: on("gpt-5.5", "-s", sandbox),
  })),
  {
    name: "approval by server and by tool",
    script: () =>
      oneByOne(...["boom", "safe", "destructive", "echo"].map((name) => mcpCall(name, demo, name, { text: "x" }))),
    stage: {
      config: handmade("demo", {
        more: `default_tools_approval_mode = "writes"\ntools = { boom = { approval_mode = "approve" }, echo = { approval_mode = "prompt" } }`,
      }),
    },
    turns: on("gpt-5.5"),
  },
  {
    name: "some tools of a server alone",
    script: () => [last],
    stage: {
      config: handmade("demo", { more: `enabled_tools = ["echo", "boom", "ask-url"]\ndisabled_tools = ["boom"]` }),
    },
    turns: on("mystery-1"),
  },
  {
    name: "schemas of every kind",
    script: () => [last],
    stage: { config: handmade("demo", { env: { MCP_TOOLS: JSON.stringify(toolsOfEverySchema) } }) },
    turns: on("mystery-1"),
  },
  {
    name: "a call that takes too long, and a server that dies",
    script: () =>
      oneByOne(
        mcpCall("1", demo, "hang", {}),
        mcpCall("2", demo, "die", {}),
        mcpCall("3", demo, "echo", { text: "x" }),
      ),
    stage: { config: handmade("demo", { more: "tool_timeout_sec = 5" }) },
    turns: on("gpt-5.5"),
  },
  {
    name: "resources",
    script: () =>
      oneByOne(
        call("1", "list_mcp_resources", {}),
        call("2", "list_mcp_resources", { server: "everything" }),
        call("3", "list_mcp_resource_templates", {}),
        call("4", "list_mcp_resource_templates", { server: "everything" }),
        call("5", "list_mcp_resources", { server: "nobody" }),
        call("6", "list_mcp_resources", { cursor: "a" }),
        call("7", "read_mcp_resource", { server: "everything", uri: "demo://resource/static/document/features.md" }),
        call("8", "read_mcp_resource", { server: "fs", uri: "x" }),
        call("9", "read_mcp_resource", { server: "nobody", uri: "x" }),
      ),
    stage: { config: `${everything()}${filesystem("/usr/share")}` },
    turns: on("gpt-5.5"),
  },
  {
    name: "all tools of the reference servers, shown",
    script: () => [last],
    stage: { config: `${everything()}${filesystem("/usr/share")}` },
    turns: on("mystery-1"),
  },
  {
    name: "the reference servers at work",
    script: () =>
      oneByOne(
        mcpCall("1", "mcp__everything", "echo", { message: "hi" }),
        mcpCall("2", "mcp__everything", "get_sum", { a: 1, b: 2 }),
        mcpCall("3", "mcp__everything", "get_structured_content", { location: "New York" }),
        mcpCall("4", "mcp__everything", "get_tiny_image", {}),
        mcpCall("5", "mcp__everything", "get_annotated_message", { messageType: "error", includeImage: false }),
        mcpCall("6", "mcp__fs", "list_allowed_directories", {}),
        mcpCall("7", "mcp__fs", "read_text_file", { path: "/etc/hostname" }),
        mcpCall("8", "mcp__fs", "read_text_file", {}),
        mcpCall("9", "mcp__fs", "write_file", { path: "/usr/share/never", content: "" }),
      ),
    stage: {
      config: `${everything({ more: `default_tools_approval_mode = "approve"` })}${filesystem("/usr/share")}`,
    },
    turns: on("gpt-5.5"),
  },
  {
    name: "a required server that cannot be started",
    script: () => [last],
    stage: { config: `[mcp_servers.gone]\ncommand = "/nonexistent/server"\nrequired = true\n` },
    turns: on("gpt-5.5"),
  },
];
