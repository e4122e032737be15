import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { AgentError, messageOf } from "../protocol/errors.ts";
import { nodeSystem } from "../system/node.ts";
import type { Bridging } from "./bridging.ts";
import { BodyBudget } from "./http/body.ts";
import { gateOf } from "./http/gate.ts";
import { Refusal, unexpected } from "./http/refusal.ts";
import { send, sendJson, sendRefusal } from "./http/send.ts";
import type { BridgeOptions, LogEntry } from "./options.ts";
import { createResponse, type Noted } from "./responses/create.ts";
import { answerStored } from "./responses/stored.ts";
import { Running } from "./running.ts";
import { webSearchOf } from "./search/web-search.ts";
import { MemoryStore, type ResponseStore } from "./store.ts";
import { dumpFields, dumpTo } from "./telemetry/dump.ts";
import { Metrics, metricsText, type Counts } from "./telemetry/metrics.ts";
import { tracingOf, type RequestSpan, type Tracing } from "./telemetry/spans.ts";
import { listModels } from "./upstreams/models.ts";
import { Upstream } from "./upstreams/upstream.ts";

/** A bridge that listens. */
export interface Bridge {
  /** The base URL for clients, as `http://127.0.0.1:8001/v1`. */
  readonly url: string;
  /** What it has counted. */
  counts(): Counts;
  /** Takes no more requests, lets those that run end for so long (default 10,000 ms), breaks off the rest, and resolves then. */
  close(graceMs?: number): Promise<void>;
}

/** What a bridge shares with others like it, and what tests set. */
export interface BridgeParts {
  readonly store?: ResponseStore;
  /** Of all processes that share the address; without it those of this bridge alone. */
  readonly allCounts?: () => Promise<Counts>;
  readonly heartbeatMs?: number;
  readonly tell?: (line: string) => void;
}

const usualPort = 8001;
const usualTimeoutMs = 120_000;
const usualBodyBytes = 64 * 1024 * 1024;
/** Of the bodies of all requests at once. */
const bodyBudgetBytes = 512 * 1024 * 1024;
const maxConnections = 1024;
const heartbeatMs = 15_000;
/** Longer than clients keep a connection, so that none sends on one that is being closed. */
const keepAliveMs = 75_000;
const usualGraceMs = 10_000;

/** Starts a bridge. @throws AgentError `config` where it cannot be */
export async function startBridge(options: BridgeOptions, parts: BridgeParts = {}): Promise<Bridge> {
  const { host = "127.0.0.1", port = usualPort, token = null } = options;
  const gate = gateOf({ host, token, allowedHosts: options.allowedHosts ?? [] });
  const bridging = bridgingOf(options, parts, await tracingOf());
  const allCounts = parts.allCounts ?? (() => Promise.resolve(bridging.metrics.counts()));
  const server = createServer({ keepAliveTimeout: keepAliveMs, noDelay: true }, (request, response) => {
    void answer(request, response, { bridging, gate, allCounts, onLog: options.onLog });
  });
  server.maxConnections = maxConnections;
  await listen(server, host, port);
  const address = server.address() as AddressInfo;
  const shown = address.family === "IPv6" ? `[${address.address}]` : address.address;
  return {
    url: `http://${shown}:${address.port}/v1`,
    counts: () => bridging.metrics.counts(),
    close: (graceMs = usualGraceMs) => close(server, bridging, graceMs),
  };
}

function bridgingOf(options: BridgeOptions, parts: BridgeParts, tracing: Tracing | null): Bridging {
  const { upstreams, token = null, dumpTo: dumpFolder = null, forwardAuth = false } = options;
  if (upstreams.length === 0)
    throw new AgentError("config", "the bridge has no upstream: name the base URL of a server (--backend-url URL)");
  if (forwardAuth && token !== null)
    throw new AgentError(
      "config",
      "clients cannot show both a token of the bridge and credentials that go on; keep one",
    );
  const system = nodeSystem();
  const tell = parts.tell ?? (() => undefined);
  const common = {
    system,
    timeoutMs: options.timeoutMs ?? usualTimeoutMs,
    extraBody: dumpFolder === null ? {} : dumpFields,
  };
  const asked = upstreams.map((each) => new Upstream(forwardAuth ? { ...each, key: null } : each, common));
  return {
    system,
    upstreams: asked,
    store: parts.store ?? new MemoryStore(() => system.clock.monotonic()),
    metrics: new Metrics(),
    budget: new BodyBudget(bodyBudgetBytes),
    maxBodyBytes: options.maxBodyBytes ?? usualBodyBytes,
    heartbeatMs: parts.heartbeatMs ?? heartbeatMs,
    webSearch: webSearchOf(options.webSearch ?? "none"),
    taps: dumpFolder === null ? [] : [dumpTo(dumpFolder, tell)],
    tracing,
    recordTo: options.recordTo ?? null,
    secrets: () => [...(token === null ? [] : [token]), ...asked.flatMap(({ keys }) => [...keys])],
    running: new Running(),
    forwarded: (headers) => forwarded(headers, forwardAuth),
    tell,
  };
}

const traceHeaders = ["traceparent", "tracestate"];
const authHeaders = ["authorization", "x-api-key", "anthropic-version", "anthropic-beta"];

