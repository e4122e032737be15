import { propagation, trace } from "@opentelemetry/api";
import { setGlobalErrorHandler, W3CTraceContextPropagator } from "@opentelemetry/core";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from "@opentelemetry/resources";
import { BasicTracerProvider, BatchSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { messageOf } from "../../protocol/errors.ts";

/** Registers an export of spans as JSON over HTTP; endpoint, headers, timeouts, batches and sampling are what their variables say. */
export function otlpExport(warn: (line: string) => void, flushMs: number): () => Promise<void> {
  let told = false;
  setGlobalErrorHandler((error) => {
    // A collector that is away is away for each batch.
    if (!told) warn(`spans cannot be sent: ${reasonOf(error)}`);
    told = true;
  });
  const resource = defaultResource()
    .merge(resourceFromAttributes({ "service.name": "codex-agent" }))
    .merge(detectResources({ detectors: [envDetector] }));
  const provider = new BasicTracerProvider({
    resource,
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
  });
  trace.setGlobalTracerProvider(provider);
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  return async () => {
    const late = new Promise<void>((resolve) => setTimeout(resolve, flushMs).unref());
    await Promise.race([provider.shutdown().catch(() => undefined), late]);
  };
}

/** Errors of the export hold what the collector answered. */
const reasonOf = (error: unknown): string =>
  typeof error === "string" ? error.slice(0, 200) : messageOf(error).slice(0, 200);
