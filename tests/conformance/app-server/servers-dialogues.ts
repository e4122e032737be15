import { handmade } from "../../support/mcp/servers.ts";
import type { Dialogue } from "./dialogue.ts";

const quiet = { baseUrl: "http://127.0.0.1:9/v1", provider: "" };

/** A server that works, one that does not start, one that is off, and one over HTTP without its token. */
const servers = [
  handmade("demo", { env: { A: "b" } }),
  `[mcp_servers.broken]\ncommand = "/not/there"`,
  `[mcp_servers.off]\ncommand = "x"\nenabled = false`,
  `[mcp_servers.web]\nurl = "http://127.0.0.1:9/mcp"\nbearer_token_env_var = "NO_SUCH_TOKEN"`,
].join("\n");

const stage = { ...quiet, config: servers };
const unknown = "0199a213-81c0-7800-8aa1-bbab2a035a53";
/** In which order servers start, nobody can rely on. */
const without = ["mcpServer/startupStatus/updated"];

export const serversDialogues: Dialogue[] = [
  {
    name: "MCP servers are listed without a thread",
    script: () => [],
    stage,
    without,
    async play(desk) {
      const client = await desk.connect();
      await client.request("mcpServerStatus/list", {});
      await client.request("mcpServerStatus/list", { detail: "toolsAndAuthOnly", serverName: "off" });
      await client.request("mcpServerStatus/list", { serverName: "nope" });
      await client.request("mcpServerStatus/list", { limit: 1, cursor: "2" });
      for (const cursor of ["x", "99"]) await client.request("mcpServerStatus/list", { cursor });
      for (const threadId of ["none", unknown]) await client.request("mcpServerStatus/list", { threadId });
      await client.request("mcpServer/resource/read", { server: "demo", uri: "x://y" });
      await client.request("mcpServer/resource/read", { server: "nope", uri: "x://y" });
      await client.request("mcpServer/oauth/login", { name: "nope" });
      await client.request("mcpServer/oauth/login", { name: "demo" });
    },
  },
  {
    name: "MCP servers of a thread are listed, and their tools called",
    script: () => [],
    stage,
    without,
    async play(desk) {
      const client = await desk.connect();
      const { thread } = await client.call("thread/start", { cwd: desk.stage.workspace });
      const { id: threadId } = thread as { id: string };
      const call = (tool: string, args?: unknown): Promise<unknown> =>
        client.request("mcpServer/tool/call", {
          threadId,
          server: "demo",
          tool,
          ...(args !== undefined && { arguments: args }),
        });
      const state =
        (name: string) =>
        (params: Record<string, unknown>): boolean =>
          params["name"] === name && params["status"] !== "starting";
      for (const name of ["demo", "broken", "web"]) {
        const known = client.told.some(({ method, params }) => method === without[0] && state(name)(params));
        if (!known) await client.next("mcpServer/startupStatus/updated", state(name));
      }
      await client.request("mcpServerStatus/list", { threadId });
      await call("echo", { text: "hi" });
      await call("destructive");
      await call("content");
      await call("both");
      await call("empty");
      await call("fail_rpc");
      await call("fail_structured");
      await call("arguments", { a: 1 });
      await call("arguments", null);
      await call("arguments", 5);
      await client.request("mcpServer/tool/call", { threadId, server: "nope", tool: "x" });
      await client.request("mcpServer/tool/call", { threadId, server: "broken", tool: "x" });
      await client.request("mcpServer/tool/call", { threadId: "none", server: "demo", tool: "x" });
      await client.request("mcpServer/tool/call", { threadId: unknown, server: "demo", tool: "x" });
      await client.request("mcpServer/resource/read", { threadId, server: "demo", uri: "x://y" });
    },
  },
];
