/** Counts by name and labels, as Prometheus writes them: `name{label="value"}`. Those of several processes add up. */
export type Counts = Record<string, number>;

const counters = {
  codex_agent_bridge_requests_total: "Requests that have ended, by route and HTTP status.",
  codex_agent_bridge_responses_total: "Responses that have ended, by outcome.",
  codex_agent_bridge_tokens_total: "Tokens that upstreams counted, by kind.",
  codex_agent_bridge_repairs_total: "Tool calls that were put right, by kind.",
  codex_agent_bridge_upstream_requests_total: "Requests to upstreams, by upstream.",
  codex_agent_bridge_upstream_errors_total: "Requests to upstreams that failed, by upstream and code.",
} as const;
const gauges = { codex_agent_bridge_in_flight: "Responses that are being made." } as const;
const histograms = {
  codex_agent_bridge_response_seconds: "From a request to the end of its response.",
  codex_agent_bridge_first_event_seconds: "From a request to the first piece of its answer.",
} as const;
export type CounterName = keyof typeof counters | keyof typeof gauges;
export type HistogramName = keyof typeof histograms;

/** Upper bounds of a histogram's buckets, seconds. */
const bounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300];

interface Histogram {
  /** Of each bound those below it and above the one before; the last is above all. */
  buckets: number[];
  sum: number;
}

/** A label as it stands between the braces. */
export const label = (name: string, value: string): string =>
  `${name}="${value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;

export class Metrics {
  readonly #counts = new Map<string, number>();
  readonly #histograms = new Map<HistogramName, Histogram>();

  /** @param labels as `label` writes them, joined by commas */
  add(name: CounterName, amount: number, labels = ""): void {
    const key = labels === "" ? name : `${name}{${labels}}`;
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + amount);
  }

  observe(name: HistogramName, seconds: number): void {
    let histogram = this.#histograms.get(name);
    if (histogram === undefined) {
      histogram = { buckets: [...bounds, 0].map(() => 0), sum: 0 };
      this.#histograms.set(name, histogram);
    }
    let at = 0;
    while (at < bounds.length && seconds > bounds[at]!) at++;
    histogram.buckets[at]!++;
    histogram.sum += seconds;
  }

  counts(): Counts {
    const counts: Counts = Object.fromEntries(this.#counts);
    for (const [name, { buckets, sum }] of this.#histograms) {
      let below = 0;
      for (const [index, count] of buckets.entries())
        counts[`${name}_bucket{le="${bounds[index] ?? "+Inf"}"}`] = below += count;
      counts[`${name}_sum`] = sum;
      counts[`${name}_count`] = below;
    }
    return counts;
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
  const plain = (names: Readonly<Record<string, string>>, type: string): void => {
    for (const [name, text] of Object.entries(names)) {
      lines.push(`# HELP ${name} ${text}`, `# TYPE ${name} ${type}`);
      const own = Object.keys(counts).filter((key) => key === name || key.startsWith(`${name}{`));
      for (const key of own.length === 0 ? [name] : own.sort()) lines.push(`${key} ${counts[key] ?? 0}`);
    }
  };
  plain(counters, "counter");
  plain(gauges, "gauge");
  for (const [name, text] of Object.entries(histograms)) {
    lines.push(`# HELP ${name} ${text}`, `# TYPE ${name} histogram`);
    const keys = [...bounds.map(String), "+Inf"].map((bound) => `_bucket{le="${bound}"}`);
    for (const key of [...keys, "_sum", "_count"]) lines.push(`${name}${key} ${counts[`${name}${key}`] ?? 0}`);
  }
  return `${lines.join("\n")}\n`;
}
