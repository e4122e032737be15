import type { IncomingHttpHeaders } from "node:http";
import type { WebSearch } from "../model/dialect/respond.ts";
import type { System } from "../system/ports.ts";
import type { BodyBudget } from "./http/body.ts";
import type { Running } from "./running.ts";
import type { ResponseStore } from "./store.ts";
import type { Metrics } from "./telemetry/metrics.ts";
import type { Tracing } from "./telemetry/spans.ts";
import type { Tap, Upstream } from "./upstreams/upstream.ts";

/** What all requests to a bridge share. */
export interface Bridging {
  readonly system: System;
  readonly upstreams: readonly Upstream[];
  readonly store: ResponseStore;
  readonly metrics: Metrics;
  readonly budget: BodyBudget;
  readonly maxBodyBytes: number;
  readonly heartbeatMs: number;
  readonly webSearch: ((newId: (prefix: string) => string, signal: AbortSignal) => WebSearch) | null;
  readonly taps: readonly Tap[];
  readonly tracing: Tracing | null;
  readonly recordTo: string | null;
  /** What must not be recorded. */
  secrets(): readonly string[];
  readonly running: Running;
  /** What of a client's headers goes on to upstreams. */
  forwarded(headers: IncomingHttpHeaders): Record<string, string>;
  /** A line for whoever runs the bridge. */
  tell(line: string): void;
}
