import type { ClientRequest, IncomingMessage, RequestOptions } from "node:http";
import { messageOf } from "../../protocol/errors.ts";
import { afterCatchingUp } from "../../system/late.ts";
import type { System } from "../../system/ports.ts";
import { moduleFor } from "./modules.ts";
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

/** One small request and its answer, on a connection that a turn's request can go on with. Follows no redirect. Rejects with the signal's reason alone. */
export async function fetchJson(request: JsonRequest, system: Pick<System, "environment">): Promise<JsonAnswer> {
  const { signal, timeoutMs } = request;
  signal?.throwIfAborted();
  const url = new URL(request.url);
  const http = await moduleFor(url.protocol);
  const { variables } = system.environment;
  const agent = goesThroughProxy(variables) ? new http.Agent({ proxyEnv: variables }) : null;
  const body = request.body === undefined ? null : Buffer.from(JSON.stringify(request.body));
  const options: RequestOptions = {
    ...(agent !== null && { agent }),
    method: body === null ? "GET" : "POST",
    headers: {
      accept: "application/json",
      ...(body !== null && { "content-type": "application/json", "content-length": String(body.length) }),
      ...request.headers,
    },
  };
  let sent: ClientRequest | null = null;
  const stop = afterCatchingUp(timeoutMs, () => sent?.destroy(new Error(`no answer within ${timeoutMs} ms`)));
  const onAbort = (): void => void sent?.destroy();
  signal?.addEventListener("abort", onAbort, { once: true });
  const ask = (): Promise<JsonAnswer> =>
    new Promise((resolve, reject) => {
      let answered = false;
      const asking = http.request(url, options, (response) => {
        answered = true;
        readAll(response).then(resolve, reject);
      });
      sent = asking;
      asking.on("error", (error: NodeJS.ErrnoException) => {
        // The server closed a connection that it had kept while this was on its way: nobody has read it.
        if (!answered && asking.reusedSocket && error.code === "ECONNRESET" && !signal?.aborted) resolve(ask());
        else reject(error);
      });
      asking.end(body ?? undefined);
    });
  try {
    return await ask();
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    return { status: 0, body: null, text: messageOf(error) };
  } finally {
    stop();
    signal?.removeEventListener("abort", onAbort);
    agent?.destroy();
  }
}

function readAll(response: IncomingMessage): Promise<JsonAnswer> {
  const status = response.statusCode ?? 0;
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    response.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      length += chunk.length;
      if (length <= maxBytes) return;
      resolve({ status, body: null, text: "" });
      response.destroy();
    });
    response.on("end", () => {
      const text = Buffer.concat(chunks).toString("utf8");
      resolve({ status, body: parsed(text), text: text.slice(0, 500) });
    });
    response.on("error", reject);
    // Of a broken answer Node tells no error where nobody has destroyed it.
    response.on("close", () => reject(new Error("the answer broke off")));
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
