import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseEnv } from "node:util";
import type { Variables } from "./homes.ts";

/**
 * The environment with `$CODEX_HOME/.env` under it: what is set already wins, and names starting with `CODEX_`
 * (in any case) are never taken from the file. A file that is missing or unreadable adds nothing.
 */
export function withDotenv(variables: Variables, codexHome: string): Variables {
  const file = join(codexHome, ".env");
  if (!existsSync(file)) return variables;
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    return variables;
  }
  const merged: Record<string, string> = { ...variables };
  for (const [name, value] of Object.entries(parseEnv(text.replace(/^\ufeff/, "")))) {
    if (value !== undefined && !/^codex_/i.test(name) && !Object.hasOwn(variables, name)) merged[name] = value;
  }
  return merged;
}
