import { isObject } from "../protocol/codex-0.169/rollout.ts";
import type { FileSystem } from "../system/ports.ts";

/** Names by thread id, from `session_index.jsonl`; the last line of a thread wins. */
export function readThreadNames(files: FileSystem, home: string): Map<string, string> {
  const names = new Map<string, string>();
  const path = `${home}/session_index.jsonl`;
  if (files.stat(path)?.kind !== "file") return names;
  for (const text of files.readText(path).split("\n")) {
    const line = parsed(text);
    if (!isObject(line)) continue;
    const { id, thread_name: name } = line;
    if (typeof id !== "string" || typeof name !== "string") continue;
    // Set anew, so that the map's order is that of the last naming.
    names.delete(id);
    names.set(id, name);
  }
  return names;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
