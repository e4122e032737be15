import { plainProfile, type Profile } from "../../model/dialect/profile.ts";

/** What is known of how servers want to be spoken to, by the name of their kind or vendor, in lower case. */
export const namedProfiles: Readonly<Record<string, Partial<Profile>>> = {
  vllm: {},
  ollama: { reasoningField: "reasoning" },
  lmstudio: { reasoningField: null },
  llamacpp: { reasoningField: "reasoning_content" },
  openai: { developerRole: "developer", reasoningField: null, maxTokensField: "max_completion_tokens" },
  azure: { developerRole: "developer", reasoningField: null, maxTokensField: "max_completion_tokens" },
  openrouter: { reasoningField: "reasoning", effort: "reasoning" },
  gemini: { reasoningField: null, parallelToolCalls: false, drop: ["prompt_cache_key"] },
  deepseek: { reasoningField: "reasoning_content", effort: null },
  stepfun: { developerRole: "system", oneSystemMessage: false },
  anthropic: { cacheBreakpoints: true },
};

/** The profile of a server. A name that nobody knows is one that nothing particular is known of. */
export function profileOf(provider: string | null | undefined, own: Partial<Profile> = {}): Profile {
  const name = provider?.toLowerCase() ?? "";
  const named = Object.hasOwn(namedProfiles, name) ? namedProfiles[name] : {};
  return { ...plainProfile, ...named, ...own };
}
