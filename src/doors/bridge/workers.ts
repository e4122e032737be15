import cluster, { type Worker } from "node:cluster";
import { MemoryStore } from "../../proxy/store.ts";
import { sumOf, type Counts } from "../../proxy/telemetry/metrics.ts";
import { workerMark, type FromWorker, type ToWorker } from "./messages.ts";
import { signalled } from "./serve-responses.ts";

/** A worker that ends is begun anew, unless so many of them end within a minute. */
const mostEnds = 5;
const minuteMs = 60_000;

/** Begins so many processes like this one that share its address, and holds what they share; resolves to the exit code. */
export async function serveWithWorkers(count: number, say: (line: string) => void, graceMs: number): Promise<number> {
  const store = new MemoryStore(() => Date.now());
  const counting = new Counting();
  const live = new Set<Worker>();
  /** Those of them that hear what they are asked. */
  const ready = new Set<Worker>();
  const ends: number[] = [];
  let listening = 0;
  let stopping = false;
  let fail: () => void = () => undefined;
  const failed = new Promise<number>((resolve) => {
    fail = () => resolve(1);
  });
  const tell = (worker: Worker, message: ToWorker): void => {
    if (worker.isConnected()) worker.send(message);
  };

  /** What all have counted. What another has said before it answers, as that it keeps a response, has been heard then, too. */
  const heardAll = (): Promise<Counts> => counting.of([...ready], (each, seq) => tell(each, { type: "count", seq }));

  const hear = async (worker: Worker, message: FromWorker): Promise<void> => {
    const answer = (seq: number, value: unknown): void => tell(worker, { type: "answer", seq, value });
    switch (message.type) {
      case "listening":
        ready.add(worker);
        if (++listening === count)
          say(`codex-agent serve responses: listening on ${message.url} with ${count} workers`);
        return;
      case "get":
        return answer(message.seq, (await store.get(message.id)) ?? (await heardAll(), await store.get(message.id)));
      case "put":
        return store.put(message.entry);
      case "delete":
        return answer(message.seq, await store.delete(message.id));
      case "counts":
        return answer(message.seq, await heardAll());
      case "counted":
        return counting.heard(worker, message.seq, message.counts);
    }
  };

  const begin = (): void => {
    const worker = cluster.fork({ [workerMark]: "1" });
    live.add(worker);
    worker.on("message", (message: FromWorker) => void hear(worker, message));
    worker.on("exit", () => {
      live.delete(worker);
      ready.delete(worker);
      counting.lost(worker);
      if (stopping) return;
      const now = Date.now();
      ends.push(now);
      // One that cannot begin has said why.
      if (listening < count || ends.filter((at) => now - at < minuteMs).length > mostEnds) return fail();
      begin();
    });
  };

  for (let index = 0; index < count; index++) begin();
  const code = await Promise.race([signalled().then(() => 0), failed]);
  stopping = true;
  const ended = Promise.all([...live].map((worker) => new Promise((resolve) => worker.once("exit", resolve))));
  for (const worker of live) tell(worker, { type: "stop" });
  const late = setTimeout(() => {
    for (const worker of live) worker.process.kill("SIGKILL");
  }, graceMs + 2000);
  await ended.finally(() => clearTimeout(late));
  return code;
}

/** Gathers what all workers have counted. */
class Counting {
  readonly #open = new Map<number, { waiting: Set<Worker>; counts: Counts[]; done: (sum: Counts) => void }>();
  /** Of those that have ended, as far as they were asked. */
  readonly #last = new Map<Worker, Counts>();
  #gone: Counts = {};
  #seq = 0;

  of(workers: readonly Worker[], ask: (worker: Worker, seq: number) => void): Promise<Counts> {
    return new Promise((done) => {
      const seq = ++this.#seq;
      this.#open.set(seq, { waiting: new Set(workers), counts: [this.#gone], done });
      for (const worker of workers) ask(worker, seq);
    });
  }

  heard(worker: Worker, seq: number, counts: Counts): void {
    this.#last.set(worker, counts);
    const open = this.#open.get(seq);
    if (open === undefined || !open.waiting.delete(worker)) return;
    open.counts.push(counts);
    this.#settle(seq);
  }

  lost(worker: Worker): void {
    const last = this.#last.get(worker);
    this.#last.delete(worker);
    if (last !== undefined) this.#gone = sumOf([this.#gone, { ...last, codex_agent_bridge_in_flight: 0 }]);
    for (const [seq, { waiting }] of this.#open) if (waiting.delete(worker)) this.#settle(seq);
  }

  #settle(seq: number): void {
    const open = this.#open.get(seq);
    if (open === undefined || open.waiting.size > 0) return;
    this.#open.delete(seq);
    open.done(sumOf(open.counts));
  }
}
