import type { IncomingMessage } from "node:http";
import { AgentError, messageOf } from "../../protocol/errors.ts";
import { goesThroughProxy } from "../http/proxy.ts";

/** What requests for logins need to know of the machine. */
export interface Web {
  /** The environment, for its proxies. */
  readonly variables: Readonly<Record<string, string>>;
  /** Who asks, as the vendor's clients say it. */
  readonly originator: string;
  readonly userAgent: string;
}

/** Who we are where somebody logs in. */
export function loginWeb(variables: Web["variables"]): Web {
  const originator = variables["CODEX_INTERNAL_ORIGINATOR_OVERRIDE"]?.trim() || "codex_agent";
  return { variables, originator, userAgent: "codex-agent" };
}

export interface Question {
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as a form. */
  readonly form?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export interface Answer {
  readonly status: number;
  /** An object; empty where the body is none. */
  readonly fields: Readonly<Record<string, unknown>>;
}

const usualTimeoutMs = 30_000;
const maxBytes = 1 << 20;

/** `POST` with a body, else `GET`. Redirects are not followed. @throws AgentError `connection_failed` without any of the secrets */
export async function ask(url: string, question: Question, web: Web): Promise<Answer> {
  const { json, form, timeoutMs = usualTimeoutMs, signal } = question;
  const target = new URL(url);
  const http = target.protocol === "https:" ? await import("node:https") : await import("node:http");
  const body =
    form !== undefined ? new URLSearchParams(form).toString() : json === undefined ? null : JSON.stringify(json);
  const type = form === undefined ? "application/json" : "application/x-www-form-urlencoded";
  const proxied = goesThroughProxy(web.variables);
  const limit = AbortSignal.timeout(timeoutMs);
  try {
    return await new Promise<Answer>((resolve, reject) => {
      const request = http.request(target, {
        method: body === null ? "GET" : "POST",
        headers: {
          accept: "application/json",
          "user-agent": web.userAgent,
          originator: web.originator,
          ...(body !== null && { "content-type": type, "content-length": String(Buffer.byteLength(body)) }),
          ...question.headers,
        },
        signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
        // One of our own is closed with the answer: nothing keeps the process alive.
        agent: new http.Agent(proxied ? { proxyEnv: web.variables } : {}),
      });
      request.on("error", reject);
      request.on("response", (response) => void read(response).then(resolve, reject));
      request.end(body ?? undefined);
    });
  } catch (error) {
    signal?.throwIfAborted();
    const why = limit.aborted ? `no answer within ${timeoutMs / 1000} s` : causeOf(error);
    throw new AgentError("connection_failed", `${target.origin}${target.pathname} cannot be reached: ${why}`);
  }
}

async function read(response: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response) {
    length += (chunk as Buffer).length;
    if (length > maxBytes) {
      response.destroy();
      throw new Error("the answer is longer than 1 MiB");
    }
    chunks.push(chunk as Buffer);
  }
  return { status: response.statusCode ?? 0, fields: fieldsOf(Buffer.concat(chunks).toString("utf8")) };
}

function fieldsOf(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

const causeOf = (error: unknown): string =>
  error instanceof AggregateError ? error.errors.map(messageOf).join("; ") : messageOf(error);
