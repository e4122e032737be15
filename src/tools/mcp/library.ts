import type * as library from "@modelcontextprotocol/client";

export type Library = typeof library;

let loading: Promise<Library> | undefined;

/** The official client library, loaded when the first server is configured. */
export function loadLibrary(): Promise<Library> {
  return (loading ??= import("@modelcontextprotocol/client"));
}
