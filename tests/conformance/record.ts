// Records what the real Codex does: npm run conformance:record -- [--twice] [THEME... | random-streams]
// Without names: every theme of the scenarios whose recording is out of date. `random-streams`: those made from seeds.
// With --twice each is played two times: one that the real Codex itself answers differently is no measure for anybody.
import { isDeepStrictEqual } from "node:util";
import { oracle } from "../support/run.ts";
import {
  anywhere,
  codexVersion,
  isOutdated,
  neverRecorded,
  played,
  readRecorded,
  sourceOf,
  writeRecorded,
  type Recording,
} from "./recorded.ts";
import { themes } from "./scenarios.ts";
import { seeds, trace } from "./trace.ts";

const twice = process.argv.includes("--twice");
const named = process.argv.slice(2).filter((argument) => argument !== "--twice");
const say = (text: string): unknown => process.stderr.write(`${text}\n`);

/** Plays all, three at a time, and gives the results in the order of the keys. */
async function playAll<Result>(
  name: string,
  keys: readonly string[],
  playOne: (key: string) => Promise<Result>,
): Promise<Record<string, Result>> {
  const results = new Map<string, Result>();
  const unsteady: string[] = [];
  const waiting = [...keys];
  const work = async (): Promise<void> => {
    for (let key = waiting.shift(); key !== undefined; key = waiting.shift()) {
      const result = await playOne(key);
      results.set(key, result);
      if (twice && !isDeepStrictEqual(result, await playOne(key))) unsteady.push(key);
    }
  };
  await Promise.all([work(), work(), work()]);
  const found = !twice ? "played once" : `not the same twice: ${unsteady.join(", ") || "none"}`;
  say(`recorded ${keys.length} of ${name}; ${found}`);
  return Object.fromEntries(keys.map((key) => [key, results.get(key)!]));
}

async function recordTheme(theme: string): Promise<void> {
  const scenarios = new Map(themes[theme]!.map((scenario) => [scenario.name, scenario]));
  const results = await playAll(theme, [...scenarios.keys()], async (name) => {
    const real = await played(oracle(), scenarios.get(name)!);
    if (real.faults.length > 0) say(`${name}: ${real.faults.join("; ")}`);
    return anywhere(real);
  });
  writeRecorded(theme, { codex: codexVersion(), source: sourceOf(theme), played: results } satisfies Recording);
}

const recordable = Object.keys(themes).filter((theme) => !neverRecorded.has(theme));
const known = [...recordable, "random-streams"];
const unknown = named.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  say(`there is no ${unknown.join(", ")}; there are ${known.join(", ")}`);
  process.exit(1);
}
const outdated = recordable.filter((theme) => isOutdated(theme, readRecorded(theme) as Recording | null));
for (const name of named.length > 0 ? named : outdated) {
  if (name !== "random-streams") await recordTheme(name);
  else {
    const traces = await playAll(name, seeds.map(String), (seed) => trace(oracle(), Number(seed)));
    writeRecorded(name, traces);
  }
}
if (named.length === 0 && outdated.length === 0) say("every theme is recorded as it stands");
