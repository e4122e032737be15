/**
 * What it takes to judge a shell line, warm: `node bench/decisions.ts`. Lines up to 200 characters of the table of
 * decisions, in the workspace of its tests, and one of 10 KB.
 */
import { performance } from "node:perf_hooks";
import { changing } from "../tests/policy/effects/decisions/changing.ts";
import { destroying } from "../tests/policy/effects/decisions/destroying.ts";
import { hiding } from "../tests/policy/effects/decisions/hiding.ts";
import { looking } from "../tests/policy/effects/decisions/looking.ts";
import { outwitting } from "../tests/policy/effects/decisions/outwitting.ts";

const before = performance.now();
const { makeScene } = await import("../tests/policy/effects/scene.ts");
const loaded = performance.now() - before;
const scene = makeScene();

const sample = `(cd src && grep -rn "foo bar" --include='*.ts' . | head -20; echo "done $x" > ../out; ls -la *.ts)\n`;
const long = sample
  .repeat(Math.ceil(10_240 / sample.length))
  .slice(0, Math.floor(10_240 / sample.length) * sample.length);
const short = [...looking, ...changing, ...destroying, ...hiding, ...outwitting]
  .map(([, line]) => line)
  .filter((line) => line.length <= 200);

/** Milliseconds of processor time: on a machine that does other things, the clock would measure these. */
function timesOf(lines: readonly string[], rounds: number, each = 1): number[] {
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    for (const line of lines) {
      const start = process.cpuUsage();
      for (let time = 0; time < each; time++) scene.assess(line);
      const { user, system } = process.cpuUsage(start);
      times.push((user + system) / 1000 / each);
    }
  }
  return times.toSorted((one, other) => one - other);
}

function tell(name: string, times: readonly number[]): void {
  const at = (share: number): string => `${times[Math.floor((times.length - 1) * share)]!.toFixed(3)} ms`;
  process.stdout.write(`${name}: median ${at(0.5)}, 95 of 100 within ${at(0.95)}, slowest ${at(1)}\n`);
}

try {
  timesOf(short, 3);
  timesOf([long], 20);
  process.stdout.write(`loading grammar and tables: ${loaded.toFixed(1)} ms\n`);
  tell(`${short.length} lines of up to 200 characters`, timesOf(short, 5, 4));
  tell(`one line of ${long.length} characters`, timesOf([long], 100));
} finally {
  scene.remove();
}
