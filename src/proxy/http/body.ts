import type { IncomingMessage } from "node:http";
import { Refusal } from "./refusal.ts";

/** Counts the bytes of bodies that are being read or worked on, of all requests together. */
export class BodyBudget {
  readonly #most: number;
  #taken = 0;

  constructor(most: number) {
    this.#most = most;
  }

  take(bytes: number): void {
    if (this.#taken + bytes > this.#most)
      throw new Refusal(503, "too much is being asked of the bridge at once; try again", {
        code: "server_error",
        headers: { "retry-after": "1" },
      });
    this.#taken += bytes;
  }

  give(bytes: number): void {
    this.#taken -= bytes;
  }
}

const tooLarge = (limit: number): Refusal =>
  new Refusal(413, `the body is larger than ${limit} bytes, the most that this bridge takes`, {
    headers: { connection: "close" },
  });

/** The whole body. @throws Refusal where it is too large; null: the client has gone */
export function readBody(
  request: IncomingMessage,
  limit: number,
  budget: BodyBudget,
): Promise<{ bytes: Buffer; release: () => void } | null> {
  const encoding = request.headers["content-encoding"] ?? "identity";
  if (encoding !== "identity")
    return Promise.reject(
      new Refusal(415, `bodies with the content encoding ${JSON.stringify(encoding)} are not read; send it as it is`),
    );
  if (Number(request.headers["content-length"] ?? 0) > limit) return Promise.reject(tooLarge(limit));
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const release = (): void => budget.give(length);
    const refuse = (error: unknown): void => {
      request.removeAllListeners("data");
      request.resume();
      release();
      length = 0;
      reject(error);
    };
    request.on("data", (chunk: Buffer) => {
      try {
        if (length + chunk.length > limit) throw tooLarge(limit);
        budget.take(chunk.length);
        length += chunk.length;
        chunks.push(chunk);
      } catch (error) {
        refuse(error);
      }
    });
    request.on("end", () => resolve({ bytes: chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks), release }));
    request.on("close", () => {
      if (request.complete) return;
      release();
      length = 0;
      resolve(null);
    });
    request.on("error", () => undefined);
  });
}
