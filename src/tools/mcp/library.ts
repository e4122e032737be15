import { join } from "node:path";
import type * as library from "@modelcontextprotocol/client";
import { AgentError } from "../../protocol/errors.ts";

/** Where the sources lie; what was built has the library within. */
const clone = join(import.meta.dirname, "../../..");

export type Library = typeof library;

let loading: Promise<Library> | undefined;

/** The official client library, loaded when the first server is configured. */
export function loadLibrary(): Promise<Library> {
  loading ??= import("@modelcontextprotocol/client").catch((error: unknown) => {
    loading = undefined;
    if ((error as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw error;
    throw new AgentError(
      "config",
      `MCP servers need the package @modelcontextprotocol/client, which this clone has not installed; run \`npm run build\` once in ${clone}`,
    );
  });
  return loading;
}
