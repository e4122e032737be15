import { readMcpServers, type McpServerConfig } from "../../config/mcp-servers.ts";
import { AgentError, messageOf } from "../../protocol/errors.ts";
import { codexVersion } from "../../protocol/codex-0.169/version.ts";
import { textOf, type RawResult } from "../../tools/mcp/call-result.ts";
import { dial, dialWarnings, serverCallId, type DialPlace } from "../../tools/mcp/dial.ts";
import { mcpTool } from "../../tools/mcp/mcp-tool.ts";
import { shownNames, shownNamespaces } from "../../tools/mcp/names.ts";
import { listPrompts, promptText } from "../../tools/mcp/prompts.ts";
import { resourceTools } from "../../tools/mcp/resources.ts";
import { McpServer } from "../../tools/mcp/server.ts";
import { isOffered } from "../../tools/mcp/tool-list.ts";
import type { CallContext, Tool } from "../../tools/tool.ts";
import type { McpKeeper, PartPlace, ThreadPart } from "./part.ts";

/** How long the first request waits for servers whose tools it need not show. */
const graceMs = 1000;

/** The MCP servers of a thread: started when it opens, side by side, and ended with it. */
class McpPart implements ThreadPart {
  readonly warnings: readonly string[];
  readonly #place: PartPlace;
  readonly #openedAt: number;
  readonly #dialPlace: DialPlace;
  #mayStart: PartPlace["mayStart"];
  #servers: readonly McpServer[];
  #namespaces: ReadonlyMap<string, string>;
  #resources: readonly Tool[];
  /** Wrapped anew when a server's tools change: the model's view of one request is of one piece. */
  readonly #wrapped = new Map<McpServer, { source: unknown; deferred: boolean; tools: Tool[] }>();
  readonly #noted = new Set<number>();
  readonly #complained = new Map<string, string>();
  readonly #reported = new WeakMap<McpServer, string>();
  /** What went wrong before anybody listened; null from the first turn on. */
  #untold: string[] | null = [];
  #closed = false;

  constructor(place: PartPlace, configs: readonly McpServerConfig[]) {
    this.#place = place;
    this.#mayStart = place.mayStart;
    this.#openedAt = place.system.clock.monotonic();
    const { config, threadId } = place;
    const dialPlace: DialPlace = {
      threadId,
      cwd: config.cwd,
      environment: config.environment,
      secretNames: config.secretNames,
      runtimeHome: config.homes.runtime,
    };
    this.warnings = configs.flatMap((server) => dialWarnings(server, dialPlace));
    this.#namespaces = shownNamespaces(configs.map(({ name }) => name));
    this.#dialPlace = dialPlace;
    this.#servers = configs.map((server) => this.#serverOf(server));
    this.#resources = resourceTools(this.#servers);
    for (const server of this.#servers) this.#begin(server);
  }

  #serverOf(config: McpServerConfig): McpServer {
    return new McpServer(config, {
      dial: (which) => {
        if (this.#mayStart(which.name)) return dial(which, this.#dialPlace);
        throw new Error("it has changed since it was trusted; `codex-agent approvals trust` shows it");
      },
      changed: (which) => {
        this.#report(which);
        this.#complain(which);
      },
    });
  }

  #begin(server: McpServer): void {
    server.start();
    this.#report(server);
  }

