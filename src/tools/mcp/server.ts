import type { Client, Transport } from "@modelcontextprotocol/client";
import { defaultStartupMs, defaultToolMs, type McpServerConfig } from "../../config/mcp-servers.ts";
import { messageOf } from "../../protocol/errors.ts";
import { productVersion } from "../../protocol/version.ts";
import { whenCaughtUp } from "../../system/late.ts";
import type { ProcessMark } from "../../system/ports.ts";
import { markProcess } from "../../system/processes/process-table.ts";
import type { CallContext } from "../tool.ts";
import type { RawResult } from "./call-result.ts";
import { Deadline } from "./deadline.ts";
import { answerElicitation } from "./elicitation.ts";
import { loadLibrary, type Library } from "./library.ts";
import { type RawTool, readTools } from "./tool-list.ts";
import { limitNesting } from "./transport/nesting.ts";
import type { StdioTransport } from "./transport/stdio.ts";

/** How a server is reached: a process that was started for it, or an address. */
export interface Dialled {
  readonly transport: Transport;
  /** Null for a server that is no process of ours. */
  readonly process: StdioTransport | null;
}

export interface ServerPorts {
  dial(config: McpServerConfig): Promise<Dialled>;
  /** Its state or its tools have changed. */
  changed(server: McpServer): void;
}

/**
 * `starting`: nobody knows yet; `ready`; `failed`: it could not be started; `lost`: it was ready and has gone, and is
 * started again before the next turn.
 */
export type ServerState = "starting" | "ready" | "failed" | "lost" | "closed";

const maxRestarts = 5;

/** Whatever a server sends is taken as it is, and looked at where it is used: one odd field spoils nothing else. */
const anything = {
  "~standard": { version: 1 as const, vendor: "codex-agent", validate: (value: unknown) => ({ value }) },
};

/** As Codex writes a length of time. */
const timeText = (ms: number): string => (ms <= 1000 ? `${ms}ms` : `${Math.floor(ms / 1000)}s`);

/** A failure whose words are for the model and the user. */
class ServerError extends Error {}

/** One configured server over its whole life in a thread. */
export class McpServer {
  readonly config: McpServerConfig;
  readonly #ports: ServerPorts;
  #state: ServerState = "starting";
  #tools: RawTool[] = [];
  #instructions: string | null = null;
  #failure = "";
  #client: Client | null = null;
  #library: Library | null = null;
  #process: StdioTransport | null = null;
  #settled: Promise<void> = Promise.resolve();
  #restarts = 0;
  #listing: Promise<void> | null = null;
  #listAgain = false;
  /** The calls under way, oldest first: what the server asks meanwhile is asked on behalf of the last. */
  readonly #calls = new Set<{ context: CallContext | null; deadline: Deadline }>();
  #hasPrompts = false;
  #info: Record<string, unknown> | null = null;
  #capabilities: Record<string, unknown> | null = null;

  constructor(config: McpServerConfig, ports: ServerPorts) {
    this.config = config;
    this.#ports = ports;
  }

  get name(): string {
    return this.config.name;
  }
  get state(): ServerState {
    return this.#state;
  }
  /** What it offers. One that has gone keeps them: a call says that it has, and it may be back in the next turn. */
  get tools(): readonly RawTool[] {
    return this.#tools;
  }
  get instructions(): string | null {
    return this.#instructions;
  }
  /** What it says it is; null where it has not said it. */
  get info(): Record<string, unknown> | null {
    return this.#info;
  }
  get capabilities(): Record<string, unknown> | null {
    return this.#capabilities;
  }
  get hasPrompts(): boolean {
    return this.#hasPrompts;
  }
  /** Why it is not there. */
  get failure(): string {
    return this.#failure;
  }
  /** Its process, where it has one that can be known again. */
  get mark(): ProcessMark | null {
    const pid = this.#process?.pid;
    return pid === undefined ? null : markProcess(pid);
  }
  /** Resolves when it is known whether it starts; never rejects. */
  get settled(): Promise<void> {
    return this.#settled;
  }

  start(): void {
    this.#state = "starting";
    this.#settled = this.#start();
  }

