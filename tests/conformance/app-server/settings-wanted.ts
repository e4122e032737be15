import type { Dialogue, Heard } from "./dialogue.ts";

type Wanted = NonNullable<Dialogue["wanted"]>;

/** Changes each reply of the real one. */
export function changed(real: Heard, change: (reply: Record<string, unknown>, method: string) => unknown): Heard {
  const clients = real.clients.map((client) => ({
    ...client,
    replies: client.replies.map(({ method, reply }) => ({
      method,
      reply: change(structuredClone(reply) as Record<string, unknown>, method),
    })),
  }));
  return { ...real, clients };
}

/** Sentences of the real one and ours for the same. */
const words: readonly (readonly [RegExp, string])[] = [
  [
    /^Invalid configuration: unknown variant `sometimes`.*$/s,
    'Invalid configuration: `sandbox_mode` must be one of "read-only", "workspace-write", "danger-full-access", found the string "sometimes"',
  ],
  [
    /^Invalid configuration: invalid type: unit variant.*$/s,
    'Invalid configuration: `sandbox_mode` must be one of "read-only", "workspace-write", "danger-full-access", found the integer 5',
  ],
  [
    /^Invalid configuration: model_providers contains reserved built-in provider IDs: `openai`.*$/s,
    "Invalid configuration: `model_providers.openai` would redefine a built-in provider; give yours another name, or set openai_base_url",
  ],
  [
    /^Invalid configuration: invalid transport.*$/s,
    "Invalid configuration: `mcp_servers.empty` needs `command` (a program to start) or `url` (a server to connect to)",
  ],
  [
    /^This chat uses model provider “nope”.*$/s,
    "The model provider “nope” of this chat is not configured any more; configure it again to go on.",
  ],
  [
    /^skipping prompt hook in (\S+): prompt hooks are not supported yet$/,
    "A Stop hook in <root>/codex-home/hooks.json is not used: hooks of type prompt are not supported",
  ],
  [/^missing field `description`$/, "its front matter has no description"],
  [/^invalid name: exceeds maximum length of 64 characters$/, "its name is longer than 64 characters"],
  [/^missing YAML frontmatter delimited by ---$/, "it does not start with a front matter between two lines of ---"],
];

export function inOurWords(value: unknown): unknown {
  if (typeof value === "string") return words.reduce((text, [real, ours]) => text.replace(real, () => ours), value);
  if (Array.isArray(value)) return value.map(inOurWords);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, inOurWords(each)]));
}

export const ownWords = (reason: string): Wanted => ({ reason, change: (real) => changed(real, inOurWords) });
