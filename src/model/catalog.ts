/** What is known of a model before it is asked. */
export interface ModelInfo {
  name: string;
  /** False for a name that no catalog has: the values are guesses that fit most. */
  known: boolean;
  /** Tokens that the model can read at most. */
  contextWindow: number;
  /** What its server said that it reads; a larger window of the configuration does not count. Null: it said nothing. */
  windowLimit: number | null;
  /** What its user is told of it. */
  notes: readonly string[];
  defaultEffort: string | null;
  defaultSummary: string | null;
  defaultVerbosity: string | null;
  /** Sent as `reasoning.context`. */
  reasoningContext: string | null;
  parallelToolCalls: boolean;
  /** Null: the model reads no images. */
  imageDetail: "original" | "high" | null;
  /** The provider can search the web for it. */
  hostedWebSearch: boolean;
  /** Content types that the provider's web search may bring; null leaves the choice to it. */
  webSearchContent: readonly string[] | null;
  /** It looks for tools by itself: those that can wait are not shown to it. */
  toolSearch: boolean;
  /** How it knows its sub-agents: by id, or by path and with mail; null: it has none. */
  agentTools: "id" | "path" | null;
  /** Whether it calls its tools itself, by scripts (`exec`), or as it likes. */
  toolMode: "classic" | "code" | "mixed";
  /** It is given its tools at the head of the input, in namespaces. */
  lite: boolean;
  /** It is offered a clock beside its scripts. */
  clock: boolean;
  /** Sent as `node_repl_auto_review_required`. */
  autoReviewRequired: boolean;
  /** Names of the built-in tools that it is shown, in order. */
  tools: readonly string[];
  /** Codex's marker of histories that only models with the same value can read without a summary. */
  compactionHash: string | null;
  displayName: string | null;
  description: string | null;
  /** Efforts that it can be asked for; none is known of a guessed model. */
  efforts: readonly string[];
  /** Faster or slower ways to be served, by the ids that requests name. */
  serviceTiers: readonly string[];
  /** People are shown it when they choose. */
  listed: boolean;
  /** Percent of the window that a turn may fill. */
  effectivePercent: number;
  /** Tokens after which its history is summarised; null: a share of the window. */
  autoCompactTokenLimit: number | null;
  /** Tokens of one output that it reads; null: the usual. */
  outputTokens: number | null;
  /** Its own base prompt, which may hold `{{ personality }}`; null: ours. */
  instructions: string | null;
  /** What `{{ personality }}` becomes. */
  personalities: Personalities;
  /** What it is told of its mode; `default` null: nothing, as long as it has heard of no other. */
  collaboration: { readonly default: "ours" | { readonly text: string } | null; readonly plan: string | null };
}

export type Personalities = Readonly<Partial<Record<"default" | "friendly" | "pragmatic", string>>>;

/** Part of a context window that a turn may fill; the rest is head-room for the answer. */
export const effectiveWindow = (contextWindow: number, percent = 95): number =>
  Math.floor((contextWindow * percent) / 100);

/** Tokens of the window that counts: the configured one, as far as the model's server goes along. */
export const windowOf = (configured: number | null, { contextWindow, windowLimit }: ModelInfo): number =>
  Math.min(configured ?? contextWindow, windowLimit ?? Infinity);

/** Of a model that no catalog has. */
export const guessed = {
  known: false,
  contextWindow: 272_000,
  windowLimit: null,
  notes: [],
  defaultEffort: null,
  defaultSummary: "auto",
  defaultVerbosity: null,
  reasoningContext: null,
  parallelToolCalls: true,
  imageDetail: "high",
  hostedWebSearch: true,
  webSearchContent: null,
  toolSearch: false,
  agentTools: "id",
  toolMode: "classic",
  lite: false,
  clock: false,
  autoReviewRequired: false,
  tools: ["exec_command", "write_stdin", "request_user_input", "view_image"],
  compactionHash: null,
  displayName: null,
  description: null,
  efforts: [],
  serviceTiers: [],
  listed: true,
  effectivePercent: 95,
  autoCompactTokenLimit: null,
  outputTokens: null,
  instructions: null,
  personalities: {},
  collaboration: { default: null, plan: null },
} satisfies Omit<ModelInfo, "name">;

const classicTools = ["exec_command", "write_stdin", "request_user_input", "apply_patch", "view_image"] as const;

const stock = {
  ...guessed,
  known: true,
  defaultSummary: null,
  defaultVerbosity: "low",
  imageDetail: "original",
  webSearchContent: ["text", "image"],
  toolSearch: true,
  tools: classicTools,
  efforts: ["low", "medium", "high", "xhigh"],
  serviceTiers: ["priority"],
} satisfies Omit<ModelInfo, "name">;

