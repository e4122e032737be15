import type { Miss, MissReason } from "../../protocol/usage-report.ts";
import type { TokenUsage } from "../../protocol/usage.ts";

export interface Request {
  readonly usage: TokenUsage;
  /** When its response was complete. */
  readonly atMs: number;
  readonly model: string;
  /** Digest of the tools that it showed; empty where the file does not say. */
  readonly head: string;
  /** Digest of its base prompt. */
  readonly base: string;
}

/** What has happened since the request before. */
export interface CacheState {
  /** Items that the history has in common with what it was before it was replaced; null where it was not. */
  readonly sameItems: number | null;
  readonly forked: boolean;
  readonly askedAtMs: number;
}

/** Providers keep what they have read for five to ten minutes when nobody asks for it. */
const keptMs = 5 * 60_000;
/** Shorter beginnings are not kept at all, and longer ones in steps. */
const shortest = 1024;
const step = 128;

/** Why a request was not served from what the provider had read for the one before; null where it was, or there was none. */
export function missOf(previous: Request | null, request: Request, state: CacheState): Miss | null {
  if (previous === null) return null;
  const expected = Math.min(previous.usage.inputTokens, request.usage.inputTokens);
  const tokens = expected - request.usage.cachedInputTokens;
  if (expected < shortest || tokens < Math.max(step, expected / 10)) return null;
  const idleMs = Math.max(0, state.askedAtMs - previous.atMs);
  const reason = reasonOf(previous, request, state, idleMs);
  return {
    reason,
    tokens,
    sameItems: reason === "compacted" ? state.sameItems : null,
    idleMinutes: Math.floor(idleMs / 60_000),
  };
}

const differs = (before: string, now: string): boolean => before !== "" && now !== "" && before !== now;

/** What stands first in a request counts first: behind it nothing could have been found. A summary changes the tools, too. */
function reasonOf(previous: Request, request: Request, state: CacheState, idleMs: number): MissReason {
  if (previous.model !== request.model) return "model_switched";
  if (state.sameItems !== null) return "compacted";
  if (differs(previous.head, request.head)) return "tools_changed";
  if (differs(previous.base, request.base)) return "instructions_changed";
  if (state.forked) return "forked";
  return idleMs >= keptMs ? "idle" : "unexplained";
}
