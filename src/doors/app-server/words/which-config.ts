import { isAbsolute, resolve } from "node:path";
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
