import { statSync } from "node:fs";
import { userInfo } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import { AgentError } from "../protocol/errors.ts";

export type Variables = Readonly<Record<string, string>>;

/** Where things live. Absolute paths; a default home need not exist: whoever writes there first makes it (mode 0700). */
export interface Homes {
  /** Null when neither `$HOME` nor the password file knows one. */
  readonly user: string | null;
  /** `$CODEX_HOME`, else `~/.codex`. */
  readonly codex: string;
  /** `$AGENT_RUNTIME_DIR`, else `~/.agent_runtime`. */
  readonly runtime: string;
}

/** Throws when `$CODEX_HOME` is set and is no directory, or when a home is needed and nobody knows it. An empty variable counts as unset. */
export function findHomes(variables: Variables): Homes {
  const user = findUserHome(variables);
  return {
    user,
    codex: variables["CODEX_HOME"]
      ? existingDirectory(variables["CODEX_HOME"])
      : inUserHome(user, ".codex", "CODEX_HOME"),
    runtime: variables["AGENT_RUNTIME_DIR"]
      ? resolve(variables["AGENT_RUNTIME_DIR"])
      : inUserHome(user, ".agent_runtime", "AGENT_RUNTIME_DIR"),
  };
}

function findUserHome(variables: Variables): string | null {
  const home = variables["HOME"];
  if (home !== undefined && isAbsolute(home)) return home;
  try {
    return userInfo().homedir || null;
  } catch {
    // A user id without an entry in the password file, as in some containers.
    return null;
  }
}

function inUserHome(user: string | null, name: string, variable: string): string {
  if (user !== null) return join(user, name);
  throw new AgentError("config", `There is no home directory: set HOME, or ${variable} to a directory of your choice`);
}

function existingDirectory(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat?.isDirectory()) return resolve(path);
  const wrong = stat === undefined ? "does not exist; create it or unset CODEX_HOME" : "is not a directory";
  throw new AgentError("config", `Error finding codex home: CODEX_HOME is set to "${path}", which ${wrong}`);
}
