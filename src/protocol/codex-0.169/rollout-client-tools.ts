import type { ClientTool, ClientToolContent } from "../client-tools.ts";
import type { ClientToolCall } from "../items.ts";
import { arrayOf, isObject, type JsonObject, numberOr, objectOr, stringOr } from "./rollout.ts";

/** Tools of clients as `session_meta.dynamic_tools` holds them, and their calls as items. */

const functionOut = ({ name, description, inputSchema, deferred }: ClientTool): JsonObject => ({
  type: "function",
  name,
  description,
  inputSchema,
  ...(deferred === true && { deferLoading: true }),
});

/** Tools of one namespace stand together, where its first one does. */
export function clientToolsOut(tools: readonly ClientTool[]): JsonObject[] {
  const out: JsonObject[] = [];
  const groups = new Map<string, JsonObject[]>();
  for (const tool of tools) {
    const { namespace } = tool;
    if (namespace === undefined) {
      out.push(functionOut(tool));
      continue;
    }
    const known = groups.get(namespace.name);
    if (known !== undefined) {
      known.push(functionOut(tool));
      continue;
    }
    const group = [functionOut(tool)];
    groups.set(namespace.name, group);
    out.push({ type: "namespace", ...namespace, tools: group });
  }
  return out;
}

function functionIn(value: JsonObject, namespace: ClientTool["namespace"]): ClientTool[] {
  const name = stringOr(value["name"]);
  if (name === null) return [];
  return [
    {
      name,
      description: stringOr(value["description"]) ?? "",
      inputSchema: value["inputSchema"],
      ...(namespace && { namespace }),
      ...(value["deferLoading"] === true && { deferred: true }),
    },
  ];
}

export function clientToolsIn(value: unknown): ClientTool[] {
  return arrayOf(value)
    .filter(isObject)
    .flatMap((entry) => {
      if (entry["type"] !== "namespace") return functionIn(entry, undefined);
      const name = stringOr(entry["name"]) ?? "";
      const namespace = { name, description: stringOr(entry["description"]) ?? "" };
      return arrayOf(entry["tools"])
        .filter(isObject)
        .flatMap((tool) => functionIn(tool, namespace));
    });
}

function contentOut(content: ClientToolContent): JsonObject {
  switch (content.type) {
    case "text":
      return { type: "inputText", text: content.text };
    case "image":
      return { type: "inputImage", imageUrl: content.url };
    case "audio":
      return { type: "inputAudio", audioUrl: content.url };
  }
}

function contentIn(value: unknown): ClientToolContent[] {
  const entry = objectOr(value);
  switch (entry?.["type"]) {
    case "inputText":
      return [{ type: "text", text: stringOr(entry["text"]) ?? "" }];
    case "inputImage":
      return [{ type: "image", url: stringOr(entry["imageUrl"]) ?? "" }];
    case "inputAudio":
      return [{ type: "audio", url: stringOr(entry["audioUrl"]) ?? "" }];
    default:
      return [];
  }
}

export const clientCallOut = (item: ClientToolCall): JsonObject => ({
  type: "DynamicToolCall",
  id: item.id,
  ...(item.namespace !== null && { namespace: item.namespace }),
  tool: item.tool,
  arguments: item.arguments,
  status: item.status,
  ...(item.content !== null && { content_items: item.content.map(contentOut) }),
  ...(item.status !== "inProgress" && { success: item.status === "completed" }),
  ...(item.durationMs !== null && {
    duration: { secs: Math.floor(item.durationMs / 1000), nanos: (item.durationMs % 1000) * 1e6 },
  }),
});

export function clientCallIn(id: string, item: JsonObject): ClientToolCall {
  const { status } = item;
  const duration = objectOr(item["duration"]);
  return {
    type: "clientToolCall",
    id,
    namespace: stringOr(item["namespace"]),
    tool: stringOr(item["tool"]) ?? "",
    arguments: item["arguments"] ?? null,
    status: status === "failed" || status === "inProgress" ? status : "completed",
    content: Array.isArray(item["content_items"]) ? item["content_items"].flatMap(contentIn) : null,
    durationMs:
      duration && Math.round((numberOr(duration["secs"]) ?? 0) * 1000 + (numberOr(duration["nanos"]) ?? 0) / 1e6),
  };
}
