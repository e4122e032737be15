import { AgentError } from "../../protocol/errors.ts";
import type { McpServerStatus } from "../../protocol/mcp.ts";

/** What `/mcp` shows. */
export function mcpText(servers: readonly McpServerStatus[]): string {
  if (servers.length === 0) return "No MCP server is configured: codex-agent mcp add NAME -- COMMAND";
  return servers.flatMap(serverLines).join("\n");
}

function serverLines({ name, state, failure, tools, prompts }: McpServerStatus): string[] {
  const count = `${tools.length} ${tools.length === 1 ? "tool" : "tools"}`;
  return [
    `${name}: ${failure === null ? `${state}, ${count}` : `${state}: ${failure}`}`,
    ...prompts.map(({ name: prompt, description, arguments: args }) => {
      const wanted = args.map((argument) => (argument.required ? `${argument.name}=...` : `[${argument.name}=...]`));
      const [about = ""] = description.split("\n");
      return `  /mcp ${[name, prompt, ...wanted].join(" ")}${about === "" ? "" : `  ${about}`}`;
    }),
  ];
}

/** `SERVER PROMPT NAME=TEXT NAME="MORE TEXT"` */
export function mcpPromptRequest(line: string): { server: string; name: string; arguments: Record<string, string> } {
  const words = [...line.matchAll(/(?:[^\s"]|"[^"]*")+/g)].map(([word]) => word.replaceAll('"', ""));
  const [server, name, ...rest] = words;
  if (server === undefined || name === undefined)
    throw new AgentError("usage", "write /mcp SERVER PROMPT NAME=TEXT ...; /mcp alone lists them");
  const pairs = rest.map((word): [string, string] => {
    const split = word.indexOf("=");
    if (split < 1) throw new AgentError("usage", `\`${word}\` names no argument; write NAME=TEXT`);
    return [word.slice(0, split), word.slice(split + 1)];
  });
  return { server, name, arguments: Object.fromEntries(pairs) };
}
