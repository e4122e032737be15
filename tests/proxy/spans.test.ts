import { propagation, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
  type ReadableSpan,
} from "@opentelemetry/sdk-trace-base";
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test } from "vitest";
import { chatText } from "../support/fake-chat.ts";
import { httpError, startFakeModel } from "../support/fake-model.ts";
import { ask, bridgeBefore, bridgeTo, post } from "./on-stage.ts";
import { untilPasses } from "../support/until.ts";

const kept = new InMemorySpanExporter();

beforeAll(() => {
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(kept)] }));
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
});
afterEach(() => kept.reset());
// Other files run in this process, too, and know from this symbol whether somebody has registered anything.
afterAll(() => {
  trace.disable();
  propagation.disable();
  Reflect.deleteProperty(globalThis, Symbol.for("opentelemetry.js.api.1"));
});

/** The span of the request to the bridge, and those of its requests, once all have ended. */
async function spansOf(count: number): Promise<{ server: ReadableSpan; clients: ReadableSpan[] }> {
  await untilPasses(() => expect(kept.getFinishedSpans()).toHaveLength(count));
  const all = kept.getFinishedSpans();
  const clients = all.filter(({ kind }) => kind === SpanKind.CLIENT);
  return { server: all.find(({ kind }) => kind === SpanKind.SERVER)!, clients };
}

const traceId = "0af7651916cd43dd8448eb211c80319c";
const traceparent = `00-${traceId}-b7ad6b7169203331-01`;

test("a response is a span below its client's, and its request to the server one below that", async () => {
  const { bridge, model } = await bridgeTo(() => chatText("The secret answer"));
  await ask(
    bridge,
    { input: "the secret question", model: "m-1" },
    { traceparent, "x-client-request-id": "session-1" },
  );
  const { server, clients } = await spansOf(2);
  const [client] = clients;
  expect(server).toMatchObject({
    name: "POST /v1/responses",
    attributes: {
      "http.route": "/v1/responses",
      "http.request.method": "POST",
      "http.response.status_code": 200,
      "gen_ai.request.model": "m-1",
      "gen_ai.conversation.id": "session-1",
      "gen_ai.usage.input_tokens": expect.any(Number),
      "gen_ai.usage.output_tokens": expect.any(Number),
      "codex_agent.bridge.outcome": "completed",
    },
  });
  expect(server.spanContext().traceId).toBe(traceId);
  expect(server.parentSpanContext?.spanId).toBe("b7ad6b7169203331");
  expect(client).toMatchObject({ name: "chat m-1", attributes: { "server.address": "127.0.0.1" } });
  expect(client!.attributes["server.port"]).toBe(Number(new URL(model.baseUrl).port));
  expect(client!.parentSpanContext?.spanId).toBe(server.spanContext().spanId);
  expect(model.requests[0]!.headers["traceparent"]).toBe(`00-${traceId}-${client!.spanContext().spanId}-01`);
  expect(JSON.stringify([server.attributes, client!.attributes, server.events])).not.toContain("secret");
});

test("a server that hands over and the one that answers have a span each", async () => {
  const [away, there] = await Promise.all([
    startFakeModel(() => httpError(503, "no")),
    startFakeModel(() => chatText("Hi")),
  ]);
  onTestFinished(async () => void (await Promise.all([away.close(), there.close()])));
  const { bridge } = await bridgeBefore({
    upstreams: [
      { url: away.baseUrl, name: "away" },
      { url: there.baseUrl, name: "there" },
    ],
  });
  await ask(bridge, {});
  const { server, clients } = await spansOf(3);
  expect(clients.map(({ attributes, status }) => [attributes["gen_ai.provider.name"], status.code])).toEqual([
    ["away", SpanStatusCode.ERROR],
    ["there", SpanStatusCode.UNSET],
  ]);
  expect(clients[0]!.attributes["error.type"]).toBe("server_overloaded");
  expect(server.status.code).toBe(SpanStatusCode.UNSET);
});

test("a response that failed says with what", async () => {
  const { bridge } = await bridgeTo(() => httpError(401, "no"));
  await ask(bridge, {});
  const { server, clients } = await spansOf(2);
  expect(server).toMatchObject({
    status: { code: SpanStatusCode.ERROR },
    attributes: { "error.type": "invalid_api_key" },
  });
  expect(clients[0]!.attributes["error.type"]).toBe("unauthorized");
});

test("spans end where the client goes", async () => {
  const { bridge, model } = await bridgeTo([{ parts: [{ gate: () => new Promise(() => undefined) }] }]);
  const leaving = new AbortController();
  const asked = fetch(`${bridge.url}/responses`, {
    method: "POST",
    body: JSON.stringify({ model: "m", input: "hi", stream: true }),
    signal: leaving.signal,
  }).catch(() => null);
  await model.seen(1);
  leaving.abort();
  await asked;
  const { server, clients } = await spansOf(2);
  expect(server.attributes["codex_agent.bridge.outcome"]).toBe("cancelled");
  expect(clients[0]!.attributes["error.type"]).toBe("cancelled");
});

test("what is refused, and what there is not, has a span; what asks whether the bridge lives has none", async () => {
  const { bridge } = await bridgeTo([], { token: "t" });
  const { origin } = new URL(bridge.url);
  await fetch(`${origin}/healthz`);
  await post(bridge, {});
  await fetch(`${bridge.url}/responses/resp_1`, { headers: { authorization: "Bearer t" } });
  await fetch(`${origin}/nowhere`, { headers: { authorization: "Bearer t" } });
  await untilPasses(() => expect(kept.getFinishedSpans()).toHaveLength(3));
  const seen = kept.getFinishedSpans().map(({ name, attributes }) => [name, attributes["http.response.status_code"]]);
  expect(seen).toEqual([
    ["POST", 401],
    ["GET /v1/responses/{id}", 404],
    ["GET", 404],
  ]);
});
