// Records what the real Codex does with the random streams: node tests/conformance/record.ts [--twice]
// With --twice each stream is played two times: one that the real Codex itself answers differently is no measure for anybody.
import { isDeepStrictEqual } from "node:util";
import { oracle } from "../support/run.ts";
import { seeds, trace, writeRecording, type Trace } from "./trace.ts";

const traces: Record<string, Trace> = {};
const unsteady: number[] = [];
const waiting = [...seeds];
const twice = process.argv.includes("--twice");

async function work(): Promise<void> {
  for (let seed = waiting.shift(); seed !== undefined; seed = waiting.shift()) {
    const first = await trace(oracle(), seed);
    traces[seed] = first;
    if (twice && !isDeepStrictEqual(first, await trace(oracle(), seed))) unsteady.push(seed);
  }
}

await Promise.all([work(), work(), work()]);
writeRecording(Object.fromEntries(seeds.map((seed) => [seed, traces[seed] as Trace])));
process.stderr.write(
  `recorded ${seeds.length} streams; ${twice ? `not the same twice: ${unsteady.sort((a, b) => a - b).join(", ") || "none"}` : "played once"}\n`,
);
