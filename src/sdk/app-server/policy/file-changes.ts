/** What a request to change files is about: its item alone says that. */
import { isRecord } from "../events/address.ts";
import type { PolicyContext } from "./engine.ts";

/** The changes; none of other requests, and where nothing is known of them. */
export function changesOf({ item }: PolicyContext): Record<string, unknown>[] {
  const changes = (item as { changes?: unknown } | null)?.changes;
  return Array.isArray(changes) ? changes.filter(isRecord) : [];
}

/** Where they change something, and where they move it. */
export const changedPaths = (changes: readonly Record<string, unknown>[]): string[] =>
  changes
    .flatMap(({ path, kind }) => [path, isRecord(kind) ? kind["move_path"] : null])
    .filter((path) => typeof path === "string");
