/**
 * Measures codex-agent against the real Codex and a bare loop, in one interleaved run (bench/README.md).
 *
 *   npm run bench -- [--runs N] [--only NAME|GROUP[,...]]
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, totalmem } from "node:os";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { bridgeMeasures } from "./bridge/measures.ts";
import type { Samples } from "./figures.ts";
import { installPacked } from "./install.ts";
import { makeLongThread } from "./long-thread.ts";
import { insideMeasures } from "./inside.ts";
import { type Measure, turnMeasures } from "./measures.ts";
import { startModel } from "./model-process.ts";
import type { Bench } from "./sample.ts";
import { serverMeasures } from "./server/measures.ts";
import { rotate } from "./statistics.ts";
import { codexPath, makeSubjects, type Subject, type SubjectName } from "./subjects.ts";
import { table } from "./table.ts";
import { warmUp } from "./warm-up.ts";
import { wireMeasures } from "./wires.ts";

const items = 10_000;

const notes = [
  "Cells are medians (smallest–largest). Each sample has fresh homes and an empty HOME; of ours, the compile cache is",
  "kept, as every start but the first finds it. Memory is the sum of resident bytes of the process tree, looked at every",
  "10 ms, without children that still live on their parent's pages. Tokens are o200k, of the whole request bodies.",
].join("\n");

interface Options {
  runs: number;
  only: string[];
}

function readOptions(): Options {
  const { values } = parseArgs({ options: { runs: { type: "string" }, only: { type: "string" } } });
  const runs = Number(values.runs ?? 7);
  if (!Number.isInteger(runs) || runs < 1) throw new Error(`--runs wants a whole number above 0, not ${values.runs}`);
  return { runs, only: values.only?.split(",") ?? [] };
}

const say = (text: string): void => void process.stderr.write(`${text}\n`);
const reason = (error: unknown): string => (error instanceof Error ? error.message : String(error));

class Results {
  readonly samples: Samples = {};
  /** By `MEASURE/SUBJECT`: why there are no values. */
  readonly failures: Record<string, string> = {};

  add(subject: SubjectName, values: Readonly<Record<string, number>>): void {
    for (const [name, value] of Object.entries(values)) ((this.samples[name] ??= {})[subject] ??= []).push(value);
  }
}

async function measure(bench: Bench, subject: Subject, measure: Measure, results: Results): Promise<void> {
  const key = `${measure.name}/${subject.name}`;
  if (results.failures[key] !== undefined) return;
  try {
    results.add(subject.name, (await measure.take(bench, subject)) ?? {});
  } catch (error) {
    results.failures[key] = reason(error);
    say(`${key} failed: ${reason(error)}`);
  }
}

/** What was asked for by its name or that of its group. */
function chosen(groups: Readonly<Record<string, readonly Measure[]>>, only: readonly string[]): Measure[] {
  const named = Object.entries(groups).flatMap(([group, measures]) => measures.map((measure) => ({ group, measure })));
  const names = [...Object.keys(groups), ...named.map(({ measure }) => measure.name), "install"];
  const unknown = only.filter((name) => !names.includes(name));
  if (unknown.length > 0) throw new Error(`no measure is called ${unknown.join(", ")}; there are ${names.join(", ")}`);
  const isAskedFor = (name: string): boolean => only.length === 0 || only.includes(name);
  return named
    .filter(({ group, measure }) => isAskedFor(group) || isAskedFor(measure.name))
    .map(({ measure }) => measure);
}

async function measureAll(root: string, { runs, only }: Options, results: Results): Promise<void> {
  say("building");
  const subjects = await makeSubjects(root);
  const model = await startModel();
  try {
    const bench: Bench = { root, model };
    const thread = await makeLongThread(bench, subjects.codex, items);
    const wanted = chosen(
      {
        turn: turnMeasures(thread),
        inside: insideMeasures,
        "app-server": serverMeasures,
        bridge: bridgeMeasures,
        providers: wireMeasures,
      },
      only,
    );
    await warmUp(bench, Object.values(subjects), thread);
    for (let round = 0; round < runs; round++) {
      for (const each of wanted.filter(({ once }) => once !== true || round === 0)) {
        say(`run ${round + 1} of ${runs}: ${each.name}`);
        for (const subject of rotate(Object.values(subjects), round)) await measure(bench, subject, each, results);
      }
    }
  } finally {
    await model.stop();
  }
  if (only.length === 0 || only.includes("turn") || only.includes("install")) {
    say("installing");
    try {
      const { bytes, packages } = installPacked(root);
      results.add("ours", { "install-size": bytes, "install-packages": packages });
    } catch (error) {
      results.failures["install-size/ours"] = reason(error);
      say(`install failed: ${reason(error)}`);
    }
  }
}

function describeMachine(): Record<string, string | number> {
  const said = (command: string, args: string[]): string =>
    execFileSync(command, args, { cwd: dirname(import.meta.dirname), encoding: "utf8" }).trim();
  return {
    date: new Date().toISOString(),
    commit: said("git", ["describe", "--always", "--dirty"]),
    node: process.version,
    codex: said(codexPath, ["--version"]),
    processor: cpus()[0]?.model ?? "unknown",
    cores: cpus().length,
    memoryBytes: totalmem(),
    load: loadavg()[0] ?? 0,
  };
}

async function main(): Promise<void> {
  const options = readOptions();
  // Not below /tmp, which the real Codex lets every command write.
  const root = mkdtempSync("/var/tmp/bench-");
  const machine = describeMachine();
  const results = new Results();
  try {
    await measureAll(root, options, results);
  } finally {
    rmSync(root, { recursive: true, force: true, maxRetries: 5 });
  }
  const { samples, failures } = results;
  const file = join(import.meta.dirname, "results.json");
  writeFileSync(file, `${JSON.stringify({ machine, runs: options.runs, samples, failures }, null, 2)}\n`);
  const words = Object.entries(failures).map(([key, why]) => `failed: ${key}: ${why}`);
  process.stdout.write([table(samples, failures), notes, ...words, ""].join("\n"));
  process.exitCode = words.length === 0 ? 0 : 1;
}

main().catch((error: unknown) => {
  say(`bench: ${reason(error)}`);
  process.exitCode = 1;
});
