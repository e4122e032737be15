/** What is known of a model before it is asked. */
export interface ModelInfo {
  name: string;
  /** False for a name that no catalog has: the values are guesses that fit most. */
  known: boolean;
  /** Tokens that the model can read at most. */
  contextWindow: number;
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
  /** Names of the built-in tools that it is shown, in order. */
  tools: readonly string[];
  /** Codex's marker of histories that only models with the same value can read without a summary. */
  compactionHash: string | null;
}

/** Part of a context window that a turn may fill; the rest is head-room for the answer. */
export const effectiveWindow = (contextWindow: number): number => Math.floor(contextWindow * 0.95);

const guessed = {
  known: false,
  contextWindow: 272_000,
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
  tools: ["exec_command", "write_stdin", "request_user_input", "view_image"],
  compactionHash: null,
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
  tools: [...classicTools, "request_user_input_async"],
} satisfies Omit<ModelInfo, "name">;
const codeModeMedium = { ...codeMode, defaultEffort: "medium" };

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

const catalog: Readonly<Record<string, Omit<ModelInfo, "name">>> = {
  "gpt-5.5": { ...stock, defaultEffort: "medium", compactionHash: "2911" },
  "gpt-6.1-sol": codeMode,
  "gpt-6-astra": codeMode,
  "gpt-6-sol": codeModeMedium,
  "gpt-6-luna": codeModeMedium,
  "gpt-5.6-sol": codeMode,
  "gpt-6.1-terra": { ...codeMode, contextWindow: 500_000 },
  "gpt-5.6-terra": codeModeMedium,
  "gpt-5.6-luna": codeModeMedium,
  "gpt-daybreak-blue-latest": codeMode,
  "gpt-daybreak-red-latest": { ...codeModeMedium, contextWindow: 372_000, defaultVerbosity: "high" },
  "codex-auto-review": codeModeMedium,
  [demoModel]: demo,
};

export const modelNames: readonly string[] = Object.keys(catalog);

export const findModel = (name: string): ModelInfo => ({
  name,
  ...(Object.hasOwn(catalog, name) ? catalog[name]! : guessed),
});

/** What the user is told of a model that no catalog has. */
export const unknownModelWarning = (name: string): string =>
  `Model metadata for \`${name}\` not found. Going on with cautious guesses; model_context_window in config.toml states its window.`;
