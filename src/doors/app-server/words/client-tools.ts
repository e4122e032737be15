import type { DynamicToolSpec } from "../../../protocol/codex-0.169/app-server/threads.ts";
import type { ThreadItem as WireItem } from "../../../protocol/codex-0.169/app-server/items.ts";
import type { ClientTool, ClientToolContent } from "../../../protocol/client-tools.ts";
import type { ClientToolCall } from "../../../protocol/items.ts";
import { refused } from "../request-error.ts";

type FunctionTool = Pick<
  Extract<DynamicToolSpec, { type: "function" }>,
  "name" | "description" | "inputSchema" | "deferLoading"
>;
type WireContent = NonNullable<Extract<WireItem, { type: "dynamicToolCall" }>["contentItems"]>[number];

/** Names that the Responses API has uses of its own for. */
const reserved = new Set([
  "api_tool",
  "browser",
  "computer",
  "container",
  "file_search",
  "functions",
  "image_gen",
  "multi_tool_use",
  "python",
  "python_user_visible",
  "submodel_delegator",
  "terminal",
  "tool_search",
  "web",
]);

/** The tools that a client brings, in our words. @throws RequestError for those that no model could be shown. */
export function clientToolsOf(specs: readonly DynamicToolSpec[]): ClientTool[] {
  const seen = { names: new Set<string>(), spaces: new Set<string>() };
  return specs.flatMap((spec) => {
    if (spec.type === "function") {
      const tool = toolOf(spec, null);
      if (spec.deferLoading === true) throw refused(`deferred dynamic tool must include a namespace: ${spec.name}`);
      addOnce(seen.names, spec.name, "duplicate dynamic tool name");
      return [tool];
    }
    const { name, description, tools } = spec;
    checkName(name, "dynamic tool namespace", 64);
    if (reserved.has(name)) {
      throw refused(`dynamic tool namespace collides with a reserved Responses API namespace: ${name}`);
    }
    if (description.length > 1024) {
      throw refused("dynamic tool namespace description must be at most 1024 characters");
    }
    addOnce(seen.spaces, name, "duplicate dynamic tool namespace");
    if (tools.length === 0) throw refused(`dynamic tool namespace must contain at least one tool: ${name}`);
    const inside = new Set<string>();
    return tools.map((each) => {
      const tool = toolOf(each, { name, description });
      addOnce(inside, each.name, `duplicate dynamic tool name in namespace ${name}`);
      return tool;
    });
  });
}

function toolOf(tool: FunctionTool, namespace: NonNullable<ClientTool["namespace"]> | null): ClientTool {
  const { name, description, inputSchema, deferLoading } = tool;
  checkName(name, "dynamic tool name", 128);
  const fault = schemaFault(inputSchema);
  if (fault !== null) throw refused(`dynamic tool input schema is not supported for ${name}: ${fault}`);
  return {
    name,
    description,
    inputSchema,
    ...(namespace !== null && { namespace }),
    ...(deferLoading === true && { deferred: true }),
  };
}

function addOnce(names: Set<string>, name: string, complaint: string): void {
  if (names.has(name)) throw refused(`${complaint}: ${name}`);
  names.add(name);
}

function checkName(name: string, what: string, most: number): void {
  const suffix = "to match Responses API";
  if (name.trim() === "") throw refused(`${what} must not be empty`);
  if (name !== name.trim()) throw refused(`${what} has leading/trailing whitespace: ${name}`);
  if (!/^[a-zA-Z0-9_-]+$/.test(name)) throw refused(`${what} must match ^[a-zA-Z0-9_-]+$ ${suffix}: ${name}`);
  if (name.length > most) throw refused(`${what} must be at most ${most} characters ${suffix}: ${name}`);
  if (name === "mcp" || name.startsWith("mcp__")) throw refused(`${what} is reserved: ${name}`);
}

/** What keeps a value from being a schema of arguments; null when nothing does. */
function schemaFault(schema: unknown): string | null {
  if (schema === true || schema === false) return null;
  if (Array.isArray(schema)) return `invalid length ${schema.length}, expected struct JsonSchema with 15 elements`;
  if (typeof schema !== "object" || schema === null) {
    const shown = typeof schema === "string" ? `string ${JSON.stringify(schema)}` : kindOf(schema);
    return `invalid type: ${shown}, expected struct JsonSchema`;
  }
  const { type, properties, required } = schema as Record<string, unknown>;
  if (type === "null") return "tool input schema must not be a singleton null type";
  if (properties != null && (typeof properties !== "object" || Array.isArray(properties))) {
    return `invalid type: ${kindOf(properties)}, expected a map`;
  }
  if (required != null && !Array.isArray(required)) {
    const shown = typeof required === "string" ? `string ${JSON.stringify(required)}` : kindOf(required);
    return `invalid type: ${shown}, expected a sequence`;
  }
  return null;
}

const kindOf = (value: unknown): string =>
  value === null ? "null" : Array.isArray(value) ? "sequence" : typeof value === "object" ? "map" : typeof value;

export function contentOf(items: readonly WireContent[]): ClientToolContent[] {
  return items.map((item) => {
    if (item.type === "inputText") return { type: "text", text: item.text };
    return item.type === "inputImage" ? { type: "image", url: item.imageUrl } : { type: "audio", url: item.audioUrl };
  });
}

function wireContent(content: ClientToolContent): WireContent {
  if (content.type === "text") return { type: "inputText", text: content.text };
  return content.type === "image"
    ? { type: "inputImage", imageUrl: content.url }
    : { type: "inputAudio", audioUrl: content.url };
}

export const clientCall = (item: ClientToolCall): WireItem => ({
  type: "dynamicToolCall",
  id: item.id,
  namespace: item.namespace,
  tool: item.tool,
  arguments: item.arguments,
  status: item.status,
  contentItems: item.content?.map(wireContent) ?? null,
  success: item.status === "inProgress" ? null : item.status === "completed",
  durationMs: item.durationMs,
});
