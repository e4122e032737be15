import { isObject, type JsonObject, objectOr, parseRolloutLine, stringOr } from "../protocol/codex-0.169/rollout.ts";
import { isPrompt, kindsOf, responseItemOf } from "../protocol/codex-0.169/rollout-response-items.ts";
import { threadItemOf } from "../protocol/codex-0.169/rollout-items.ts";
import { isMessage, messageText } from "../protocol/response-items.ts";
import type { FileSystem } from "../system/ports.ts";
import { historyBaseOf } from "./chain.ts";
import { openRollout, readLines } from "./lines/read-lines.ts";
import { type RolloutFile, segmentId } from "./rollout-files.ts";

export interface RolloutHead {
  meta: JsonObject;
  /** The first prompt in this file; null when its first part has none. */
  prompt: string | null;
}

// The first prompt stands behind the session's head and the context, which are some tens of kilobytes.
const headBytes = 2 ** 20;

const stepBytes = 2 ** 16;

/** What the first lines of a file tell; null when it is no rollout. `metaOnly` stops before the prompt. */
export function readHead(files: FileSystem, file: RolloutFile, metaOnly = false): RolloutHead | null {
  let meta: JsonObject | null = null;
  try {
    const bytes = openRollout(files, file);
    for (const { text } of readLines(bytes, Math.min(bytes.size, headBytes), stepBytes)) {
      const line = parseRolloutLine(text);
      if (!line) continue;
      if (line.type === "session_meta") meta ??= line.payload;
      if (meta && metaOnly) break;
      const prompt = promptOf(line.type, line.payload);
      if (meta && prompt !== null) return { meta, prompt };
    }
  } catch {
    // Not readable, or compressed and broken: not a thread that can be offered.
    return null;
  }
  return meta && { meta, prompt: null };
}

function promptOf(type: string, payload: JsonObject): string | null {
  if (type === "response_item") {
    const item = responseItemOf(payload);
    return isMessage(item) && item.role === "user" && isPrompt(kindsOf(payload)) ? messageText(item) : null;
  }
  if (type !== "event_msg") return null;
  if (payload["type"] === "user_message") return stringOr(payload["message"]);
  const item = isObject(payload["item"]) ? threadItemOf(payload["item"]) : null;
  if (item?.type !== "userMessage") return null;
  return item.content.map((element) => (element.type === "text" ? element.text : "")).join("");
}

// Behind the last turn's head stand its items, and little else.
const tailBytes = 2 ** 18;

/** The model of the last turn in the end of a file; null where there is none. */
export function lastModel(files: FileSystem, file: RolloutFile): string | null {
  let model: string | null = null;
  try {
    const bytes = openRollout(files, file);
    const from = Math.max(0, bytes.size - tailBytes);
    const tail = {
      size: bytes.size - from,
      read: (start: number, end: number) => bytes.read(from + start, from + end),
    };
    for (const { text } of readLines(tail, tail.size)) {
      if (!text.includes('"type":"turn_context"')) continue;
      const line = parseRolloutLine(text);
      if (line?.type === "turn_context") model = stringOr(line.payload["model"]) ?? model;
    }
  } catch {
    // What cannot be read tells nothing.
  }
  return model;
}

const deepestPreview = 16;

/** The thread's first prompt, looked up in what it was forked from when its own file has none, or not the first. */
export function previewOf(files: FileSystem, rollouts: readonly RolloutFile[], head: RolloutHead): string {
  let current = head;
  for (let depth = 0; depth < deepestPreview; depth++) {
    const base = historyBaseOf(current.meta);
    const source = base && rollouts.find((candidate) => segmentId(candidate) === base.segmentId);
    const next = source && readHead(files, source);
    if (!next) break;
    current = next;
  }
  return current.prompt ?? head.prompt ?? "";
}

/** Threads of helpers of another thread are not offered to the user. */
export const isForUsers = (meta: JsonObject): boolean => objectOr(meta["source"]) === null;
