import { createHash } from "node:crypto";
import type { HookEventName } from "../../protocol/hooks.ts";
import { snakeName } from "./events.ts";

/** JSON with sorted keys and without spaces, as Codex hashes it. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  // By code point, which for these keys is what byte order is.
  entries.sort(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0));
  return `{${entries.map(([key, inner]) => `${JSON.stringify(key)}:${canonical(inner)}`).join(",")}}`;
}

/**
 * Codex's hash of a hook: over its event, its matcher where that counts, and its handler with defaults filled in. Not over the
 * program that it starts. Trust given in one of the two programs counts in the other.
 */
export function fingerprint(event: HookEventName, matcher: string | null, handler: Record<string, unknown>): string {
  const identity = { event_name: snakeName(event), ...(matcher !== null && { matcher }), hooks: [handler] };
  return `sha256:${createHash("sha256").update(canonical(identity)).digest("hex")}`;
}