  /** Where one stands that nobody has closed; the same is not told twice. */
  #report(server: McpServer): void {
    const { name, state, failure } = server;
    if (this.#closed || state === "closed" || !this.#servers.includes(server)) return;
    const shown = state === "lost" ? "failed" : state;
    if (this.#reported.get(server) === shown) return;
    this.#reported.set(server, shown);
    const { threadId } = this.#place;
    this.#place.emit({
      type: "mcp.changed",
      threadId,
      server: name,
      state: shown,
      failure: shown === "failed" ? failure : null,
    });
  }

  #reload(configs: readonly McpServerConfig[], mayStart: PartPlace["mayStart"]): void {
    if (this.#closed) return;
    this.#mayStart = mayStart;
    const kept = new Set<McpServer>();
    const servers = configs.map((config) => {
      const same = this.#servers.find((server) => JSON.stringify(server.config) === JSON.stringify(config));
      if (same === undefined || (same.state !== "ready" && same.state !== "starting")) return this.#serverOf(config);
      kept.add(same);
      return same;
    });
    const gone = this.#servers.filter((server) => !kept.has(server));
    this.#servers = servers;
    this.#namespaces = shownNamespaces(configs.map(({ name }) => name));
    this.#resources = resourceTools(servers);
    for (const server of gone) void server.close();
    for (const server of servers) if (!kept.has(server)) this.#begin(server);
  }

  /** @throws AgentError `mcp_failed` when one that has to be there is not; what the signal says, when it aborts. */
  async required(signal: AbortSignal): Promise<void> {
    const required = this.#servers.filter(({ config }) => config.required);
    await this.#settled(required, signal);
    signal.throwIfAborted();
    const failed = required.filter(({ state }) => state === "failed");
    if (failed.length === 0) return;
    const reasons = failed.map(({ name, failure }) => `${name}: ${failure}`).join("; ");
    // The whole sentence is Codex's, for who reads it by machine.
    throw new AgentError(
      "mcp_failed",
      `thread/start: thread/start failed: error creating thread: Fatal error: Failed to initialize session: required MCP servers failed to initialize: ${reasons} (code -32603)`,
    );
  }

  readonly mcp: McpKeeper = {
    all: () => this.#servers,
    reload: (configs, mayStart) => this.#reload(configs, mayStart),
    servers: () =>
      Promise.all(
        this.#servers.map(async (server) => ({
          name: server.name,
          state: server.state === "closed" ? "lost" : server.state,
          failure: server.state === "ready" || server.state === "starting" ? null : server.failure,
          tools: server.tools.map(({ name }) => name),
          prompts: await listPrompts(server),
        })),
      ),
    prompt: async (name, prompt, args) => {
      const server = this.#servers.find((one) => one.name === name);
      if (server === undefined) throw new AgentError("usage", `there is no MCP server \`${name}\``);
      await server.settled;
      try {
        return await promptText(server, prompt, args);
      } catch (error) {
        throw new AgentError("mcp_failed", `MCP server \`${name}\` gave no prompt \`${prompt}\`: ${messageOf(error)}`);
      }
    },
    call: async (name, tool, args, signal) => {
      const server = this.#servers.find((one) => one.name === name);
      if (server === undefined) throw new Error(`unknown MCP server '${name}'`);
      await this.#settled([server], signal);
      signal.throwIfAborted();
      if (server.state === "failed") throw new Error(`MCP server \`${name}\` did not start: ${server.failure}`);
      if (!isOffered(tool, server.config)) throw new Error(`tool '${tool}' is disabled for MCP server '${name}'`);
      const params = { _meta: { threadId: this.#place.threadId }, name: tool, arguments: args };
      try {
        const result: RawResult = await server.query("tools/call", params, signal);
        return { text: textOf(result), isError: result.isError === true };
      } catch (error) {
        throw new Error(`tool call failed for \`${name}/${tool}\`: ${messageOf(error)}`, { cause: error });
      }
    },
  };

  tools(): readonly Tool[] {
    return [...this.#resources, ...this.#servers.flatMap((server) => this.#toolsOf(server))];
  }

  /** Groups whose tools are on their way. */
  comingNamespaces(): string[] {
    return this.#servers.filter(({ state }) => state === "starting").map(({ name }) => this.#namespaces.get(name)!);
  }

  async prepareTurn(signal: AbortSignal): Promise<void> {
    for (const server of this.#servers) {
      server.revive();
      this.#report(server);
    }
    if (this.#place.model.toolSearch) {
      const { clock } = this.#place.system;
      const left = this.#openedAt + graceMs - clock.monotonic();
      const timer = new AbortController();
      const grace = left > 0 ? clock.sleep(left, AbortSignal.any([signal, timer.signal])).catch(() => {}) : undefined;
      await Promise.race([this.complete(signal), grace]);
      timer.abort();
    } else await this.complete(signal);
    this.#note();
    const untold = this.#untold ?? [];
    this.#untold = null;
    for (const message of untold) this.#tell(message);
  }

  /** Resolves when no server is on its way any more, or the signal aborts. */
  complete(signal: AbortSignal): Promise<void> {
    return this.#settled(this.#servers, signal);
  }

  async #settled(servers: readonly McpServer[], signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const { promise: stopped, resolve: stop } = Promise.withResolvers<unknown>();
    signal.addEventListener("abort", stop);
    await Promise.race([Promise.all(servers.map(({ settled }) => settled)), stopped]);
    signal.removeEventListener("abort", stop);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#servers.map((server) => server.close()));
  }

  #toolsOf(server: McpServer): Tool[] {
    const source = server.tools;
    const deferred = this.#place.model.toolSearch;
    const known = this.#wrapped.get(server);
    if (known?.source === source && known.deferred === deferred) return known.tools;
    const name = this.#namespaces.get(server.name)!;
    const namespace = { name, description: server.instructions ?? `Tools in the ${name} namespace.` };
    const names = shownNames(source.map((tool) => tool.name));
    const tools = source
      .map((tool) =>
        mcpTool(tool, {
          server,
          namespace,
          name: names.get(tool.name)!,
          deferred,
          meta: (context) => this.#meta(context),
        }),
      )
      .toSorted((one, other) => (one.name < other.name ? -1 : 1));
    this.#wrapped.set(server, { source, deferred, tools });
    return tools;
  }

  /** Who asks, in the names that Codex sends. */
  #meta({ threadId, turnId, callId, permissions }: CallContext): Record<string, unknown> {
    return {
      callId,
      threadId,
      sessionId: threadId,
      "x-codex-turn-metadata": {
        session_id: threadId,
        thread_id: threadId,
        turn_id: turnId,
        model: this.#place.model.name,
        sandbox_mode: permissions.sandbox,
        codex_version: codexVersion,
      },
    };
  }

  /** Names the processes in the thread's journal: whoever finds us dead ends them. */
  #note(): void {
    for (const { name, mark } of this.#servers) {
      if (mark === null || this.#noted.has(mark.pid)) continue;
      this.#noted.add(mark.pid);
      this.#place.keep({ type: "child.started", callId: serverCallId(name), process: mark });
    }
  }

  /** A server that does not start is told of once for each reason; that one has gone, its calls say. */
  #complain({ name, state, failure }: McpServer): void {
    if (this.#closed || state !== "failed" || this.#complained.get(name) === failure) return;
    this.#complained.set(name, failure);
    const message = `MCP server \`${name}\` did not start, and its tools are missing: ${failure}`;
    if (this.#untold === null) this.#tell(message);
    else this.#untold.push(message);
  }

  #tell(message: string): void {
    this.#place.emit({ type: "warning", threadId: this.#place.threadId, message });
  }
}

/** Null where no server is configured. */
export async function loadMcp(place: PartPlace): Promise<ThreadPart | null> {
  const configs = readMcpServers(place.config.settings).filter(({ enabled }) => enabled);
  if (configs.length === 0) return null;
  const part = new McpPart(place, configs);
  try {
    await part.required(place.closing);
  } catch (error) {
    await part.close();
    throw error;
  }
  return part;
}
