import { isObject } from "../protocol/codex-0.169/rollout.ts";
import { isoTime } from "../protocol/codex-0.169/rollout-payloads.ts";
import type { FileSystem, System } from "../system/ports.ts";
import { appendLine } from "./append-line.ts";
import { storageError } from "./storage-error.ts";

const indexPath = (home: string): string => `${home}/session_index.jsonl`;

/** Names by thread id, from `session_index.jsonl`; the last line of a thread wins. */
export function readThreadNames(files: FileSystem, home: string): Map<string, string> {
  const names = new Map<string, string>();
  const path = indexPath(home);
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

/** Adds a line that names the thread from now on. */
export function nameThread(system: System, home: string, threadId: string, name: string): Promise<void> {
  const line = { id: threadId, thread_name: name, updated_at: isoTime(system.clock.now()) };
  return changing(system, home, (path) => void appendLine(system.files, path, line));
}

/** Takes every line about the thread out. */
export function dropThreadName(system: System, home: string, threadId: string): Promise<void> {
  const { files } = system;
  if (!readThreadNames(files, home).has(threadId)) return Promise.resolve();
  return changing(system, home, (path) => {
    const lines = files.readText(path).split("\n");
    const isOther = (text: string): boolean => {
      const line = parsed(text);
      return !isObject(line) || line["id"] !== threadId;
    };
    files.writeAtomic(path, lines.filter(isOther).join("\n"), 0o600);
  });
}

const retryMs = 20;
const retries = 50;

/** Codex holds the lock beside the file while it changes it. Whoever holds it for a second is taken for dead. */
async function changing(system: System, home: string, change: (path: string) => void): Promise<void> {
  const path = indexPath(home);
  let lock = await system.processes.lock(`${path}.lock`);
  for (let attempt = 0; lock === null && attempt < retries; attempt++) {
    await system.clock.sleep(retryMs);
    lock = await system.processes.lock(`${path}.lock`);
  }
  try {
    change(path);
  } catch (error) {
    throw storageError(`The list of names ${path} cannot be written`, path, error);
  } finally {
    await lock?.release();
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
