import type { ProfileSettings, WireApi } from "./profile.ts";

/** The kinds of model servers that are looked for on this machine. */
export const localKinds = ["ollama", "lmstudio", "vllm", "llamacpp"] as const;
export type LocalKind = (typeof localKinds)[number];

export const isLocalKind = (id: string): id is LocalKind => (localKinds as readonly string[]).includes(id);

/** A provider that is known by its name; a table of that name under `codex_agent.providers` changes what it says. */
export interface Preset {
  readonly name: string;
  readonly baseUrl: string;
  readonly wireApi: WireApi;
  readonly envKey: string | null;
  readonly envKeyInstructions?: string;
  readonly streamIdleTimeoutMs?: number;
  readonly profile: ProfileSettings;
}

/** A model on a slow machine may read a long prompt for many minutes before its first word. */
const local = { wireApi: "chat", envKey: null, streamIdleTimeoutMs: 1_800_000 } as const;

/**
 * Local servers are asked in chat completions, also where newer versions have a Responses API: every version has them, and what weak
 * models get wrong about their calls is put right on this side of it.
 */
export const presets: Readonly<Record<LocalKind | "anthropic" | "openrouter" | "gemini", Preset>> = {
  ollama: {
    ...local,
    name: "Ollama",
    baseUrl: "http://127.0.0.1:11434/v1",
    profile: { reasoningField: "reasoning" },
  },
  lmstudio: {
    ...local,
    name: "LM Studio",
    baseUrl: "http://127.0.0.1:1234/v1",
    profile: { reasoningField: null },
  },
  vllm: { ...local, name: "vLLM", baseUrl: "http://127.0.0.1:8000/v1", profile: { reasoningField: "reasoning" } },
  llamacpp: {
    ...local,
    name: "llama.cpp",
    baseUrl: "http://127.0.0.1:8080/v1",
    profile: { reasoningField: "reasoning_content" },
  },
  anthropic: {
    name: "Anthropic",
    baseUrl: "https://api.anthropic.com/v1",
    wireApi: "messages",
    envKey: "ANTHROPIC_API_KEY",
    envKeyInstructions: "Set it to a key of an Anthropic account.",
    profile: { cacheBreakpoints: true },
  },
  openrouter: {
    name: "OpenRouter",
    baseUrl: "https://openrouter.ai/api/v1",
    wireApi: "chat",
    envKey: "OPENROUTER_API_KEY",
    envKeyInstructions: "Set it to a key of an OpenRouter account.",
    profile: { reasoningField: "reasoning", effort: "reasoning" },
  },
  gemini: {
    name: "Gemini",
    baseUrl: "https://generativelanguage.googleapis.com/v1beta/openai",
    wireApi: "chat",
    envKey: "GEMINI_API_KEY",
    envKeyInstructions: "Set it to a key of the Gemini API.",
    // It refuses fields that it does not know.
    profile: { reasoningField: null, parallelToolCalls: false, drop: ["prompt_cache_key"] },
  },
};
