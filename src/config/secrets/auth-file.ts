import { chmodSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { AgentError, messageOf } from "../../protocol/errors.ts";
import { takeLock } from "../../system/processes/flock.ts";
import { writeAtomically } from "../atomic-write.ts";
import { errorCode, readHead } from "../read-text.ts";
import { isTable } from "../toml/toml-values.ts";

/** `auth.json` as it stands. What this program does not know in it is kept at every write. */
export type AuthFile = Readonly<Record<string, unknown>>;

const maxBytes = 1 << 20;
/** Codex takes these, in this order, whenever it writes the file. */
const locks = ["auth.lock", "auth.json.lock"];
const lockLimitMs = 15_000;
const lockPauseMs = 25;

export const authFile = (codexHome: string): string => join(codexHome, "auth.json");

/** Null where there is none, or an empty one. @throws AgentError `credentials_missing` for what cannot be read */
export function readAuthFile(codexHome: string): AuthFile | null {
  const file = authFile(codexHome);
  try {
    const head = readHead(file, maxBytes);
    if (head === null || head.size === 0) return null;
    const auth: unknown = JSON.parse(head.bytes.toString("utf8"));
    if (isTable(auth)) return auth;
  } catch (error) {
    // The parser's own message quotes the text, and the text holds a key.
    const reason = error instanceof SyntaxError ? "is not valid JSON" : `cannot be read (${errorCode(error)})`;
    throw new AgentError("credentials_missing", `${file} ${reason}: repair or remove it, or set CODEX_API_KEY`);
  }
  throw new AgentError(
    "credentials_missing",
    `${file} is not a JSON object: repair or remove it, or set CODEX_API_KEY`,
  );
}

/**
 * Changes the file while no other program does, Codex included. `change` gets what is there, and gives what shall be: null
 * removes the file, undefined leaves it. The new one is for its owner alone.
 * @throws AgentError `config` where it cannot be written, or another program does not let go of it
 */
export async function changeAuthFile(
  codexHome: string,
  change: (auth: AuthFile | null) => AuthFile | null | undefined,
): Promise<void> {
  const [outer, inner] = locks.map((name) => join(codexHome, name)) as [string, string];
  await withLock(outer, () => withLock(inner, async () => put(codexHome, change)));
}

function put(codexHome: string, change: (auth: AuthFile | null) => AuthFile | null | undefined): void {
  const file = authFile(codexHome);
  const wanted = change(readOrNothing(codexHome));
  if (wanted === undefined) return;
  try {
    if (wanted === null) return rmSync(file, { force: true });
    const existing = statSync(file, { throwIfNoEntry: false });
    // One that is there may be open to others; a new one never is.
    if (existing !== undefined && (existing.mode & 0o077) !== 0) chmodSync(file, 0o600);
    writeAtomically(file, JSON.stringify(wanted, null, 2));
  } catch (error) {
    throw new AgentError("config", `${file} cannot be written: ${messageOf(error)}`);
  }
}

/** Whoever logs in or out anew need not repair a broken file first. */
function readOrNothing(codexHome: string): AuthFile | null {
  try {
    return readAuthFile(codexHome);
  } catch {
    return null;
  }
}

/** Waits for the lock, works, and lets go of it. @throws AgentError `config` */
export async function withLock<Result>(
  path: string,
  work: () => Promise<Result>,
  limitMs: number = lockLimitMs,
): Promise<Result> {
  const end = Date.now() + limitMs;
  for (;;) {
    const lock = await takeLock(path).catch((error: unknown) => {
      throw new AgentError("config", `the lock ${path} cannot be taken: ${messageOf(error)}`);
    });
    if (lock !== null) {
      try {
        return await work();
      } finally {
        await lock.release();
      }
    }
    if (Date.now() >= end) {
      const seconds = Math.round(limitMs / 1000);
      throw new AgentError("config", `another program has held ${path} for ${seconds} s; end it, or try again`);
    }
    await new Promise((resolve) => setTimeout(resolve, lockPauseMs));
  }
}
