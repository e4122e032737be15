import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { messageOf } from "../../protocol/errors.ts";
import { redactAll } from "../../protocol/secrets/redact.ts";
import type { Tap } from "../upstreams/upstream.ts";

/** One response and all that was asked for it, as it can be played again. */
export interface RecordedExchange {
  readonly version: 1;
  /** What the client sent. */
  readonly request: unknown;
  /** What upstreams were sent, and the bytes that they answered with. */
  readonly upstream: readonly { readonly name: string; readonly request: unknown; readonly stream: string }[];
  /** What the client got: the whole stream, or an object. */
  readonly response: { readonly status: number; readonly body: string };
}

/** More than this of a stream is not kept, bytes. */
const maxBytes = 16 * 1024 * 1024;

/** Follows one exchange and writes it to a file of its own. */
export class Recording {
  readonly #folder: string;
  readonly #secrets: () => readonly string[];
  readonly #upstream: { name: string; request: unknown; chunks: Buffer[]; length: number }[] = [];
  readonly #said: string[] = [];
  readonly tap: Tap;

  /** @param secrets gives what must not be in the file, once all has been said */
  constructor(folder: string, secrets: () => readonly string[]) {
    this.#folder = folder;
    this.#secrets = secrets;
    this.tap = {
      sent: ({ upstream, json }) => {
        const kept = { name: upstream, request: JSON.parse(json) as unknown, chunks: [] as Buffer[], length: 0 };
        this.#upstream.push(kept);
        return {
          received(chunk) {
            kept.length += chunk.length;
            if (kept.length <= maxBytes) kept.chunks.push(chunk);
          },
          ended: () => undefined,
        };
      },
    };
  }

  said(text: string): void {
    this.#said.push(text);
  }

  /** @param name of the file, without its ending */
  async write(name: string, request: unknown, status: number): Promise<void> {
    const exchange: RecordedExchange = {
      version: 1,
      request,
      upstream: this.#upstream.map(({ name: upstream, request: sent, chunks }) => ({
        name: upstream,
        request: sent,
        stream: Buffer.concat(chunks).toString("utf8"),
      })),
      response: { status, body: this.#said.join("") },
    };
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const text = JSON.stringify(redactAll(exchange, this.#secrets()), null, 2);
    await writeFile(join(this.#folder, `${name}.json`), `${text}\n`, { mode: 0o600 });
  }
}

export const notRecorded = (error: unknown): string => `what went through cannot be recorded: ${messageOf(error)}`;
