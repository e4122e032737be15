import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { clientOf, serve, staged } from "./served.ts";
import { untilPasses } from "../support/until.ts";

interface Sent {
  path: string;
  headers: IncomingHttpHeaders;
  body: { resourceSpans: { resource: { attributes: object[] }; scopeSpans: { spans: { name: string }[] }[] }[] };
}

/** Takes what is exported. */
async function collector(): Promise<{ url: string; sent: Sent[] }> {
  const sent: Sent[] = [];
  const server = createServer((request, response) => {
    let text = "";
    request.on("data", (chunk: Buffer) => (text += chunk.toString()));
    request.on("end", () => {
      sent.push({ path: request.url ?? "", headers: request.headers, body: JSON.parse(text) as Sent["body"] });
      response.writeHead(200, { "content-type": "application/json" }).end("{}");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, sent };
}

test.each([
  [1, {}, "codex-agent"],
  [2, { OTEL_SERVICE_NAME: "models" }, "models"],
] as const)(
  "the command sends its spans to where OpenTelemetry's variables say (%i workers)",
  async (workers, named, service) => {
    const { stage, model } = await staged();
    const { url, sent } = await collector();
    Object.assign(stage.env, named, { OTEL_EXPORTER_OTLP_ENDPOINT: url });
    stage.env["OTEL_EXPORTER_OTLP_HEADERS"] = "x-team=blue";
    stage.env["OTEL_RESOURCE_ATTRIBUTES"] = "deployment.environment.name=test";
    const served = await serve(stage, "--backend-url", model.baseUrl, "--workers", String(workers));
    await clientOf(served.url).responses.create({ model: "m", input: "hi" });
    expect(model.requests[0]!.headers["traceparent"]).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    served.child.kill("SIGTERM");
    expect(await served.ended).toBe(0);
    expect(sent).toMatchObject([
      { path: "/v1/traces", headers: { "x-team": "blue", "content-type": "application/json" } },
    ]);
    const [{ resource, scopeSpans }] = sent[0]!.body.resourceSpans as [Sent["body"]["resourceSpans"][0]];
    expect(resource.attributes).toContainEqual({ key: "service.name", value: { stringValue: service } });
    expect(JSON.stringify(resource.attributes)).toContain("deployment.environment.name");
    expect(scopeSpans.flatMap(({ spans }) => spans.map(({ name }) => name)).sort()).toEqual([
      "POST /v1/responses",
      "chat m",
    ]);
  },
);

test("a collector that is away costs one line, and no answer", async () => {
  const { stage, model } = await staged();
  stage.env["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://127.0.0.1:9";
  stage.env["OTEL_EXPORTER_OTLP_TIMEOUT"] = "1000";
  stage.env["OTEL_BSP_SCHEDULE_DELAY"] = "10";
  const served = await serve(stage, "--backend-url", model.baseUrl);
  for (let count = 0; count < 3; count++)
    expect((await clientOf(served.url).responses.create({ model: "m", input: "hi" })).output_text).toBe("Hi");
  await untilPasses(() => expect(served.said()).toContain("spans cannot be sent"));
  served.child.kill("SIGTERM");
  expect(await served.ended).toBe(0);
  expect(served.said().match(/spans cannot be sent/g)).toHaveLength(1);
});

test.each([
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: "localhost:4317" }, /no http or https URL/],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:9", OTEL_TRACES_EXPORTER: "zipkin" }, /zipkin/],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:9", OTEL_TRACES_EXPORTER: "none" }, /^[^\n]*listening[^\n]*\n$/],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:9", OTEL_SDK_DISABLED: "true" }, /^[^\n]*listening[^\n]*\n$/],
])("with %j nothing is sent", async (variables, says) => {
  const { stage, model } = await staged();
  Object.assign(stage.env, variables);
  const served = await serve(stage, "--backend-url", model.baseUrl);
  await clientOf(served.url).responses.create({ model: "m", input: "hi" });
  expect(model.requests[0]!.headers).not.toHaveProperty("traceparent");
  expect(served.said()).toMatch(says);
  served.child.kill("SIGTERM");
  expect(await served.ended).toBe(0);
});
