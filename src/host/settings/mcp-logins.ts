import type { Config } from "../../config/config.ts";
import { readMcpServers } from "../../config/mcp-servers.ts";
import { AgentError } from "../../protocol/errors.ts";
import type { Ids } from "../../system/ids.ts";

interface LoginWish {
  server: string;
  scopes: readonly string[] | null;
  limitMs: number | null;
}

/** How long a user may take in the browser. */
const usualLimitMs = 5 * 60_000;

/** Logins at MCP servers that wait for somebody to come back from the browser. */
export class McpLogins {
  readonly #ids: Ids;
  readonly #waiting = new Map<string, Promise<void>>();

  constructor(ids: Ids) {
    this.#ids = ids;
  }

  /** @throws AgentError `usage` for a server that takes no login, `mcp_failed` when it has no page for one */
  async begin(
    config: Config,
    { server: name, scopes, limitMs }: LoginWish,
  ): Promise<{ page: string; loginId: string }> {
    const server = readMcpServers(config.settings).find((one) => one.name === name);
    if (server === undefined) throw new AgentError("usage", `No MCP server named '${name}' found.`);
    const { transport } = server;
    if (transport.type === "stdio")
      throw new AgentError("usage", "OAuth login is only supported for streamable HTTP servers.");
    const { login } = await import("../../tools/mcp/oauth/login.ts");
    const port = config.settings["mcp_oauth_callback_port"];
    const loginId = this.#ids.uuid();
    let opened: (page: string) => void = () => {};
    const page = new Promise<string>((resolve) => {
      opened = resolve;
    });
    const done = login({
      name,
      url: transport.url,
      scopes: scopes ?? transport.scopes,
      runtimeHome: config.homes.runtime,
      port: typeof port === "number" ? port : null,
      open: opened,
      limitMs: limitMs ?? usualLimitMs,
    });
    this.#waiting.set(loginId, done);
    // Whoever waits hears of it; nobody has to.
    done.catch(() => {});
    const failed = done.then(() => {
      throw new AgentError("mcp_failed", `MCP server '${name}' wanted no login`);
    });
    return { page: await Promise.race([page, failed]), loginId };
  }

  async wait(loginId: string): Promise<Record<string, never>> {
    const waiting = this.#waiting.get(loginId);
    if (waiting === undefined) throw new AgentError("usage", `no login has the id ${loginId}`);
    this.#waiting.delete(loginId);
    await waiting;
    return {};
  }
}
