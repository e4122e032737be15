import type { Bridge, BridgeParts } from "../../proxy/bridge.ts";
import type { BridgeOptions } from "../../proxy/options.ts";
import type { ResponseStore, StoredResponse } from "../../proxy/store.ts";
import type { Counts } from "../../proxy/telemetry/metrics.ts";
import type { FromWorker, ToWorker } from "./messages.ts";

/** One of several processes that share an address: what is kept and counted for all lies in the process that began them. */
export async function serveAsWorker(
  options: BridgeOptions,
  begin: (options: BridgeOptions, parts: BridgeParts) => Promise<Bridge>,
  graceMs: number,
): Promise<number> {
  const tell = (message: FromWorker): void => void process.send?.(message);
  const waiting = new Map<number, (value: unknown) => void>();
  let seq = 0;
  const ask = <Value>(question: (seq: number) => FromWorker): Promise<Value> =>
    new Promise((resolve) => {
      waiting.set(++seq, resolve as (value: unknown) => void);
      tell(question(seq));
    });
  const store: ResponseStore = {
    get: (id) => ask<StoredResponse | null>((seq) => ({ type: "get", seq, id })),
    put: (entry) => tell({ type: "put", entry }),
    delete: (id) => ask<boolean>((seq) => ({ type: "delete", seq, id })),
  };
  // Whoever interrupts at a terminal interrupts all; the process that began this one says when to stop.
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => undefined);
  const bridge = await begin(options, { store, allCounts: () => ask<Counts>((seq) => ({ type: "counts", seq })) });
  const stopped = new Promise<void>((stop) => {
    process.on("disconnect", stop);
    process.on("message", (message: ToWorker) => {
      if (message.type === "answer") {
        waiting.get(message.seq)?.(message.value);
        waiting.delete(message.seq);
      } else if (message.type === "count") tell({ type: "counted", seq: message.seq, counts: bridge.counts() });
      else stop();
    });
  });
  tell({ type: "listening", url: bridge.url });
  await stopped;
  await bridge.close(graceMs);
  return 0;
}
