import { existsSync } from "node:fs";
import { dirname, isAbsolute, resolve } from "node:path";
import type { ConfigOf } from "../../../protocol/settings-methods.ts";
import type { AppServer } from "../app-server.ts";

/** The configuration that the server was started with, of a folder; without one, of no project. */
export function configOf({ surroundings }: AppServer, cwd?: string | null): ConfigOf {
  const { overrides, enable, disable } = surroundings.flags ?? {};
  return {
    cwd: cwd == null ? null : isAbsolute(cwd) ? cwd : resolve(surroundings.cwd, cwd),
    ...(overrides !== undefined && { overrides }),
    ...(enable !== undefined && { enable }),
    ...(disable !== undefined && { disable }),
  };
}

/** The same, of a folder that has to be there: of one that is not, what it would lie in counts. */
export function configIn(server: AppServer, cwd: string): ConfigOf & { cwd: string } {
  const which = configOf(server, cwd);
  let folder = which.cwd ?? server.surroundings.cwd;
  while (!existsSync(folder) && dirname(folder) !== folder) folder = dirname(folder);
  return { ...which, cwd: folder };
}
