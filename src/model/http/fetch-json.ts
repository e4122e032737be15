import type { IncomingMessage } from "node:http";
import type { System } from "../../system/ports.ts";
import { goesThroughProxy } from "./proxy.ts";

export interface JsonRequest {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON by POST; without it the request is a GET. */
  readonly body?: unknown;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/** `status` 0: nobody answered in time, or what came was no answer; `body` null: it was no JSON, or too much of it. */
export interface JsonAnswer {
  readonly status: number;
  readonly body: unknown;
  /** What came in the place of JSON, shortened. */
  readonly text: string;
}

/** A list of a few hundred models with their descriptions is one megabyte. */
const maxBytes = 8 << 20;

/** One small request and its answer. Follows no redirect. Rejects with the signal's reason alone. */
export async function fetchJson(request: JsonRequest, system: Pick<System, "environment">): Promise<JsonAnswer> {
  const url = new URL(request.url);
  const http = url.protocol === "https:" ? await import("node:https") : await import("node:http");
  const { variables } = system.environment;
  const agent = new http.Agent(goesThroughProxy(variables) ? { proxyEnv: variables } : {});
  const body = request.body === undefined ? null : Buffer.from(JSON.stringify(request.body));
  const limit = AbortSignal.timeout(request.timeoutMs);
  const signal = request.signal === undefined ? limit : AbortSignal.any([limit, request.signal]);
  try {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const sent = http.request(url, {
        agent,
        signal,
        method: body === null ? "GET" : "POST",
        headers: {
          accept: "application/json",
          ...(body !== null && { "content-type": "application/json", "content-length": String(body.length) }),
          ...request.headers,
        },
      });
      sent.on("response", resolve);
      sent.on("error", reject);
      sent.end(body ?? undefined);
    });
    const text = await readAll(response);
    return {
      status: response.statusCode ?? 0,
      body: text === null ? null : parsed(text),
      text: (text ?? "").slice(0, 500),
    };
  } catch (error) {
    if (request.signal?.aborted) throw request.signal.reason;
    return { status: 0, body: null, text: error instanceof Error ? error.message : String(error) };
  } finally {
    agent.destroy();
  }
}

async function readAll(response: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response) {
    chunks.push(chunk as Buffer);
    length += (chunk as Buffer).length;
    if (length > maxBytes) {
      response.destroy();
      return null;
    }
  }
  return Buffer.concat(chunks).toString("utf8");
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
