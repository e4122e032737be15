import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { AgentError, messageOf } from "../../protocol/errors.ts";
import { writeAtomically } from "../atomic-write.ts";

/** Keeps an API key where Codex keeps it: `auth.json`, for its owner alone. */
export function storeKey(codexHome: string, key: string): void {
  const file = join(codexHome, "auth.json");
  try {
    // One that is there may be open to others.
    rmSync(file, { force: true });
    writeAtomically(file, JSON.stringify({ auth_mode: "apikey", OPENAI_API_KEY: key }, null, 2));
  } catch (error) {
    throw new AgentError("config", `${file} cannot be written: ${messageOf(error)}`);
  }
}

/** Forgets the login; false when there was none. */
export function removeKey(codexHome: string): boolean {
  const file = join(codexHome, "auth.json");
  if (!existsSync(file)) return false;
  try {
    rmSync(file);
  } catch (error) {
    throw new AgentError("config", `${file} cannot be removed: ${messageOf(error)}`);
  }
  return true;
}

/** A key for showing, as Codex shows it: of a long one the first eight characters and the last five. */
export const shownKey = (key: string): string => (key.length > 13 ? `${key.slice(0, 8)}***${key.slice(-5)}` : "***");
