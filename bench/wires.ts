import type { Measure, Values } from "./measures.ts";
import { takeSample, type Bench } from "./sample.ts";
import { rotate } from "./statistics.ts";
import type { Subject } from "./subjects.ts";
import type { Wire } from "./wire-streams.ts";

const wires: readonly Wire[] = ["responses", "chat", "messages"];
let rounds = 0;

/** The same task over each API, by a model that no catalog has: the values are `NAME-WIRE`. */
const overEach =
  (name: string, task: string): Measure["take"] =>
  async (bench: Bench, subject: Subject): Promise<Values | null> => {
    if (subject.name !== "ours") return null;
    const values: Record<string, number> = {};
    for (const wire of rotate(wires, rounds++)) {
      const tables = `[codex_agent.providers.fake]\nwire_api = "${wire}"`;
      const settings = { model: "a-model", tables };
      const sample = await takeSample(bench, subject, { task, sandbox: "danger-full-access", resume: null, settings });
      values[`${name}-${wire}`] = sample.wallMs;
    }
    return values;
  };

export const wireMeasures: readonly Measure[] = [
  { name: "wire-cold", take: overEach("wire-cold", "calls-0") },
  { name: "wire-calls", take: overEach("wire-calls", "calls-50") },
  { name: "wire-deltas", take: overEach("wire-deltas", "deltas-20000") },
];
