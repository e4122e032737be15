/**
 * What rewinding costs in a workspace of 10,000 files: `node bench/rewind.ts`. Prints medians of ten looks, in milliseconds, with
 * the processor time of git beside them, and what the disk holds.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { nodeSystem } from "../src/system/node.ts";
import { ShadowGit } from "../src/journal/rewind/shadow-git.ts";
import { takeSnapshot, type Snapshot } from "../src/journal/rewind/snapshot.ts";
import { compare, joined } from "../src/journal/rewind/changes.ts";
import { writeLog } from "../src/journal/rewind/snapshot-log.ts";
import { tidy } from "../src/journal/rewind/tidy.ts";
import { planFolder, putBack } from "../src/journal/rewind/put-back.ts";

const files = 10_000;
const root = mkdtempSync("/var/tmp/rewind-bench-");
const workspace = join(root, "workspace");
let seed = 7;
const random = (below: number): number => (seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31) % below;
const text = (bytes: number): string => {
  let made = "";
  while (made.length < bytes) made += `const value${random(100_000)} = compute(${random(1e6)});\n`;
  return made;
};
const pathOf = (at: number): string => join(workspace, `d${at % 10}`, `s${at % 100}`, `f${at}.ts`);
for (let at = 0; at < files; at++) {
  mkdirSync(join(pathOf(at), ".."), { recursive: true });
  writeFileSync(pathOf(at), text(200 + random(6000)));
}

const system = nodeSystem();
const git = ShadowGit.open(system, join(root, "runtime"), workspace);
const diskBytes = (): number =>
  Number(execFileSync("du", ["-s", "--block-size=1", git.home], { encoding: "utf8" }).split("\t")[0]);

const look = async (): Promise<Snapshot> => {
  const taken = await takeSnapshot(git, system);
  if (taken.type !== "taken") throw new Error(taken.why);
  return taken.snapshot;
};
async function timed<Result>(work: () => Promise<Result>): Promise<{ ms: number; cpuMs: number; result: Result }> {
  const before = childTime();
  const begun = performance.now();
  const result = await work();
  return { ms: performance.now() - begun, cpuMs: childTime() - before, result };
}
/** Processor time of this process and of those that it has waited for, where the system tells. */
function childTime(): number {
  const stat = execFileSync("cat", [`/proc/${process.pid}/stat`], { encoding: "utf8" });
  const fields = stat
    .slice(stat.lastIndexOf(")") + 2)
    .split(" ")
    .map(Number);
  return ((fields[11] ?? 0) + (fields[12] ?? 0) + (fields[13] ?? 0) + (fields[14] ?? 0)) * 10;
}
const median = (values: readonly number[]): number =>
  values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)]!;
const tell = (what: string, ms: readonly number[], cpu: readonly number[]): void =>
  console.log(
    `${what.padEnd(44)} ${median(ms).toFixed(0).padStart(6)} ms  ${median(cpu).toFixed(0).padStart(5)} ms processor`,
  );

try {
  const first = await timed(look);
  tell("first look", [first.ms], [first.cpuMs]);
  const still = [];
  for (let count = 0; count < 10; count++) still.push(await timed(look));
  tell(
    "look, nothing changed",
    still.map(({ ms }) => ms),
    still.map(({ cpuMs }) => cpuMs),
  );
  const before = still.at(-1)!.result;
  const some: Awaited<ReturnType<typeof timed<Snapshot>>>[] = [];
  const firstBytes = diskBytes();
  let changedBytes = 0;
  for (let count = 0; count < 20; count++) {
    for (let at = 0; at < 20; at++) {
      const content = text(200 + random(6000));
      changedBytes += content.length;
      writeFileSync(pathOf(random(files)), content);
    }
    const seen = await timed(look);
    some.push(seen);
    const { tree, empty } = seen.result;
    writeLog(system, git.home, { type: "end", thread: "t", turn: `${count}`, at: Date.now(), tree, empty });
  }
  tell(
    "look, 20 files changed",
    some.map(({ ms }) => ms),
    some.map(({ cpuMs }) => cpuMs),
  );
  const grown = diskBytes() - firstBytes;
  console.log(`disk for 400 changed files: ${grown} bytes, ${(grown / changedBytes).toFixed(2)} times what changed`);
  const after = some.at(-1)!.result;
  await tidy(git, system, join(root, "runtime"));
  const packed = diskBytes() - firstBytes;
  console.log(
    `the same behind the next turn's end, when it was packed: ${packed} bytes, ${(packed / changedBytes).toFixed(2)} times what changed`,
  );
  const preview = () =>
    timed(async () => {
      const now = await look();
      const [changes = []] = await compare(git, [[before, after]]);
      return planFolder(system, git, joined([{ changes, unsure: false }]), now, before);
    });
  const previews: Awaited<ReturnType<typeof preview>>[] = [];
  for (let count = 0; count < 10; count++) {
    previews.push(await preview());
  }
  tell(
    "preview",
    previews.map(({ ms }) => ms),
    previews.map(({ cpuMs }) => cpuMs),
  );
  const back = await timed(() => putBack(system, [previews.at(-1)!.result], false));
  tell(`putting ${previews.at(-1)!.result.plan.steps.length} files back`, [back.ms], [back.cpuMs]);
} finally {
  rmSync(root, { recursive: true, force: true });
}
