/** Counts by name and labels, as Prometheus writes them: `name{label="value"}`. Those of several processes add up. */
export type Counts = Record<string, number>;

const help: Readonly<Record<string, readonly [type: string, text: string]>> = {
  codex_agent_bridge_requests_total: ["counter", "Requests that have ended, by route and HTTP status."],
  codex_agent_bridge_responses_total: ["counter", "Responses that have ended, by outcome."],
  codex_agent_bridge_in_flight: ["gauge", "Responses that are being made."],
  codex_agent_bridge_response_seconds: ["histogram", "From a request to the end of its response."],
  codex_agent_bridge_first_event_seconds: ["histogram", "From a request to the first piece of its answer."],
  codex_agent_bridge_tokens_total: ["counter", "Tokens that upstreams counted, by kind."],
  codex_agent_bridge_repairs_total: ["counter", "Tool calls that were put right, by kind."],
  codex_agent_bridge_upstream_requests_total: ["counter", "Requests to upstreams, by upstream."],
  codex_agent_bridge_upstream_errors_total: ["counter", "Requests to upstreams that failed, by upstream and code."],
};
export type MetricName =
  | "codex_agent_bridge_requests_total"
  | "codex_agent_bridge_responses_total"
  | "codex_agent_bridge_in_flight"
  | "codex_agent_bridge_tokens_total"
  | "codex_agent_bridge_repairs_total"
  | "codex_agent_bridge_upstream_requests_total"
  | "codex_agent_bridge_upstream_errors_total";
export type HistogramName = "codex_agent_bridge_response_seconds" | "codex_agent_bridge_first_event_seconds";

const buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300];

const quoted = (value: string): string => value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");

export class Metrics {
  readonly counts: Counts = {};

  add(name: MetricName, amount: number, labels: Readonly<Record<string, string>> = {}): void {
    const said = Object.entries(labels).map(([label, value]) => `${label}="${quoted(value)}"`);
    this.#add(said.length === 0 ? name : `${name}{${said.join(",")}}`, amount);
  }

  observe(name: HistogramName, seconds: number): void {
    for (const bound of buckets) if (seconds <= bound) this.#add(`${name}_bucket{le="${bound}"}`, 1);
    this.#add(`${name}_bucket{le="+Inf"}`, 1);
    this.#add(`${name}_sum`, seconds);
    this.#add(`${name}_count`, 1);
  }

  #add(key: string, amount: number): void {
    this.counts[key] = (this.counts[key] ?? 0) + amount;
  }
}

/** What several processes have counted, together. */
export function sumOf(all: readonly Counts[]): Counts {
  const sum: Counts = {};
  for (const counts of all) for (const [key, value] of Object.entries(counts)) sum[key] = (sum[key] ?? 0) + value;
  return sum;
}

/** The text of `/metrics`. */
export function metricsText(counts: Counts): string {
  const lines: string[] = [];
  for (const [name, [type, text]] of Object.entries(help)) {
    lines.push(`# HELP ${name} ${text}`, `# TYPE ${name} ${type}`);
    const own = Object.keys(counts).filter((key) => isOf(key, name, type));
    if (own.length === 0 && type !== "histogram") lines.push(`${name} 0`);
    if (type === "histogram") {
      // Each bucket holds those before it, also where nothing fell into it itself.
      for (const bound of [...buckets.map(String), "+Inf"]) {
        const key = `${name}_bucket{le="${bound}"}`;
        lines.push(`${key} ${counts[key] ?? 0}`);
      }
      lines.push(`${name}_sum ${counts[`${name}_sum`] ?? 0}`, `${name}_count ${counts[`${name}_count`] ?? 0}`);
    } else for (const key of own.sort()) lines.push(`${key} ${counts[key]}`);
  }
  return `${lines.join("\n")}\n`;
}

const isOf = (key: string, name: string, type: string): boolean =>
  type !== "histogram" && (key === name || key.startsWith(`${name}{`));
