/** What tokens were spent on. The counts of the provider are split over these by an estimate of what each request held. */
export const usageCauses = [
  /** The base prompt, and what the model is told of mode, rights, skills and surroundings. */
  "instructions",
  /** The descriptions of tools. */
  "tools",
  /** AGENTS.md, skills that were named, images, and what tools for reading files brought. */
  "files",
  /** What user and model said, calls and reasoning, sent again with each request. */
  "history",
  /** What other calls brought. */
  "tool_outputs",
  /** What the model wrote. */
  "answers",
  /** Requests for summaries of a history that grew too long. */
  "compaction",
  /** Requests beside the talk that decide about calls in the user's place. */
  "reviews",
  /** Attempts that failed and that the provider counted. */
  "retries",
] as const;

export type UsageCause = (typeof usageCauses)[number];

/** Why a provider had to read again what it had read before. */
export type MissReason =
  | "model_switched"
  | "instructions_changed"
  | "tools_changed"
  | "compacted"
  | "forked"
  /** Longer without a request than providers keep what they have read. */
  | "idle"
  /** The provider never reported any cached tokens in this thread. */
  | "never_reported"
  /** Nothing of this explains it, and the provider said nothing. */
  | "unexplained";

/** Sums over responses. Cached tokens are part of the input, reasoning is part of the output. */
export interface UsageSum {
  requests: number;
  inputTokens: number;
  cachedInputTokens: number;
  outputTokens: number;
  reasoningOutputTokens: number;
  /** Input and output. */
  totalTokens: number;
  /** Dollars of what has a known price; null where nothing has. */
  usd: number | null;
  /** Tokens of models without a known price. */
  unpricedTokens: number;
}

/** Tokens that were charged in full although an earlier request held them. They are part of the other counts. */
export interface MissSum {
  reason: MissReason;
  requests: number;
  tokens: number;
  /** What they cost more than cached ones would have; null where no price is known. */
  usd: number | null;
}

/** Attempts that brought no answer and that the provider did not count: an estimate, part of no sum. */
export interface LostSum {
  requests: number;
  estimatedTokens: number;
}

export interface ThreadUsage {
  threadId: string;
  cwd: string;
  /** Milliseconds since the Unix epoch. */
  updatedAtMs: number;
  own: UsageSum;
  /** All of its sub-agents and theirs. */
  subAgents: UsageSum;
  total: UsageSum;
}

/** Why one request missed the cache, and where its beginning differed. */
export interface Miss {
  reason: MissReason;
  tokens: number;
  /** Items of the history that it shared with the request before; null where that is not what it was about. */
  sameItems: number | null;
  /** Minutes since the response before. */
  idleMinutes: number;
}

export interface RequestUsage {
  turnId: string;
  threadId: string;
  atMs: number;
  model: string;
  sum: UsageSum;
  causes: Partial<Record<UsageCause, number>>;
  miss: Miss | null;
}

/** What threads used, and why. */
export interface UsageReport {
  total: UsageSum;
  /** `sub_agents` is all that the sub-agents of the threads used. */
  byCause: (UsageSum & { cause: UsageCause | "sub_agents" })[];
  byModel: (UsageSum & { model: string })[];
  /** Local days, `YYYY-MM-DD`, the newest first. */
  byDay: (UsageSum & { day: string })[];
  /** Threads of users, the one that was written to last first. */
  threads: ThreadUsage[];
  cacheMisses: MissSum[];
  lost: LostSum;
  /** Models that were used and have no known price. */
  unpricedModels: string[];
  /** Of one thread alone: each request, its sub-agents' among them, in the order of time. */
  requests?: RequestUsage[];
  /** What the user should know: files that cannot be read, a ledger that cannot be used. */
  notes: string[];
}