function forwarded(headers: IncomingHttpHeaders, forwardAuth: boolean): Record<string, string> {
  const names = forwardAuth ? [...traceHeaders, ...authHeaders] : traceHeaders;
  const sent: Record<string, string> = {};
  for (const name of names) {
    const value = headers[name];
    if (typeof value === "string") sent[name] = value;
  }
  return sent;
}

interface Answering {
  bridging: Bridging;
  gate: (request: IncomingMessage, path: string) => void;
  allCounts: () => Promise<Counts>;
  onLog: BridgeOptions["onLog"];
}

async function answer(request: IncomingMessage, response: ServerResponse, answering: Answering): Promise<void> {
  const { bridging, onLog } = answering;
  const { clock } = bridging.system;
  const [time, began] = [clock.now(), clock.monotonic()];
  const [target = "/", query = ""] = (request.url ?? "/").split("?", 2);
  const path = target.length > 1 && target.endsWith("/") ? target.slice(0, -1) : target;
  const noted: Noted = {};
  const span = bridging.tracing?.begin(request, path) ?? null;
  let route = "other";
  try {
    answering.gate(request, path);
    const found = routeOf(path);
    route = found.name;
    await found.answer({ request, response, query, noted, span, ...answering });
  } catch (error) {
    if (!(error instanceof Refusal)) bridging.tell(`a request failed: ${messageOf(error)}`);
    const refusal = error instanceof Refusal ? error : unexpected();
    if (refusal.code !== null) noted.error = refusal.code;
    if (!request.complete) response.setHeader("connection", "close");
    sendRefusal(response, refusal);
    request.resume();
  }
  const status = response.headersSent ? response.statusCode : 499;
  bridging.metrics.add("codex_agent_bridge_requests_total", 1, `route="${route}",status="${status}"`);
  if (span === null && onLog === undefined) return;
  const entry: LogEntry = {
    time: new Date(time).toISOString(),
    method: request.method ?? "",
    path,
    status,
    outcome: null,
    durationMs: Math.round((clock.monotonic() - began) * 10) / 10,
    ...noted,
  };
  span?.end(entry, route);
  onLog?.(entry);
}

interface Call extends Answering {
  request: IncomingMessage;
  response: ServerResponse;
  /** As it stands behind the `?`. */
  query: string;
  noted: Noted;
  span: RequestSpan | null;
}

interface Route {
  /** For counting. */
  name: string;
  answer(call: Call): Promise<void> | void;
}

const only = (request: IncomingMessage, ...methods: string[]): void => {
  if (methods.includes(request.method ?? "")) return;
  throw new Refusal(405, `${request.method} is not understood here`, { headers: { allow: methods.join(", ") } });
};

const fixed: Readonly<Record<string, Route>> = {
  "/responses": {
    name: "responses",
    answer({ request, response, bridging, noted, span }) {
      only(request, "POST");
      const taps = span === null ? bridging.taps : [...bridging.taps, span.tap];
      return createResponse(request, response, bridging, noted, taps);
    },
  },
  "/models": {
    name: "models",
    async answer({ request, response, bridging, query }) {
      only(request, "GET");
      const list = await listModels(bridging.upstreams, bridging.forwarded(request.headers), query, bridging.system);
      sendJson(response, 200, list);
    },
  },
  "/health": {
    name: "health",
    answer({ request, response }) {
      only(request, "GET", "HEAD");
      sendJson(response, 200, '{"ok":true}');
    },
  },
  "/metrics": {
    name: "metrics",
    async answer({ request, response, allCounts }) {
      only(request, "GET");
      send(response, 200, "text/plain; version=0.0.4; charset=utf-8", metricsText(await allCounts()));
    },
  },
};

const unversioned = new Set(["/v1/responses", "/v1/models"]);

function routeOf(path: string): Route {
  const name = path === "/healthz" ? "/health" : unversioned.has(path) ? path.slice("/v1".length) : path;
  const route = Object.hasOwn(fixed, name) ? fixed[name] : undefined;
  if (route !== undefined) return route;
  const [, id, rest] = /^(?:\/v1)?\/responses\/([^/]+)(?:\/(input_items))?$/.exec(path) ?? [];
  if (id === undefined) throw new Refusal(404, `there is nothing at ${JSON.stringify(path)}`);
  return {
    name: "stored",
    async answer({ request, response, bridging, query }) {
      sendJson(
        response,
        200,
        await answerStored(bridging.store, request.method ?? "", id, rest ?? null, new URLSearchParams(query)),
      );
    },
  };
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const why =
        error.code === "EADDRINUSE"
          ? `port ${port} of ${host} is taken; choose another with --port, or 0 for a free one`
          : `the bridge cannot listen on ${host}:${port}: ${error.message}`;
      reject(new AgentError("config", why));
    });
    server.listen(port, host, resolve);
  });
}

async function close(server: Server, { running }: Bridging, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const limit = setTimeout(() => {
    running.stopAll();
    // What has been told that it ends has a moment to hear it.
    setTimeout(() => server.closeAllConnections(), 500).unref();
  }, graceMs);
  const idle = setInterval(() => server.closeIdleConnections(), 20);
  await closed.finally(() => {
    clearTimeout(limit);
    clearInterval(idle);
  });
}
