import { fork, spawn, type ChildProcess } from "node:child_process";
import { join } from "node:path";
import type { Measure, Values } from "../measures.ts";
import { residentBytes } from "../process-tree.ts";
import type { Bench } from "../sample.ts";
import { makeStage, type Stage } from "../stage.ts";
import { startAndWait } from "../start.ts";
import { median } from "../statistics.ts";
import type { Subject } from "../subjects.ts";
import { requestBytes, times } from "./client.ts";

/** What stands between a client and a chat-completions server: the bridge, or in the place of the bare loop Node's http twice. */
interface Between {
  readonly port: number;
  readonly pid: number;
  readonly request: (deltas: number) => Buffer;
  stop(): void;
}

const forked = (file: string, ...args: string[]): Promise<{ child: ChildProcess; port: number }> =>
  new Promise((resolve, reject) => {
    const child = fork(join(import.meta.dirname, file), args);
    child.once("error", reject);
    child.once("message", ({ port }: { port: number }) => resolve({ child, port }));
  });

const direct = (deltas: number): Buffer => requestBytes("/v1/chat/completions", deltas);

/** The least that `serve responses` is started with. */
const command = (bench: Bench, upstream: number, ...flags: string[]): string[] => [
  join(bench.root, "product/bin/codex-agent"),
  "serve",
  "responses",
  "--port",
  "0",
  "--backend-url",
  `http://127.0.0.1:${upstream}/v1`,
  ...flags,
];

/** Resolves when it listens. */
function startBridge(bench: Bench, stage: Stage, upstream: number, ...flags: string[]): Promise<Between> {
  const [program = "", ...args] = command(bench, upstream, ...flags);
  const child = spawn(program, args, { cwd: stage.workspace, env: stage.env, stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  return new Promise((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`the bridge ended with ${code}: ${said}`)));
    child.stderr.on("data", (chunk: Buffer) => {
      said += chunk.toString();
      const port = /listening on http:\/\/127\.0\.0\.1:(\d+)/.exec(said)?.[1];
      if (port === undefined) return;
      const request = (deltas: number): Buffer => requestBytes("/v1/responses", deltas);
      resolve({ port: Number(port), pid: child.pid ?? 0, request, stop: () => child.kill("SIGTERM") });
    });
  });
}

async function startPassThrough(upstream: number): Promise<Between> {
  const { child, port } = await forked("pass-through.ts", String(upstream));
  return { port, pid: child.pid ?? 0, request: direct, stop: () => child.disconnect() };
}

type Take = (between: Between, upstream: number) => Promise<Values>;

/** Something that is done with a fresh bridge, and with a fresh proxy of Node's own. */
const through =
  (take: Take, ...flags: string[]): Measure["take"] =>
  async (bench, subject) => {
    if (subject.name === "codex" || (subject.name === "bare" && flags.length > 0)) return null;
    const upstream = await forked("upstream.ts");
    const stage = makeStage(bench.root, "http://127.0.0.1:9/v1", join(bench.root, "warm"));
    const between =
      subject.name === "ours"
        ? await startBridge(bench, stage, upstream.port, ...flags)
        : await startPassThrough(upstream.port);
    try {
      return await take(between, upstream.port);
    } finally {
      between.stop();
      upstream.child.disconnect();
      stage.remove();
    }
  };

function share(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))]!;
}

const shortDeltas = 20;
const warmRequests = 1500;
const countedRequests = 2000;

/** What a stream of twenty pieces takes longer than from the server itself. */
const added =
  (clients: number): Take =>
  async ({ port, request }, upstream) => {
    const name = `bridge-added-${clients}`;
    await times(upstream, direct(shortDeltas), clients, warmRequests);
    await times(port, request(shortDeltas), clients, warmRequests);
    const without = await times(upstream, direct(shortDeltas), clients, countedRequests);
    const within = await times(port, request(shortDeltas), clients, countedRequests);
    return {
      [name]: share(within, 0.5) - share(without, 0.5),
      [`${name}-p99`]: share(within, 0.99) - share(without, 0.99),
    };
  };

const longDeltas = 20_000;

const deltas: Take = async ({ port, request }) => {
  await times(port, request(longDeltas), 1, 3);
  return { "bridge-deltas": median(await times(port, request(longDeltas), 1, 7)) };
};

const crowd = 64;

/** Short requests in a second. */
const rate =
  (name: string): Take =>
  async ({ port, request }) => {
    await times(port, request(1), crowd, 4000);
    const since = performance.now();
    await times(port, request(1), crowd, 8000);
    return { [name]: (8000 / (performance.now() - since)) * 1000 };
  };

/** `BENCH_BRIDGE_REQUESTS=100000` is the whole figure. */
const manyRequests = Number(process.env["BENCH_BRIDGE_REQUESTS"] ?? 20_000);

const memory: Take = async ({ port, pid, request }) => {
  await times(port, request(1), crowd, manyRequests);
  const before = residentBytes(pid);
  await times(port, request(1), crowd, manyRequests);
  return { "bridge-memory": residentBytes(pid), "bridge-memory-before": before };
};

/** From the start of the process to the first answer; in the place of the bare loop an empty program. */
async function start(bench: Bench, subject: Subject): Promise<Values | null> {
  if (subject.name === "codex") return null;
  const stage = makeStage(bench.root, "http://127.0.0.1:9/v1", join(bench.root, "warm"));
  try {
    if (subject.name === "bare") {
      const empty = [process.execPath, "-e", "0"];
      return { "bridge-start": (await startAndWait(empty, { cwd: stage.workspace, env: stage.env })).wallMs };
    }
    const upstream = await forked("upstream.ts");
    try {
      // Once before, so that what Node compiled is kept.
      for (let time = 0; ; time++) {
        const since = performance.now();
        const bridge = await startBridge(bench, stage, upstream.port);
        await times(bridge.port, bridge.request(1), 1, 1);
        const wallMs = performance.now() - since;
        bridge.stop();
        if (time === 1) return { "bridge-start": wallMs };
        await new Promise((over) => setTimeout(over, 300));
      }
    } finally {
      upstream.child.disconnect();
    }
  } finally {
    stage.remove();
  }
}

/** What stands between a client of the Responses API and a model that speaks chat completions. */
export const bridgeMeasures: readonly Measure[] = [
  { name: "bridge-added-1", take: through(added(1)) },
  { name: "bridge-added-16", take: through(added(16)) },
  { name: "bridge-deltas", take: through(deltas) },
  { name: "bridge-rate", take: through(rate("bridge-rate")) },
  { name: "bridge-rate-workers", take: through(rate("bridge-rate-workers"), "--workers", "2") },
  { name: "bridge-memory", once: true, take: through(memory) },
  { name: "bridge-start", take: start },
];
