import { appendFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { SseParser } from "../../model/sse.ts";
import { messageOf } from "../../protocol/errors.ts";
import type { Tap } from "../upstreams/upstream.ts";

/** What a server that is asked for `return_token_ids` says of the tokens that it read and wrote. */
interface TokenChunk {
  prompt_token_ids?: unknown;
  choices?: { token_ids?: unknown }[];
}

export const dumpFields = { return_token_ids: true };

const numbers = (value: unknown): number[] | null => (Array.isArray(value) ? (value as number[]) : null);

/** Writes a line of `dump.jsonl` for each request to an upstream: its tokens, and when it was sent (seconds since the epoch). */
export function dumpTo(folder: string, tell: (line: string) => void): Tap {
  let writing: Promise<unknown> = mkdir(folder, { recursive: true, mode: 0o700 });
  return {
    sent() {
      const sentAt = Date.now() / 1000;
      let prefill: number[] | null = null;
      const decode: number[] = [];
      const parser = new SseParser(({ data }) => {
        if (!data.includes("token_ids")) return;
        try {
          const chunk = JSON.parse(data) as TokenChunk;
          prefill ??= numbers(chunk.prompt_token_ids);
          for (const choice of chunk.choices ?? []) decode.push(...(numbers(choice.token_ids) ?? []));
        } catch {
          // What is no JSON has no tokens.
        }
      });
      return {
        received: (chunk) => parser.push(chunk),
        ended() {
          const line = JSON.stringify({ tokens: { prefill: prefill ?? [], decode }, send_timestamp: sentAt });
          writing = writing
            .then(() => appendFile(join(folder, "dump.jsonl"), `${line}\n`, { mode: 0o600 }))
            .catch((error: unknown) => tell(`the dump cannot be written: ${messageOf(error)}`));
        },
      };
    },
  };
}
