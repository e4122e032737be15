import { parse } from "smol-toml";
import { describe, expect, it } from "vitest";
import { readMcpServers } from "../../src/config/mcp-servers.ts";
import type { TomlTable } from "../../src/config/toml/toml-values.ts";

const read = (text: string): ReturnType<typeof readMcpServers> =>
  readMcpServers(parse(text, { integersAsBigInt: "asNeeded" }) as TomlTable);

describe("mcp_servers", () => {
  it("takes every key, and fills in what is not said", () => {
    const [away, local, short] = read(`
      [mcp_servers.local]
      command = "x"
      args = ["a"]
      cwd = "sub"
      env = { A = "1" }
      env_vars = ["B", { name = "C", source = "local" }]
      enabled = false
      required = true
      startup_timeout_sec = 1.5
      tool_timeout_sec = 3
      enabled_tools = ["t"]
      disabled_tools = ["u"]
      default_tools_approval_mode = "prompt"
      supports_parallel_tool_calls = true
      tools = { t = { approval_mode = "approve" } }
      [mcp_servers.away]
      url = "https://example.invalid/mcp"
      bearer_token_env_var = "T"
      http_headers = { H = "1" }
      env_http_headers = { I = "V" }
      scopes = ["s"]
      [mcp_servers.short]
      command = "y"
      startup_timeout_ms = 700
    `);
    expect(local).toEqual({
      name: "local",
      enabled: false,
      required: true,
      startupTimeoutMs: 1500,
      toolTimeoutMs: 3000,
      enabledTools: ["t"],
      disabledTools: ["u"],
      approvalMode: "prompt",
      toolApprovalModes: { t: "approve" },
      parallel: true,
      transport: { type: "stdio", command: "x", args: ["a"], env: { A: "1" }, envVars: ["B", "C"], cwd: "sub" },
    });
    expect(away!.transport).toEqual({
      type: "streamable_http",
      url: "https://example.invalid/mcp",
      bearerTokenVariable: "T",
      headers: { H: "1" },
      variableHeaders: { I: "V" },
      scopes: ["s"],
    });
    expect(short).toMatchObject({ enabled: true, required: false, startupTimeoutMs: 700, approvalMode: "auto" });
    expect(read("")).toEqual([]);
  });

  it.each([
    ['[mcp_servers.a]\nargs = ["x"]', "`mcp_servers.a` needs `command`"],
    [
      '[mcp_servers.a]\ncommand = "x"\nurl = "http://a"',
      "`mcp_servers.a.url` does not go with `mcp_servers.a.command`",
    ],
    ['[mcp_servers.a]\nurl = "http://a"\nargs = []', "`mcp_servers.a.args` does not go with `mcp_servers.a.url`"],
    ['[mcp_servers.a]\nurl = "file:///x"', "must be an http or https address"],
    ['[mcp_servers."a b"]\ncommand = 5', '`mcp_servers."a b".command` must be a string, found the integer 5'],
    ['[mcp_servers.a]\ncommand = "x"\ntool_timeout_sec = 0', "a number of seconds above zero"],
    ['[mcp_servers.a]\ncommand = "x"\nenv = { A = 1 }', "a table of strings"],
    ['[mcp_servers.a]\ncommand = "x"\nenv_vars = [1]', "a list of names"],
    ['[mcp_servers.a]\ncommand = "x"\ndefault_tools_approval_mode = "x"', '"auto", "prompt", "writes", "approve"'],
    ['[mcp_servers.a]\ncommand = "x"\ntools = { t = { approval_mode = 1 } }', "`mcp_servers.a.tools.t.approval_mode`"],
    ["mcp_servers = 5", "`mcp_servers` must be a table"],
  ])("refuses %j", (text, reason) => {
    expect(() => read(text)).toThrow(reason);
  });
});
