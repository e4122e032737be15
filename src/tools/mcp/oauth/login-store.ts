import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { StoredOAuthClientInformation, StoredOAuthTokens } from "@modelcontextprotocol/client";
import { writeAtomically } from "../../../config/atomic-write.ts";
import { sha1 } from "../../../system/hash.ts";

/** What is kept of a login at a server: who we are there, and what we may show. */
export interface KeptLogin {
  readonly url: string;
  readonly client: StoredOAuthClientInformation;
  readonly tokens: StoredOAuthTokens;
}

/** A file of its own for each server and address, for the user's eyes only; another address is another server. */
const fileOf = (name: string, url: string, runtimeHome: string): string =>
  join(runtimeHome, "mcp-logins", `${name.replaceAll(/[^\w-]/g, "_")}-${sha1(`${name}\n${url}`).slice(0, 12)}.json`);

/** Held while the login is renewed. */
export const renewalLock = (name: string, url: string, runtimeHome: string): string =>
  `${fileOf(name, url, runtimeHome)}.lock`;

/** Null when there is none, or none that can be read. */
export function readLogin(name: string, url: string, runtimeHome: string): KeptLogin | null {
  try {
    const login = JSON.parse(readFileSync(fileOf(name, url, runtimeHome), "utf8")) as Partial<KeptLogin>;
    return login.url === url && login.client !== undefined && typeof login.tokens?.access_token === "string"
      ? (login as KeptLogin)
      : null;
  } catch {
    return null;
  }
}

export function writeLogin(name: string, login: KeptLogin, runtimeHome: string): void {
  writeAtomically(fileOf(name, login.url, runtimeHome), `${JSON.stringify(login, null, 2)}\n`);
}

/** False when there was none. */
export function forgetLogin(name: string, url: string, runtimeHome: string): boolean {
  const known = readLogin(name, url, runtimeHome) !== null;
  for (const path of [fileOf(name, url, runtimeHome), renewalLock(name, url, runtimeHome)])
    rmSync(path, { force: true });
  return known;
}
