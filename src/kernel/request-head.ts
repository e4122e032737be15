import type { ToolSpec } from "../protocol/tool-spec.ts";
import { sha1 } from "../system/hash.ts";
import { approximateTokens } from "../tools/truncate.ts";
import type { JournalRecord } from "./journal-port.ts";

/** What stands before the history in requests, as the journal was told last. */
export interface KnownHead {
  readonly tools: readonly ToolSpec[];
  readonly base: string;
  readonly record: Extract<JournalRecord, { type: "request.head" }>;
}

/**
 * What the journal has to be told before a request, so that it can be seen later what a request held and what a provider had
 * to read anew; the known one itself where nothing changed.
 */
export function requestHead(known: KnownHead | null, tools: readonly ToolSpec[], base: string): KnownHead {
  if (known !== null && known.base === base && sameAll(known.tools, tools)) return known;
  const record = { type: "request.head", tools: measured(JSON.stringify(tools)), base: measured(base) } as const;
  const same =
    known !== null &&
    known.record.tools.digest === record.tools.digest &&
    known.record.base.digest === record.base.digest;
  return same ? known : { tools, base, record };
}

const measured = (text: string): { digest: string; tokens: number } => ({
  digest: sha1(text).slice(0, 8),
  tokens: approximateTokens(Buffer.byteLength(text)),
});

const sameAll = (before: readonly ToolSpec[], now: readonly ToolSpec[]): boolean =>
  before.length === now.length && before.every((spec, index) => same(spec, now[index]!));

/** Groups are put together for each request; what is in them stays. */
function same(before: ToolSpec, now: ToolSpec): boolean {
  if (before === now) return true;
  if (before.type !== "namespace" || now.type !== "namespace") return false;
  return before.name === now.name && before.description === now.description && sameAll(before.tools, now.tools);
}
