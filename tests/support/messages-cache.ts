import type { MessagesRequest } from "../../src/protocol/messages/messages-api.ts";

/** Tokens that a request took, as `usage` tells of them. */
export interface CacheUse {
  read: number;
  written: number;
  fresh: number;
}

interface Block {
  text: string;
  marked: boolean;
}

/** How many blocks a mark looks back for something that is cached. */
const lookback = 20;

/**
 * Anthropic's prompt cache, as its documents tell: a request is tools, system and messages, block after block. Everything up to a mark
 * is written; what is found up to a mark, or up to one of the blocks before it, is read. What a mark does not reach is neither. A token
 * is a character here.
 */
export class PromptCache {
  readonly #written = new Set<string>();

  ask(request: MessagesRequest): CacheUse {
    const blocks = blocksOf(request);
    const marks = blocks.flatMap(({ marked }, index) => (marked ? [index] : []));
    const prefixes: string[] = [];
    for (const { text } of blocks) prefixes.push(`${prefixes.at(-1) ?? request.model}\u0000${text}`);
    let read = -1;
    for (const mark of marks)
      for (let at = mark; at >= Math.max(mark - lookback, 0); at--)
        if (this.#written.has(prefixes[at]!)) read = Math.max(read, at);
    const last = marks.at(-1) ?? -1;
    for (const mark of marks) this.#written.add(prefixes[mark]!);
    const size = (from: number, to: number): number =>
      blocks.slice(from, to).reduce((sum, { text }) => sum + text.length, 0);
    return { read: size(0, read + 1), written: size(read + 1, last + 1), fresh: size(last + 1, blocks.length) };
  }
}

export function blocksOf({ tools, system, messages }: MessagesRequest): Block[] {
  const block = (role: string, value: object): Block => {
    const { cache_control: mark, ...rest } = value as { cache_control?: unknown };
    return { text: `${role} ${JSON.stringify(rest)}`, marked: mark !== undefined };
  };
  return [
    ...(tools ?? []).map((tool) => block("tool", tool)),
    ...(system ?? []).map((text) => block("system", text)),
    ...messages.flatMap(({ role, content }) => content.map((each) => block(role, each))),
  ];
}
