import { itemTokens } from "../../kernel/token-estimate.ts";
import { kindsOf, responseItemOf } from "../../protocol/codex-0.169/rollout-response-items.ts";
import { type JsonObject, stringOr } from "../../protocol/codex-0.169/rollout.ts";
import { isMessage, isToolCall, isToolCallOutput, type ResponseItem } from "../../protocol/response-items.ts";
import type { UsageCause } from "../../protocol/usage-report.ts";
import type { Piece } from "./request-shape.ts";

/** Tools that bring what is in files. */
const readers = new Set(["read_file", "grep_files", "list_dir", "view_image"]);

const fileKinds = new Set(["agents_md.instructions", "skills.instructions", "user.image"]);

/** What a part of a message that no model wrote is; what is said in the user's place is a part of the talk. */
function causeOf(role: string, kind: string): UsageCause {
  if (fileKinds.has(kind)) return "files";
  return role === "user" && kind !== "environments.environment_context" ? "history" : "instructions";
}

/** What an item of the history is about, part by part. */
export class Pieces {
  /** Names of the tools by the calls of them. */
  readonly #calls = new Map<string, string>();

  of(payload: JsonObject): readonly Piece[] {
    const item = responseItemOf(payload);
    if (item.type === "additional_tools") return [{ cause: "tools", tokens: itemTokens(item) }];
    if (isToolCall(item)) {
      const { call_id: id, name } = item as { call_id?: string; name?: string };
      if (id !== undefined) this.#calls.set(id, name ?? "");
    }
    if (isToolCallOutput(item)) {
      const reads = readers.has(this.#calls.get(item.call_id) ?? "");
      return [{ cause: reads ? "files" : "tool_outputs", tokens: itemTokens(item) }];
    }
    if (!isMessage(item) || item.role === "assistant") return [{ cause: "history", tokens: itemTokens(item) }];
    return partsOf(item, kindsOf(payload).map(String));
  }
}

function partsOf(item: Extract<ResponseItem, { type: "message" }>, kinds: readonly string[]): Piece[] {
  return item.content.map((part, index) => {
    const cause = part.type === "input_image" ? "files" : causeOf(item.role, kinds[index] ?? "");
    // Each part by itself, in the frame of a message.
    return { cause, tokens: itemTokens({ ...item, content: [part] } as ResponseItem) };
  });
}

/** An id by which an item is known again where histories are compared. */
export const idOf = (payload: JsonObject): string =>
  stringOr(payload["id"]) ?? stringOr(payload["call_id"]) ?? JSON.stringify(responseItemOf(payload));
