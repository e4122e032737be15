type Variables = Readonly<Record<string, string | undefined>>;

/** How long an end waits for the last spans to be taken, milliseconds. */
const flushMs = 5000;

/**
 * Sends spans to where the variables of OpenTelemetry say (`OTEL_EXPORTER_OTLP_ENDPOINT` or `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`); without them, or
 * with `OTEL_SDK_DISABLED` or `OTEL_TRACES_EXPORTER=none`, nothing is even loaded. Begun before a bridge, which looks once for who wants spans.
 * @returns sends what is left, and stops
 */
export async function exportSpans(variables: Variables, warn: (line: string) => void): Promise<() => Promise<void>> {
  const endpoint =
    variables["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"]?.trim() || variables["OTEL_EXPORTER_OTLP_ENDPOINT"]?.trim();
  const isOff = /^true$/i.test(variables["OTEL_SDK_DISABLED"]?.trim() ?? "");
  const exporters = (variables["OTEL_TRACES_EXPORTER"]?.trim() || "otlp").split(",").map((name) => name.trim());
  if (!endpoint || isOff || exporters.includes("none")) return () => Promise.resolve();
  if (!URL.canParse(endpoint) || !/^https?:$/.test(new URL(endpoint).protocol)) {
    warn("no spans are sent: OTEL_EXPORTER_OTLP_ENDPOINT is no http or https URL");
    return () => Promise.resolve();
  }
  if (!exporters.includes("otlp")) {
    warn(`no spans are sent: OTEL_TRACES_EXPORTER is ${exporters.join(",")}, and this program knows otlp`);
    return () => Promise.resolve();
  }
  const { otlpExport } = await import("./otlp.ts");
  return otlpExport(warn, flushMs);
}
