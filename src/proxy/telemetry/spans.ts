import type { IncomingMessage } from "node:http";
import type { Context, Span, TextMapGetter } from "@opentelemetry/api";
import type { LogEntry } from "../options.ts";
import type { Tap } from "../upstreams/upstream.ts";

/** The spans of a bridge's requests, for a program (or an export) that has registered OpenTelemetry. They hold what the log holds. */
export interface Tracing {
  /** Null for what is only asked to see that the bridge lives. */
  begin(request: IncomingMessage, path: string): RequestSpan | null;
}

export interface RequestSpan {
  /** Gives each request to an upstream a span below this one, and tells the upstream of it. */
  readonly tap: Tap;
  end(entry: LogEntry, route: string): void;
}

/** Where the API keeps what was registered, for all of its copies in a process. */
const registered = Symbol.for("opentelemetry.js.api.1");
const unspoken = new Set(["/health", "/healthz", "/metrics"]);
/** By the names that metrics have for them; of ids there are as many as responses. */
const routes: Readonly<Record<string, string>> = {
  responses: "/v1/responses",
  stored: "/v1/responses/{id}",
  models: "/v1/models",
};
const headers: TextMapGetter<IncomingMessage["headers"]> = {
  keys: (carrier) => Object.keys(carrier),
  get: (carrier, name) => carrier[name.toLowerCase()],
};

/** Null where nobody has registered anything: the API is not even loaded then. */
export async function tracingOf(): Promise<Tracing | null> {
  if (!(registered in globalThis)) return null;
  const { context, propagation, SpanKind, SpanStatusCode, trace } = await import("@opentelemetry/api");
  const tracer = trace.getTracer("codex-agent/proxy");

  const failed = (span: Span, code: string): void => {
    span.setAttribute("error.type", code);
    span.setStatus({ code: SpanStatusCode.ERROR });
  };

  const tapBelow = (parent: Context): Tap => ({
    sent({ upstream, url, model, headers: sent }) {
      const { hostname, port, protocol } = new URL(url);
      const span = tracer.startSpan(
        `chat ${model}`,
        {
          kind: SpanKind.CLIENT,
          attributes: {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": upstream,
            "gen_ai.request.model": model,
            "server.address": hostname,
            "server.port": Number(port) || (protocol === "https:" ? 443 : 80),
          },
        },
        parent,
      );
      propagation.inject(trace.setSpan(parent, span), sent);
      return {
        ended(failure) {
          if (failure !== null) failed(span, failure);
          span.end();
        },
      };
    },
  });

  return {
    begin(request, path) {
      if (unspoken.has(path)) return null;
      // What instruments Node's http has begun a span of its own, which is below the client's already.
      const active = context.active();
      const above = trace.getSpan(active) ? active : propagation.extract(active, request.headers, headers);
      const method = request.method ?? "GET";
      const attributes = { "http.request.method": method, "url.path": path, "url.scheme": "http" };
      const span = tracer.startSpan(method, { kind: SpanKind.SERVER, attributes }, above);
      return {
        tap: tapBelow(trace.setSpan(above, span)),
        end(entry, routeName) {
          const route = routes[routeName];
          if (route !== undefined) {
            span.updateName(`${method} ${route}`);
            span.setAttribute("http.route", route);
          }
          span.setAttribute("http.response.status_code", entry.status);
          for (const [name, value] of Object.entries(attributesOf(entry)))
            if (value !== undefined && value !== null) span.setAttribute(name, value);
          const { error, outcome, status } = entry;
          if (outcome === "failed" || status >= 500) failed(span, error ?? String(status));
          span.end();
        },
      };
    },
  };
}

const attributesOf = (entry: LogEntry): Record<string, string | number | null | undefined> => ({
  "gen_ai.request.model": entry.model,
  "gen_ai.response.id": entry.responseId,
  "gen_ai.conversation.id": entry.sessionId,
  "gen_ai.usage.input_tokens": entry.inputTokens,
  "gen_ai.usage.output_tokens": entry.outputTokens,
  "codex_agent.bridge.outcome": entry.outcome,
  "codex_agent.bridge.upstream": entry.upstream,
  "codex_agent.bridge.repairs": entry.repairs,
});
