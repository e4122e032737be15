import { messageOf } from "../../protocol/errors.ts";
import type { McpToolCall } from "../../protocol/items.ts";
import type { FunctionSpec, JsonSchema } from "../../protocol/tool-spec.ts";
import { parseArguments } from "../arguments.ts";
import type { CallContext, PreparedCall, Tool, ToolResult } from "../tool.ts";
import { clipResult } from "./call-result.ts";
import type { McpServer } from "./server.ts";

/** Who is asked when the call names no server: Codex shows such a call as one of its own. */
const everybody = "codex";
const maxPages = 100;

interface Arguments {
  server?: string;
  cursor?: string;
  uri?: string;
}

interface Kind {
  readonly name: string;
  readonly description: string;
  readonly parameters: JsonSchema;
  answer(args: Arguments, servers: readonly McpServer[], context: CallContext): Promise<unknown>;
}

const listParameters = (what: string): JsonSchema => ({
  type: "object",
  properties: {
    cursor: { type: "string", description: "Where the page before ended (`nextCursor`); only together with `server`." },
    server: { type: "string", description: `Name of the server; left out: the ${what} of all of them.` },
  },
  additionalProperties: false,
});

const list = (name: string, what: string, more: string, method: string, key: string): Kind => ({
  name,
  description: `Shows the ${what} of MCP servers: ${more} Where one fits, it is better than a search of the web.`,
  parameters: listParameters(what),
  async answer({ server: named, cursor }, servers, context) {
    if (named === undefined) {
      if (cursor !== undefined) throw new Error("cursor can only be used when a server is specified");
      const lists = await Promise.all(servers.map((server) => everything(server, method, key, context)));
      return { [key]: lists.flat() };
    }
    const server = find(servers, named);
    const page = await server.ask(method, cursor === undefined ? {} : { cursor }, context);
    const { nextCursor } = page;
    return {
      server: named,
      [key]: entriesOf(page, key, named),
      ...(typeof nextCursor === "string" && { nextCursor }),
    };
  },
});

const kinds: readonly Kind[] = [
  list(
    "list_mcp_resources",
    "resources",
    "files, database schemas and other data that a server offers for reading.",
    "resources/list",
    "resources",
  ),
  list(
    "list_mcp_resource_templates",
    "resource templates",
    "addresses with places to fill in, behind which a server finds its data.",
    "resources/templates/list",
    "resourceTemplates",
  ),
  {
    name: "read_mcp_resource",
    description: "Reads one resource of an MCP server.",
    parameters: {
      type: "object",
      properties: {
        server: { type: "string", description: "Name of the server, as the list of resources gives it." },
        uri: { type: "string", description: "Address of the resource, from the list or from a filled-in template." },
      },
      required: ["server", "uri"],
      additionalProperties: false,
    },
    async answer({ server: named = "", uri = "" }, servers, context) {
      const server = find(servers, named);
      try {
        return {
          server: named,
          uri,
          contents: (await server.ask("resources/read", { uri }, context))["contents"] ?? [],
        };
      } catch (error) {
        throw new Error(`resources/read failed: resources/read failed for \`${named}\` (${uri}): ${messageOf(error)}`, {
          cause: error,
        });
      }
    },
  },
];

/** A server that is not there has nothing; one that has no resources says so in an error. */
async function everything(server: McpServer, method: string, key: string, context: CallContext): Promise<unknown[]> {
  const found: unknown[] = [];
  let cursor: string | undefined;
  try {
    for (let page = 0; page < maxPages; page++) {
      const answer = await server.ask(method, cursor === undefined ? {} : { cursor }, context);
      found.push(...entriesOf(answer, key, server.name));
      const { nextCursor } = answer;
      if (typeof nextCursor !== "string" || nextCursor === cursor) break;
      cursor = nextCursor;
    }
  } catch {
    // What came before the failure counts.
  }
  return found;
}

const entriesOf = (page: Record<string, unknown>, key: string, server: string): unknown[] => {
  const entries = page[key];
  return Array.isArray(entries) ? entries.map((entry: Record<string, unknown>) => inOrder(server, entry)) : [];
};

/** What every server says, in one order, whatever order it says it in. */
const members = ["uri", "uriTemplate", "name", "title", "description", "mimeType"];

function inOrder(server: string, entry: Record<string, unknown>): Record<string, unknown> {
  const known = members.filter((member) => entry[member] !== undefined).map((member) => [member, entry[member]]);
  return { server, ...Object.fromEntries(known), ...entry };
}

const unknown = (name: string): string => `unknown MCP server '${name}'`;

function find(servers: readonly McpServer[], name: string): McpServer {
  const server = servers.find((one) => one.name === name);
  if (server === undefined) throw new Error(unknown(name));
  return server;
}

/** The three tools that read what servers offer beside tools. */
export function resourceTools(servers: readonly McpServer[]): Tool[] {
  return kinds.map((kind) => {
    const { name, description, parameters } = kind;
    const spec: FunctionSpec = { type: "function", name, description, strict: false, parameters };
    return { name, spec, parallel: true, prepare: (input, context) => prepare(kind, input, servers, context) };
  });
}

function prepare(kind: Kind, input: string, servers: readonly McpServer[], context: CallContext): PreparedCall {
  const args = parseArguments<Arguments>(input, kind.parameters);
  return {
    effect: "none",
    action: { kind: "none" },
    refusal: ({ message }) => message,
    run: () => run(kind, args, servers, context),
  };
}

async function run(
  kind: Kind,
  args: Arguments,
  servers: readonly McpServer[],
  context: CallContext,
): Promise<ToolResult> {
  const begun = performance.now();
  if (args.server !== undefined && !servers.some(({ name }) => name === args.server))
    return { output: unknown(args.server), ok: false };
  const item: McpToolCall = {
    type: "mcpToolCall",
    id: context.callId,
    server: args.server ?? everybody,
    tool: kind.name,
    arguments: args,
    readOnlyHint: null,
    status: "inProgress",
    result: null,
    error: null,
    durationMs: null,
  };
  context.items.started(item);
  const complete = (end: Pick<McpToolCall, "status" | "result" | "error">): void =>
    context.items.completed({ ...item, ...end, durationMs: Math.round(performance.now() - begun) });
  try {
    const answer = await kind.answer(args, servers, context);
    const output = JSON.stringify(answer);
    const content = [{ type: "text", text: output }];
    complete({
      status: "completed",
      result: clipResult({ content, structuredContent: null, isError: false, meta: null }),
      error: null,
    });
    return { output, ok: true, data: answer };
  } catch (error) {
    const message = messageOf(error);
    complete({ status: "failed", result: null, error: message });
    return { output: message, ok: false };
  }
}