  /** Starts one again that has gone, unless it keeps doing so. */
  revive(): void {
    if (this.#state === "lost" && this.#restarts++ < maxRestarts) this.start();
  }

  async close(): Promise<void> {
    if (this.#state === "closed") return;
    this.#state = "closed";
    await this.#hangUp();
  }

  async #start(): Promise<void> {
    const limitMs = this.config.startupTimeoutMs ?? defaultStartupMs;
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(), limitMs);
    const timedOut = new Promise<never>((_, reject) => {
      limit.signal.addEventListener("abort", () =>
        reject(new ServerError(`timed out handshaking with MCP server after ${limitMs / 1000}s`)),
      );
    });
    try {
      await Promise.race([this.#connect(limit.signal), timedOut]);
      if (this.#state === "starting") this.#state = "ready";
    } catch (error) {
      // Of a process that has ended, its last words may be there unread.
      await whenCaughtUp();
      if (this.#state !== "closed") {
        this.#failure = this.#why(error);
        this.#state = "failed";
        this.#tools = [];
      }
      await this.#hangUp();
    } finally {
      clearTimeout(timer);
    }
    this.#ports.changed(this);
  }

  async #connect(signal: AbortSignal): Promise<void> {
    const dialled = await this.#ports.dial(this.config);
    this.#process = dialled.process;
    // Its own fault comes before those of a library that finds nobody at the other end.
    await dialled.process?.start();
    const library = await loadLibrary();
    this.#library = library;
    const client = new library.Client(
      { name: "codex-agent", title: "codex-agent", version: productVersion },
      { capabilities: { elicitation: { form: {}, url: {} } } },
    );
    this.#client = client;
    Object.assign(client, { onclose: () => this.#onClose(client) });
    client.setRequestHandler("elicitation/create", ({ params }) => this.#elicit(params));
    client.setNotificationHandler("notifications/tools/list_changed", () => this.#relist());
    if (signal.aborted || this.#state === "closed") return this.#hangUp();
    // The time is ours to keep: the library's own limits are switched off by being long.
    await client.connect(dialled.transport, { signal, timeout: longMs });
    limitNesting(dialled.transport);
    this.#instructions = client.getInstructions() ?? null;
    this.#hasPrompts = client.getServerCapabilities()?.prompts !== undefined;
    this.#info = { ...client.getServerVersion() };
    this.#capabilities = { ...client.getServerCapabilities() };
    try {
      this.#tools = await this.#readTools(signal);
    } catch (error) {
      // One that has resources or prompts alone need not know the question.
      if (client.getServerCapabilities()?.tools !== undefined) throw error;
    }
  }

  #readTools(signal: AbortSignal): Promise<RawTool[]> {
    return readTools((params) => this.#request("tools/list", params, { signal }), this.config);
  }

  #onClose(client: Client): void {
    if (client !== this.#client) return;
    this.#client = null;
    if (this.#state !== "ready") return;
    this.#state = "lost";
    this.#failure = this.#process?.reason ?? "Transport closed";
    this.#ports.changed(this);
  }

  /** A list that changes while it is read is read once more, not once for each change. */
  #relist(): void {
    this.#listAgain = true;
    this.#listing ??= this.#readAgain();
  }

  async #readAgain(): Promise<void> {
    while (this.#listAgain && this.#client !== null) {
      this.#listAgain = false;
      try {
        this.#tools = await this.#readTools(AbortSignal.timeout(this.config.startupTimeoutMs ?? defaultStartupMs));
        this.#ports.changed(this);
      } catch {
        // The old list stands; a call of a tool that has gone is answered by the server.
      }
    }
    this.#listing = null;
  }

  /** @throws Error whose message is for the model. */
  async call(tool: string, args: unknown, meta: Record<string, unknown>, context: CallContext): Promise<RawResult> {
    if (args !== null && (typeof args !== "object" || Array.isArray(args)))
      throw new ServerError(`MCP tool arguments must be a JSON object, got ${JSON.stringify(args)}`);
    const params = { _meta: meta, name: tool, ...(args !== null && { arguments: args }) };
    const result = await this.#limited("tools/call", context, (signal) =>
      this.#request("tools/call", params, { signal }),
    );
    // A call that changes the tools is over when the new ones are known, so that the next request shows them.
    if (this.#listing !== null) await Promise.race([this.#listing, whenTimeIsOver(listingMs)]);
    return result as RawResult;
  }

  /** Any other request on behalf of a call. @throws Error whose message is for the model. */
  async ask(method: string, params: Record<string, unknown>, context: CallContext): Promise<Record<string, unknown>> {
    const result = await this.#limited(method, context, (signal) => this.#request(method, params, { signal }));
    return (result ?? {}) as Record<string, unknown>;
  }

  /** A request that belongs to no call of a model's: nobody is asked meanwhile. @throws Error whose message is for the user. */
  async query(method: string, params: Record<string, unknown>, stop?: AbortSignal): Promise<Record<string, unknown>> {
    const result = await this.#limited(method, null, (limit) =>
      this.#request(method, params, { signal: stop === undefined ? limit : AbortSignal.any([stop, limit]) }),
    );
    return (result ?? {}) as Record<string, unknown>;
  }

  async #limited(
    method: string,
    context: CallContext | null,
    work: (signal: AbortSignal) => Promise<unknown>,
  ): Promise<unknown> {
    const limitMs = this.config.toolTimeoutMs ?? defaultToolMs;
    const deadline = new Deadline(limitMs);
    const call = { context, deadline };
    this.#calls.add(call);
    try {
      return await work(context === null ? deadline.signal : AbortSignal.any([context.signal, deadline.signal]));
    } catch (error) {
      if (deadline.signal.aborted) throw new ServerError(`timed out awaiting ${method} after ${timeText(limitMs)}`);
      throw new ServerError(this.#why(error), { cause: error });
    } finally {
      this.#calls.delete(call);
      deadline.end();
    }
  }

  async #request(
    method: string,
    params: Record<string, unknown>,
    { signal }: { signal: AbortSignal },
  ): Promise<Record<string, unknown>> {
    if (this.#client === null) throw new ServerError("Transport closed");
    const result = await this.#client.request({ method, params }, anything, { signal, timeout: longMs });
    return (result ?? {}) as Record<string, unknown>;
  }

  async #elicit(params: unknown): ReturnType<typeof answerElicitation> {
    const call = [...this.#calls].at(-1);
    const context = call?.context ?? null;
    if (call === undefined || context === null) return { action: "decline" };
    return call.deadline.pausedFor(() => answerElicitation(this.name, params, context));
  }

  async #hangUp(): Promise<void> {
    const client = this.#client;
    this.#client = null;
    await client?.close().catch(() => {});
    await this.#process?.close();
  }

  /** In the words of Codex where it has some; a server's last words say more than that it has gone. */
  #why(error: unknown): string {
    if (error instanceof ServerError) return error.message;
    const library = this.#library;
    if (library !== null && error instanceof library.ProtocolError) {
      const data = error.data === undefined ? "" : `(${JSON.stringify(error.data)})`;
      return `Mcp error: ${error.code}: ${error.message.replace(/^MCP error -?\d+: /, "")}${data}`;
    }
    const closed =
      library !== null && error instanceof library.SdkError && error.code === library.SdkErrorCode.ConnectionClosed;
    if (this.#process !== null && (closed || messageOf(error) === "Transport closed")) {
      const { reason, lastWords } = this.#process;
      if (this.#state !== "starting") return reason ?? "Transport closed";
      const words = lastWords === "" ? "" : `; its last words: ${lastWords}`;
      return `handshaking with MCP server failed: ${reason ?? "connection closed: initialize response"}${words}`;
    }
    const unauthorized =
      library !== null &&
      (error instanceof library.UnauthorizedError || (error instanceof library.SdkHttpError && error.status === 401));
    if (unauthorized) return `it wants a login: run \`codex-agent mcp login ${this.name}\``;
    if (library !== null && error instanceof library.InsufficientScopeError)
      return `${error.message}: run \`codex-agent mcp login ${this.name} --scopes ...\` with what it requires`;
    const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : "";
    return `${messageOf(error)}${cause}`;
  }
}

const longMs = 2 ** 31 - 1;
/** How long a call waits for a list of tools that it has changed. */
const listingMs = 1000;

const whenTimeIsOver = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
