import type {
  McpResourceReadResponse,
  McpServerStatus,
  McpServerToolCallResponse,
} from "../../../../protocol/codex-0.169/app-server/mcp.ts";
import { AgentError, messageOf } from "../../../../protocol/errors.ts";
import type { McpServerFacts, Settings } from "../../../../protocol/settings.ts";
import { internalError, RequestError } from "../../request-error.ts";
import { countedPage } from "../../words/counted-pages.ts";
import { assertThreadId } from "../../words/thread-ids.ts";
import { configOf } from "../../words/which-config.ts";
import type { AppServer } from "../../app-server.ts";
import type { Handlers } from "../handlers.ts";

type Methods = "mcpServerStatus/list" | "mcpServer/oauth/login" | "mcpServer/resource/read" | "mcpServer/tool/call";

const logins: Record<McpServerFacts["login"], McpServerStatus["authStatus"]> = {
  none: "unsupported",
  unknown: "unknown",
  token: "bearerToken",
  oauth: "oAuth",
};

const states: Record<NonNullable<McpServerFacts["state"]>, McpServerStatus["runtimeStatus"]> = {
  starting: "starting",
  ready: "connected",
  failed: "failed",
  lost: "failed",
};

function wireStatus(server: McpServerFacts, ofThread: boolean): McpServerStatus {
  const { info } = server;
  const textOf = (key: string): string | null => (typeof info?.[key] === "string" ? info[key] : null);
  return {
    name: server.name,
    runtimeStatus: ofThread ? (server.enabled ? states[server.state ?? "starting"] : "disabled") : null,
    pluginId: null,
    httpOrigin: server.origin,
    serverInfo:
      info === null
        ? null
        : {
            name: textOf("name") ?? server.name,
            title: textOf("title"),
            version: textOf("version") ?? "",
            description: textOf("description"),
            icons: Array.isArray(info["icons"]) ? info["icons"] : null,
            websiteUrl: textOf("websiteUrl"),
          },
    serverCapabilities: server.capabilities,
    toolListMeta: null,
    tools: Object.fromEntries(server.tools.map((tool) => [String(tool["name"]), tool])) as McpServerStatus["tools"],
    toolsError: server.failure === null ? null : `MCP startup failed: ${server.failure}`,
    resources: server.resources as McpServerStatus["resources"],
    resourceTemplates: server.resourceTemplates as McpServerStatus["resourceTemplates"],
    authStatus: logins[server.login],
  };
}

/** A server's own error keeps its number; whatever else went wrong on the way to it is ours to answer for. */
async function asked<Result>(work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof AgentError) || error.code !== "mcp_failed") throw error;
    const rpc = error.details["rpc"] as { code: number; data?: unknown } | undefined;
    throw new RequestError(rpc?.code ?? internalError, error.message, rpc?.data);
  }
}

const place = (server: AppServer, threadId: string | null | undefined): { threadId?: string } => {
  if (threadId == null) return {};
  assertThreadId(threadId);
  server.loaded(threadId);
  return { threadId };
};

export const mcp: Handlers<Methods> = {
  async "mcpServerStatus/list"({ threadId, serverName, detail, ...page }, { server }) {
    const { servers } = await server.client.call("mcp/status", {
      ...configOf(server),
      ...place(server, threadId),
      ...(serverName != null && { server: serverName }),
      brief: detail === "toolsAndAuthOnly",
    });
    return countedPage(
      servers.map((one) => wireStatus(one, threadId != null)),
      page,
      "MCP servers",
    );
  },

  async "mcpServer/oauth/login"({ name, scopes, threadId, timeoutSecs }, { server, connection, after }) {
    const { page, loginId } = await asked(
      server.client.call("mcp/login", {
        ...configOf(server),
        server: name,
        scopes: scopes ?? null,
        ...(timeoutSecs != null && { limitMs: timeoutSecs * 1000 }),
      }),
    );
    const tell = (error: string | null): void =>
      connection.notify({
        method: "mcpServer/oauthLogin/completed",
        params: {
          name,
          threadId: threadId ?? null,
          loginId,
          success: error === null,
          ...(error !== null && { error }),
        },
      });
    after(() => {
      server.client.call("mcp/login/wait", { loginId }).then(
        () => tell(null),
        (error: unknown) => tell(messageOf(error)),
      );
    });
    return { authorizationUrl: page, loginId };
  },

  async "mcpServer/resource/read"({ threadId, server: name, uri, originCallId }, { server }) {
    const { contents } = await asked(
      server.client.call("mcp/resource", { ...configOf(server), ...place(server, threadId), server: name, uri }),
    );
    return {
      contents: (Array.isArray(contents) ? contents : []) as McpResourceReadResponse["contents"],
      originCallId: originCallId ?? null,
    };
  },

  async "mcpServer/tool/call"({ threadId, server: name, tool, arguments: args, _meta }, { server }) {
    place(server, threadId);
    const meta = typeof _meta === "object" && _meta !== null ? { meta: _meta as Settings } : {};
    const result = await asked(
      server.client.call("mcp/call", { threadId, server: name, tool, arguments: args ?? null, ...meta }),
    );
    const { content, structuredContent, isError, _meta: answered } = result;
    const reply: McpServerToolCallResponse = {
      content: Array.isArray(content) ? content : [],
      ...(structuredContent !== undefined && { structuredContent }),
      ...(typeof isError === "boolean" && { isError }),
      ...(answered !== undefined && { _meta: answered }),
    };
    return reply;
  },
};
