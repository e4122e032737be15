import { costOf, type Prices } from "../../model/prices.ts";
import {
  type MissReason,
  type MissSum,
  type UsageCause,
  usageCauses,
  type UsageReport,
  type UsageSum,
} from "../../protocol/usage-report.ts";
import { type Bucket, type FileUsage, quarterMs, type Tokens } from "./file-usage.ts";

/** A file's usage, with when it was written to last. */
export interface DatedUsage extends FileUsage {
  modifiedMs: number;
}

export const noSum = (): UsageSum => ({
  requests: 0,
  inputTokens: 0,
  cachedInputTokens: 0,
  outputTokens: 0,
  reasoningOutputTokens: 0,
  totalTokens: 0,
  usd: null,
  unpricedTokens: 0,
});

/** Adds what one model took to a sum. */
export function addTokens(
  sum: UsageSum,
  prices: Prices,
  more: { model: string; requests: number; tokens: Readonly<Tokens>; reasoning: number },
): void {
  const [inputTokens, cachedInputTokens, outputTokens] = more.tokens;
  sum.requests += more.requests;
  sum.inputTokens += inputTokens;
  sum.cachedInputTokens += cachedInputTokens;
  sum.outputTokens += outputTokens;
  sum.reasoningOutputTokens += more.reasoning;
  sum.totalTokens += inputTokens + outputTokens;
  const price = prices.of(more.model);
  if (price === null) sum.unpricedTokens += inputTokens + outputTokens;
  else sum.usd = (sum.usd ?? 0) + costOf(price, { inputTokens, cachedInputTokens, outputTokens });
}

class Table<Key extends string> {
  readonly rows = new Map<Key, UsageSum>();
  readonly #prices: Prices;

  constructor(prices: Prices) {
    this.#prices = prices;
  }

  add(key: Key, more: Parameters<typeof addTokens>[2]): void {
    let sum = this.rows.get(key);
    if (sum === undefined) this.rows.set(key, (sum = noSum()));
    addTokens(sum, this.#prices, more);
  }
}

const two = (value: number): string => String(value).padStart(2, "0");

/** The local day of a time. */
export function localDay(ms: number): string {
  const date = new Date(ms);
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** The tree of threads that each belongs to, by its root. A sub-agent whose parent is gone stands for itself. */
export function rootsOf(usages: readonly FileUsage[]): ReadonlyMap<string, string> {
  const parents = new Map(usages.map(({ threadId, parentThreadId }) => [threadId, parentThreadId]));
  const rootOf = (threadId: string): string => {
    let root = threadId;
    for (let depth = 0; depth < parents.size; depth++) {
      const parent = parents.get(root);
      if (!parent || !parents.has(parent)) break;
      root = parent;
    }
    return root;
  };
  return new Map([...parents.keys()].map((threadId) => [threadId, rootOf(threadId)]));
}

/** Sums up what threads used; with `threadId`, that one and its sub-agents alone. */
export function reportUsage(usages: readonly DatedUsage[], prices: Prices, threadId: string | null): UsageReport {
  const roots = threadId === null ? rootsOf(usages) : rootedAt(usages, threadId);
  const total = new Table<"all">(prices);
  const causes = new Table<UsageCause | "sub_agents">(prices);
  const models = new Table<string>(prices);
  const days = new Table<string>(prices);
  const threads = new Map<string, { own: Table<"own" | "sub" | "all">; cwd: string; updatedAtMs: number }>();
  const misses = new Map<MissReason, MissSum>();
  const lost = { requests: 0, estimatedTokens: 0 };
  for (const usage of usages) {
    const root = roots.get(usage.threadId);
    if (root === undefined) continue;
    const known = threads.get(root) ?? { own: new Table(prices), cwd: "", updatedAtMs: 0 };
    threads.set(root, known);
    known.updatedAtMs = Math.max(known.updatedAtMs, Math.round(usage.modifiedMs));
    const isRoot = usage.threadId === root;
    if (isRoot) known.cwd = usage.cwd;
    for (const bucket of usage.buckets) {
      total.add("all", bucket);
      models.add(bucket.model, bucket);
      days.add(localDay(bucket.quarter * quarterMs), bucket);
      known.own.add(isRoot ? "own" : "sub", bucket);
      known.own.add("all", bucket);
      addCauses(causes, bucket, isRoot);
      addMisses(misses, bucket, prices);
      lost.requests += bucket.lost.requests;
      lost.estimatedTokens += bucket.lost.tokens;
    }
  }
  const used = [...models.rows].filter(([, sum]) => sum.totalTokens > 0);
  return {
    total: total.rows.get("all") ?? noSum(),
    byCause: [...usageCauses, "sub_agents" as const].flatMap((cause) => {
      const sum = causes.rows.get(cause);
      return sum === undefined ? [] : [{ cause, ...sum }];
    }),
    byModel: used.map(([model, sum]) => ({ model, ...sum })).sort((a, b) => b.totalTokens - a.totalTokens),
    byDay: [...days.rows]
      .filter(([, sum]) => sum.totalTokens > 0)
      .map(([day, sum]) => ({ day, ...sum }))
      .sort((a, b) => (a.day < b.day ? 1 : -1)),
    threads: [...threads]
      .map(([id, { own, cwd, updatedAtMs }]) => ({
        threadId: id,
        cwd,
        updatedAtMs,
        own: own.rows.get("own") ?? noSum(),
        subAgents: own.rows.get("sub") ?? noSum(),
        total: own.rows.get("all") ?? noSum(),
      }))
      .filter((thread) => thread.total.requests > 0)
      .sort((a, b) => b.updatedAtMs - a.updatedAtMs),
    cacheMisses: [...misses.values()].sort((a, b) => b.tokens - a.tokens),
    lost,
    unpricedModels: used.filter(([model]) => prices.of(model) === null).map(([model]) => model),
    notes: [],
  };
}

/** A thread and all below it, as one tree. */
export function rootedAt(usages: readonly FileUsage[], threadId: string): ReadonlyMap<string, string> {
  const children = Map.groupBy(usages, ({ parentThreadId }) => parentThreadId);
  const found = new Map<string, string>();
  const waiting = [threadId];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (found.has(next)) continue;
    found.set(next, threadId);
    for (const child of children.get(next) ?? []) waiting.push(child.threadId);
  }
  return found;
}

function addCauses(table: Table<UsageCause | "sub_agents">, bucket: Bucket, isRoot: boolean): void {
  const { model, causes } = bucket;
  if (!isRoot) return table.add("sub_agents", bucket);
  for (const cause of usageCauses) {
    const tokens = causes[cause];
    if (tokens === undefined) continue;
    const { requests, reasoning } = cause === "answers" ? bucket : { requests: 0, reasoning: 0 };
    table.add(cause, { model, requests, tokens, reasoning });
  }
}

function addMisses(table: Map<MissReason, MissSum>, { misses, model }: Bucket, prices: Prices): void {
  const price = prices.of(model);
  for (const [reason, { requests, tokens }] of Object.entries(misses) as [
    MissReason,
    { requests: number; tokens: number },
  ][]) {
    const sum = table.get(reason) ?? { reason, requests: 0, tokens: 0, usd: null };
    sum.requests += requests;
    sum.tokens += tokens;
    if (price !== null) sum.usd = (sum.usd ?? 0) + (tokens * (price.input - price.cachedInput)) / 1e6;
    table.set(reason, sum);
  }
}
