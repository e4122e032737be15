import { readMcpServers } from "../../config/mcp-servers.ts";
import type { ThreadOptions } from "../../protocol/methods.ts";
import { configure } from "../configure.ts";
import { admit } from "../guard/admission.ts";
import type { McpKeeper } from "../parts/part.ts";
import type { Machine } from "./live-thread.ts";

/**
 * Has a thread go on with the MCP servers that it would be opened with now. Resolves to what there is to say of its
 * configuration. @throws AgentError `config`
 */
export async function reloadServers(
  mcp: McpKeeper,
  options: ThreadOptions,
  { system, ledger }: Machine,
): Promise<readonly string[]> {
  // That the project is trusted was stored when the thread was opened; who has taken it back since then means it.
  const { config, mayStart } = await admit(await configure({ ...options, trust: false }, system), system, ledger);
  mcp.reload(
    readMcpServers(config.settings).filter(({ enabled }) => enabled),
    mayStart,
  );
  return config.notices;
}
