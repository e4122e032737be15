/** What a server understands of its dialect, and how it wants to be spoken to. */
export interface Profile {
  /** The role that developer messages get. */
  readonly developerRole: "developer" | "system" | "user";
  /**
   * Where developers speak as the system: templates of many local models refuse a system's message that is not the first, so those at the
   * head become one, and later ones the user's. False: each stays where it is.
   */
  readonly oneSystemMessage: boolean;
  /** The field of an assistant message that takes what the model thought before; null: it is left out. */
  readonly reasoningField: "reasoning" | "reasoning_content" | null;
  /** False: images become a line of text that says that there was one. */
  readonly vision: boolean;
  readonly maxTokensField: "max_tokens" | "max_completion_tokens";
  /** `stream_options.include_usage` may be asked for. */
  readonly streamUsage: boolean;
  /** False: several calls in one answer are never asked for nor forbidden. */
  readonly parallelToolCalls: boolean;
  /** How an effort is said. `reasoning_effort`: a field of that name; `reasoning`: an object with `effort`; null: not at all. */
  readonly effort: "reasoning_effort" | "reasoning" | null;
  /** Content carries breakpoints up to which the provider is to cache; null: where the API itself knows them. */
  readonly cacheBreakpoints: boolean | null;
  /** A message of calls alone has null for its content, for servers that refuse an empty text there. Others refuse null. */
  readonly nullContent: boolean;
  /** Fields that are added to each request, over what it has. */
  readonly extraBody: Readonly<Record<string, unknown>>;
  /** Fields that are left out of each request. */
  readonly drop: readonly string[];
}

export const plainProfile: Profile = {
  developerRole: "system",
  oneSystemMessage: true,
  reasoningField: "reasoning",
  vision: true,
  maxTokensField: "max_tokens",
  streamUsage: true,
  parallelToolCalls: true,
  effort: "reasoning_effort",
  cacheBreakpoints: null,
  nullContent: false,
  extraBody: {},
  drop: [],
};
