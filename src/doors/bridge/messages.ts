import type { StoredResponse } from "../../proxy/store.ts";
import type { Counts } from "../../proxy/telemetry/metrics.ts";

/** The variable by which a process knows that it is a worker. */
export const workerMark = "CODEX_AGENT_BRIDGE_WORKER";

/** What a worker tells the process that holds what all share. `seq` names a question. */
export type FromWorker =
  | { readonly type: "listening"; readonly url: string }
  | { readonly type: "get"; readonly seq: number; readonly id: string }
  | { readonly type: "put"; readonly entry: StoredResponse }
  | { readonly type: "delete"; readonly seq: number; readonly id: string }
  | { readonly type: "counts"; readonly seq: number }
  | { readonly type: "counted"; readonly seq: number; readonly counts: Counts };

export type ToWorker =
  | { readonly type: "answer"; readonly seq: number; readonly value: unknown }
  | { readonly type: "count"; readonly seq: number }
  | { readonly type: "stop" };
