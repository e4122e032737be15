/** A prompt that an MCP server offers: words that the user may say. */
export interface McpPrompt {
  name: string;
  description: string;
  arguments: { name: string; description: string; required: boolean }[];
}

/** How a thread stands with one of its MCP servers. */
export interface McpServerStatus {
  name: string;
  state: "starting" | "ready" | "failed" | "lost";
  /** Why it is not there; null where it is. */
  failure: string | null;
  /** By the server's own names. */
  tools: string[];
  prompts: McpPrompt[];
}
