import type { ResponseItem } from "../../protocol/response-items.ts";
import type { TokenUsage } from "../../protocol/usage.ts";
import type { ToldFailure } from "./failure.ts";

/** How a response stands. */
export interface Standing {
  readonly status: "in_progress" | "completed" | "incomplete" | "failed";
  readonly output: readonly ResponseItem[];
  readonly usage?: TokenUsage | null;
  /** How often upstreams were asked for it. */
  readonly requests?: number;
  readonly error?: ToldFailure | null;
  readonly reason?: string | null;
}

/** Writes a response object of the Responses API. */
export class ResponseObject {
  readonly id: string;
  readonly model: string;
  readonly #head: string;
  readonly #echo: string;
  readonly #createdAt: number;

  /** @param createdAt seconds since the Unix epoch @param echo fields as JSON, between braces */
  constructor(id: string, model: string, createdAt: number, echo: string) {
    this.id = id;
    this.model = model;
    this.#createdAt = createdAt;
    this.#echo = echo;
    this.#head = `{"id":"${id}","object":"response","created_at":${createdAt}`;
  }

  json({ status, output, usage, requests, error, reason }: Standing): string {
    const ended = status === "completed" ? `,"completed_at":${Math.max(this.#createdAt, secondsNow())}` : "";
    const details = reason === undefined || reason === null ? "null" : JSON.stringify({ reason });
    const count = usage === undefined || usage === null ? "null" : JSON.stringify(usageFields(usage, requests ?? 1));
    return (
      `${this.#head},"status":"${status}"${ended},"error":${JSON.stringify(error ?? null)},"incomplete_details":${details},` +
      `"model":${JSON.stringify(this.model)},"output":${JSON.stringify(output)},"usage":${count},${this.#echo}}`
    );
  }
}

export const secondsNow = (): number => Math.floor(Date.now() / 1000);

const usageFields = (usage: TokenUsage, requests: number): Record<string, unknown> => ({
  input_tokens: usage.inputTokens,
  input_tokens_details: {
    cached_tokens: usage.cachedInputTokens,
    ...(usage.cacheWriteInputTokens > 0 && { cache_write_tokens: usage.cacheWriteInputTokens }),
  },
  output_tokens: usage.outputTokens,
  output_tokens_details: { reasoning_tokens: usage.reasoningOutputTokens },
  total_tokens: usage.totalTokens,
  ...(requests > 1 && { backend_requests: requests }),
});