/** Stock models that work by scripts. */
const codeMode = {
  ...stock,
  toolMode: "code",
  lite: true,
  parallelToolCalls: false,
  defaultEffort: "low",
  reasoningContext: "all_turns",
  agentTools: "path",
  compactionHash: "3000",
  efforts: ["low", "medium", "high", "xhigh", "max", "ultra"],
} satisfies Omit<ModelInfo, "name">;
const medium = { defaultEffort: "medium" };
const withoutUltra = { ...medium, efforts: ["low", "medium", "high", "xhigh", "max"] };
const hidden = { listed: false };
/** The sixth generation: from the first request on they hear which mode they are in. */
const sixth = {
  ...codeMode,
  collaboration: { default: "ours", plan: null },
  clock: true,
  autoReviewRequired: true,
  tools: [...classicTools, "request_user_input_async"],
} satisfies Omit<ModelInfo, "name">;

const demo = {
  ...guessed,
  known: true,
  defaultSummary: null,
  imageDetail: null,
  hostedWebSearch: false,
  agentTools: null,
  tools: ["exec_command", "write_stdin", "apply_patch", "update_plan", "read_file", "list_dir", "grep_files"],
} satisfies Omit<ModelInfo, "name">;

export const defaultModel = "gpt-6.1-sol";
export const demoModel = "demo";

/** In the order in which people are shown them. */
const stockModels: readonly ModelInfo[] = [
  { name: "gpt-6.1-sol", ...sixth, displayName: "GPT-6.1-Sol" },
  { name: "gpt-6-astra", ...sixth, displayName: "GPT-6-Astra" },
  { name: "gpt-6-sol", ...sixth, ...medium, displayName: "GPT-6-Sol" },
  { name: "gpt-6-luna", ...sixth, ...withoutUltra, autoReviewRequired: false, displayName: "GPT-6-Luna" },
  { name: "gpt-5.6-sol", ...codeMode, displayName: "GPT-5.6-Sol" },
  { name: "gpt-6.1-terra", ...sixth, contextWindow: 500_000, displayName: "GPT-6.1 Terra" },
  { name: "gpt-5.6-terra", ...codeMode, ...medium, displayName: "GPT-5.6-Terra" },
  { name: "gpt-5.6-luna", ...codeMode, ...withoutUltra, agentTools: "id", displayName: "GPT-5.6-Luna" },
  { name: "gpt-daybreak-blue-latest", ...codeMode, ...hidden, serviceTiers: [] },
  {
    name: "gpt-daybreak-red-latest",
    ...codeMode,
    ...medium,
    ...hidden,
    serviceTiers: [],
    contextWindow: 372_000,
    defaultVerbosity: "high",
  },
  { name: "gpt-5.5", ...stock, defaultEffort: "medium", compactionHash: "2911", displayName: "GPT-5.5" },
  { name: "codex-auto-review", ...codeMode, ...withoutUltra, agentTools: "id", ...hidden },
];

const demoInfo: ModelInfo = { name: demoModel, ...demo, listed: false };

/** The models that are known, and what is taken of others. */
export class Catalog {
  /** In the order in which people are shown them. */
  readonly models: readonly ModelInfo[];

  constructor(models: readonly ModelInfo[]) {
    this.models = models;
  }

  /** What is used where nobody names a model. */
  get preferred(): string {
    return (this.models.find(({ listed }) => listed) ?? this.models[0])?.name ?? defaultModel;
  }

  /**
   * The model of that name, else the one whose name is the longest beginning of it (`NAME-2026-01-01`), else the one
   * that `PROVIDER/NAME` means, else cautious guesses. Its name is always the one that was asked for.
   */
  find(name: string): ModelInfo {
    if (name === demoModel) return demoInfo;
    const plain = /^[A-Za-z0-9_]+\/([^/]+)$/.exec(name)?.[1];
    const found = this.#longest(name) ?? (plain === undefined ? undefined : this.#longest(plain));
    return { ...(found ?? guessed), name };
  }

  #longest(name: string): ModelInfo | undefined {
    const fitting = this.models.filter((model) => name.startsWith(model.name));
    return fitting.reduce<ModelInfo | undefined>(
      (best, model) => (best === undefined || model.name.length > best.name.length ? model : best),
      undefined,
    );
  }
}

export const stockCatalog = new Catalog(stockModels);

export const findModel = (name: string): ModelInfo => stockCatalog.find(name);

/** What the user is told of a model that no catalog has. */
export const unknownModelWarning = (name: string): string =>
  `Model metadata for \`${name}\` not found. Going on with cautious guesses; model_context_window in config.toml states its window.`;
