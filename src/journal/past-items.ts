import type { PastItem } from "../kernel/journal-port.ts";
import { numberOr, parseRolloutLine, peekLine } from "../protocol/codex-0.169/rollout.ts";
import { kindsOf, responseItemOf } from "../protocol/codex-0.169/rollout-response-items.ts";
import type { FileSystem } from "../system/ports.ts";
import { resolveChain } from "./chain.ts";
import { readLines } from "./lines/read-lines.ts";
import type { RolloutFile } from "./rollout-files.ts";

/** Every item that the thread's history ever held, in file order, whatever compactions have dropped of it since. */
export function readPast(files: FileSystem, rollouts: readonly RolloutFile[], head: RolloutFile): PastItem[] {
  const past: PastItem[] = [];
  let sequence = 0;
  for (const { bytes, end, endOrdinal } of resolveChain(files, rollouts, head, [])) {
    for (const { text } of readLines(bytes, end)) {
      const peeked = peekLine(text);
      if (endOrdinal !== null && peeked !== null && peeked.ordinal !== null && peeked.ordinal >= endOrdinal) break;
      if (peeked !== null && peeked.type !== "response_item") continue;
      const line = parseRolloutLine(text);
      if (line?.type !== "response_item" || typeof line.payload["type"] !== "string") continue;
      sequence = numberOr(line.metadata?.["history_sequence"]) ?? sequence + 1;
      if (line.metadata?.["compaction_output"] === true) continue;
      past.push({ sequence, item: responseItemOf(line.payload), kinds: kindsOf(line.payload).map(String) });
    }
  }
  return past;
}
