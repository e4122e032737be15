// `npm run crash -- N [SEED]`: kills N turns at places of chance and says what was broken. Ends with 1 if anything was.
import { type CrashReport, crashOnce } from "./crash-run.ts";

const [count = 20, first = Date.now() % 1_000_000] = process.argv.slice(2).map(Number);
const side = 2;

const reports: CrashReport[] = [];
let next = 0;
const worker = async (): Promise<void> => {
  for (let index = next++; index < count; index = next++) {
    const report = await crashOnce(first + index);
    reports.push(report);
    for (const fault of report.faults) process.stdout.write(`seed ${report.seed}: ${fault}\n`);
  }
};
await Promise.all(Array.from({ length: side }, worker));

const sum = (key: Exclude<keyof CrashReport, "seed" | "faults">): number =>
  reports.reduce((total, report) => total + report[key], 0);
const broken = reports.filter(({ faults }) => faults.length > 0);
process.stdout.write(
  `${[
    `${reports.length} turns of 20 calls, seeds ${first} to ${first + count - 1}`,
    `${sum("kills")} kills, ${sum("nothingTold")} of them before a thread was told of`,
    `${sum("tornLines")} torn lines, ${sum("unknownOutcomes")} calls of unknown outcome`,
    `${sum("leftBehind")} processes that outlived a kill, to be ended by the next start`,
    `${sum("realResumes")} resumes by the real Codex in between`,
    broken.length === 0
      ? "no promise broken"
      : `promises broken in ${broken.length} turns: seeds ${broken.map(({ seed }) => seed).join(", ")}`,
  ].join("\n")}\n`,
);
process.exitCode = broken.length === 0 ? 0 : 1;
