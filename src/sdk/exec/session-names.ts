import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { SessionNotFoundError, ValidationError } from "../errors.ts";

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export const isUuid = (session: string): boolean => uuid.test(session);

/** Throws for what the program would read as something else: nothing, or an option. */
export function checkSession(session: unknown): asserts session is string {
  if (typeof session !== "string" || session.trim() === "")
    throw new ValidationError("id", "must be the id or the name of a thread");
  if (session.startsWith("-"))
    throw new ValidationError("id", "must not begin with a dash; resumeLast() goes on with the newest thread");
  if (session.includes("\0")) throw new ValidationError("id", "has a null byte");
}

/**
 * The id of a thread by its id or name. The program would start a new thread for a name that it does not find, so it is looked up
 * first, in the list of names of `CODEX_HOME`. Rejects with {@link SessionNotFoundError}.
 */
export async function findSession(session: string, env: Readonly<Record<string, string>>): Promise<string> {
  if (isUuid(session)) return session;
  const home = env["CODEX_HOME"] || join(env["HOME"] || homedir(), ".codex");
  const file = join(home, "session_index.jsonl");
  const names = new Map<string, string>();
  for (const line of (await readFile(file, "utf8").catch(() => "")).split("\n")) {
    const entry = parsed(line);
    // The last line about a thread is its name now; of two threads of one name the one that was named last is meant.
    if (entry === null) continue;
    names.delete(entry.id);
    names.set(entry.id, entry.name);
  }
  const [id] = [...names].findLast(([, name]) => name === session) ?? [];
  if (id === undefined) throw new SessionNotFoundError(session, `by that name in ${file}`);
  return id;
}

function parsed(line: string): { id: string; name: string } | null {
  try {
    const { id, thread_name: name } = JSON.parse(line) as { id?: unknown; thread_name?: unknown };
    return typeof id === "string" && isUuid(id) && typeof name === "string" ? { id, name } : null;
  } catch {
    return null;
  }
}
