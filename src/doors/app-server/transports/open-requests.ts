import type { Message } from "../../../protocol/codex-0.169/app-server/messages.ts";

const isRequest = (message: unknown): boolean =>
  typeof message === "object" && message !== null && "method" in message && "id" in message;

/** How many requests of a client have no answer yet. */
export class OpenRequests {
  #count = 0;
  #whenNone: (() => void)[] = [];

  asked(message: unknown): void {
    if (isRequest(message)) this.#count++;
  }

  said(message: Message): void {
    if ("method" in message) return;
    this.#count--;
    if (this.#count > 0) return;
    for (const resolve of this.#whenNone.splice(0)) resolve();
  }

  /** Resolves when all are answered, or after so many milliseconds. */
  answered(limitMs: number): Promise<void> {
    if (this.#count <= 0) return Promise.resolve();
    return new Promise((resolve) => {
      const limit = setTimeout(resolve, limitMs);
      this.#whenNone.push(() => {
        clearTimeout(limit);
        resolve();
      });
    });
  }
}
