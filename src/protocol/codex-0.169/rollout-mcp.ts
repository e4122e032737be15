import type { McpResult, McpToolCall } from "../items.ts";
import { arrayOf, isObject, type JsonObject, numberOr, objectOr, stringOr } from "./rollout.ts";

/** `McpToolCall` as `item_completed` holds it: camelCase names, what is absent left out. */
export function mcpCallOut(item: McpToolCall): JsonObject {
  const { result, error, durationMs } = item;
  return {
    type: "McpToolCall",
    id: item.id,
    server: item.server,
    tool: item.tool,
    arguments: item.arguments ?? null,
    ...(item.readOnlyHint !== null && { readOnlyHint: item.readOnlyHint }),
    status: item.status,
    ...(result !== null && { result: resultOut(result) }),
    ...(error !== null && { error: { message: error } }),
    ...(durationMs !== null && {
      duration: { secs: Math.floor(durationMs / 1000), nanos: Math.round((durationMs % 1000) * 1e6) },
    }),
  };
}

const resultOut = (result: McpResult): JsonObject => ({
  content: result.content,
  ...(result.structuredContent !== null && { structuredContent: result.structuredContent }),
  ...(result.isError && { isError: true }),
  ...(result.meta !== null && { _meta: result.meta }),
});

export function mcpCallIn(id: string, item: JsonObject): McpToolCall {
  const result = objectOr(item["result"]);
  const duration = objectOr(item["duration"]);
  const hint = item["readOnlyHint"];
  return {
    type: "mcpToolCall",
    id,
    server: stringOr(item["server"]) ?? "",
    tool: stringOr(item["tool"]) ?? "",
    arguments: item["arguments"] ?? null,
    readOnlyHint: typeof hint === "boolean" ? hint : null,
    status: item["status"] === "failed" ? "failed" : item["status"] === "inProgress" ? "inProgress" : "completed",
    result: result && {
      content: arrayOf(result["content"]).filter(isObject),
      structuredContent: result["structuredContent"] ?? null,
      isError: result["isError"] === true,
      meta: objectOr(result["_meta"]),
    },
    error: stringOr(objectOr(item["error"])?.["message"]),
    durationMs:
      duration && Math.round((numberOr(duration["secs"]) ?? 0) * 1000 + (numberOr(duration["nanos"]) ?? 0) / 1e6),
  };
}
