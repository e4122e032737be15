import { agentOriginOf } from "../../protocol/codex-0.169/rollout-agents.ts";
import { stringOr } from "../../protocol/codex-0.169/rollout.ts";
import type { MissReason, UsageCause } from "../../protocol/usage-report.ts";
import type { FileSystem } from "../../system/ports.ts";
import { resolveChain } from "../chain.ts";
import { readLines } from "../lines/read-lines.ts";
import type { RolloutFile } from "../rollout-files.ts";
import { type FoldedRequest, UsageFold } from "./usage-fold.ts";

/** Input, cached input and output tokens. */
export type Tokens = [input: number, cached: number, output: number];

/** A quarter of an hour: a day begins with one in every time zone. */
export const quarterMs = 15 * 60_000;

/** What one model took in one quarter of an hour. */
export interface Bucket {
  /** Quarters of an hour since the Unix epoch. */
  quarter: number;
  model: string;
  requests: number;
  tokens: Tokens;
  reasoning: number;
  causes: Partial<Record<UsageCause, Tokens>>;
  misses: Partial<Record<MissReason, { requests: number; tokens: number }>>;
  lost: { requests: number; tokens: number };
}

/** What the requests of one file took, without those of other files that it goes on from. */
export interface FileUsage {
  threadId: string;
  parentThreadId: string | null;
  cwd: string;
  buckets: Bucket[];
}

/** Reads a file with what it goes on from, which it needs to know what its requests held. @throws AgentError `thread_damaged` */
export function foldFile(
  files: FileSystem,
  rollouts: readonly RolloutFile[],
  file: RolloutFile,
  told: (request: FoldedRequest) => void,
): Omit<FileUsage, "buckets"> {
  const segments = resolveChain(files, rollouts, file, []);
  const own = segments.at(-1)!;
  let mine = false;
  const fold = new UsageFold((request) => {
    if (mine) told(request);
  });
  for (const [index, segment] of segments.entries()) {
    mine = segment === own;
    if (index > 0) fold.nextFile(segment.file.threadId !== segments[index - 1]!.file.threadId);
    for (const { text, complete } of readLines(segment.bytes, segment.end)) if (complete) fold.add(text);
  }
  const { meta } = own;
  return {
    threadId: file.threadId,
    parentThreadId: agentOriginOf(meta)?.parentThreadId ?? null,
    cwd: stringOr(meta["cwd"]) ?? "",
  };
}

export function readFileUsage(files: FileSystem, rollouts: readonly RolloutFile[], file: RolloutFile): FileUsage {
  const buckets = new Map<string, Bucket>();
  const head = foldFile(files, rollouts, file, (request) => {
    const quarter = Math.floor(request.atMs / quarterMs);
    const key = `${quarter} ${request.model}`;
    let bucket = buckets.get(key);
    if (bucket === undefined) buckets.set(key, (bucket = emptyBucket(quarter, request.model)));
    addTo(bucket, request);
  });
  return { ...head, buckets: explained([...buckets.values()]) };
}

const emptyBucket = (quarter: number, model: string): Bucket => ({
  quarter,
  model,
  requests: 0,
  tokens: [0, 0, 0],
  reasoning: 0,
  causes: {},
  misses: {},
  lost: { requests: 0, tokens: 0 },
});

/** What a request's tokens go back to; all of them, and each once. */
export function causesOf({ kind, usage, split }: FoldedRequest): [UsageCause, Tokens][] {
  const { inputTokens, cachedInputTokens, outputTokens } = usage;
  if (kind === "compaction") return [["compaction", [inputTokens, cachedInputTokens, outputTokens]]];
  if (kind === "aside") return [["reviews", [inputTokens, cachedInputTokens, outputTokens]]];
  if (kind === "retry") return [["retries", [inputTokens, cachedInputTokens, outputTokens]]];
  if (kind === "lost") return [];
  const parts = [...split].map(([cause, { input, cached }]): [UsageCause, Tokens] => [cause, [input, cached, 0]]);
  return [...parts, ["answers", [0, 0, outputTokens]]];
}

function addTo(bucket: Bucket, request: FoldedRequest): void {
  const { usage, kind, miss } = request;
  if (kind === "lost") {
    bucket.lost.requests++;
    bucket.lost.tokens += usage.totalTokens;
    return;
  }
  bucket.requests++;
  bucket.reasoning += usage.reasoningOutputTokens;
  add(bucket.tokens, [usage.inputTokens, usage.cachedInputTokens, usage.outputTokens]);
  for (const [cause, tokens] of causesOf(request)) add((bucket.causes[cause] ??= [0, 0, 0]), tokens);
  if (miss === null) return;
  const known = (bucket.misses[miss.reason] ??= { requests: 0, tokens: 0 });
  known.requests++;
  known.tokens += miss.tokens;
}

function add(sum: Tokens, more: Readonly<Tokens>): void {
  more.forEach((tokens, index) => (sum[index]! += tokens));
}

/** Where a provider never speaks of a cache, that says enough. */
function explained(buckets: Bucket[]): Bucket[] {
  if (buckets.some(({ tokens }) => tokens[1] > 0)) return buckets;
  for (const { misses } of buckets) {
    const { unexplained } = misses;
    if (unexplained === undefined) continue;
    delete misses.unexplained;
    misses.never_reported = unexplained;
  }
  return buckets;
}
