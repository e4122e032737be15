import { createInterface } from "node:readline/promises";
import type { TriedCommand } from "../../host/trial/trial-command.ts";
import type { TrialReport } from "../../protocol/trial.ts";
import { visibleLine, visibleText } from "../../system/terminal-text.ts";
import { runWithin } from "./run-sandbox.ts";

export interface TrialFlags {
  /** Carry the changes over without being asked. */
  readonly commit: boolean;
  readonly json: boolean;
}

/** What became of the changes. */
type Outcome = "unchanged" | "committed" | "dropped";

/** When changes were not carried over. */
const droppedCode = 1;

/** Runs a command as a trial, shows what it did and carries that over, or drops it. Resolves to the exit code. */
export async function runTrial(tried: TriedCommand, argv: readonly string[], flags: TrialFlags): Promise<number> {
  const { trial } = tried;
  // One object on the standard output is all there is: what the command says goes elsewhere.
  const exitCode = await runWithin(tried, argv, flags.json ? [0, 2, 2] : "inherit");
  const report = await trial.look();
  const { outcome, why } = await settle(tried, report, flags);
  if (flags.json) process.stdout.write(`${JSON.stringify({ ...report, way: trial.way, exitCode, outcome, why })}\n`);
  else {
    if (why !== null) process.stderr.write(`codex-agent: nothing was changed: ${visibleText(why)}\n`);
    if (outcome === "committed") process.stderr.write("codex-agent: the changes were carried over\n");
  }
  return outcome === "dropped" ? droppedCode : exitCode;
}

async function settle(
  tried: TriedCommand,
  report: TrialReport,
  { commit, json }: TrialFlags,
): Promise<{ outcome: Outcome; why: string | null }> {
  const dropped = (why: string): { outcome: Outcome; why: string } => ({ outcome: "dropped", why });
  const count = report.changes.length + report.folders.length;
  const objection = await tried.objection(report);
  if (!json) process.stdout.write(trialText(report));
  if (count === 0) return { outcome: "unchanged", why: null };
  if (report.refusal !== null) return dropped(report.refusal);
  if (objection?.decision === "deny") return dropped(objection.reason);
  const asks = !json && process.stdin.isTTY && process.stderr.isTTY;
  const doubts = [
    ...(objection === null ? [] : [objection.reason]),
    ...report.conflicts.map(({ path, why }) => `${visibleLine(path)}: ${why}`),
  ];
  if (commit && doubts.length > 0 && !asks)
    return dropped(`${doubts.join("; ")}; answer at a terminal to have it all the same`);
  if (!commit && !asks) return dropped("nobody was there to be asked; --commit carries changes over");
  if (!commit || doubts.length > 0) {
    if (!(await confirmed(doubts))) return dropped("the answer was no");
  }
  const problem = await tried.trial.commit();
  if (problem === null) return { outcome: "committed", why: null };
  if ("failure" in problem) return dropped(problem.failure);
  return dropped(problem.conflicts.map(({ path, why }) => `${visibleLine(path)}: ${why}`).join("; "));
}

async function confirmed(doubts: readonly string[]): Promise<boolean> {
  const line = createInterface({ input: process.stdin, output: process.stderr });
  try {
    for (const doubt of doubts) process.stderr.write(`! ${visibleText(doubt)}\n`);
    const said = await line.question("carry these changes over? [y/n] ");
    return /^y(es)?$/i.test(said.trim());
  } catch {
    return false;
  } finally {
    line.close();
  }
}

const marks = { add: "A", delete: "D", update: "M" } as const;

/** What a command did in its trial, for people; nothing in it steers a terminal. */
export function trialText({ changes, folders, hosts, conflicts, notes }: TrialReport): string {
  const lines: string[] = [];
  for (const { path, kind, diff } of changes) {
    lines.push(`${marks[kind]} ${visibleLine(path)}`);
    const sign = { add: "+", delete: "-", update: "" }[kind];
    for (const line of visibleText(diff).trimEnd().split("\n")) if (diff !== "") lines.push(`  ${sign}${line}`);
  }
  for (const { path, action } of folders) lines.push(`${action === "make" ? "A" : "D"} ${visibleLine(path)}/`);
  for (const { host, port, refusal } of hosts) {
    lines.push(
      `host ${visibleLine(host)}:${port} ${refusal === null ? "was reached" : `was refused: ${visibleLine(refusal)}`}`,
    );
  }
  for (const { path, why } of conflicts) lines.push(`! ${visibleLine(path)}: ${visibleLine(why)}`);
  for (const note of notes) lines.push(`note: ${visibleLine(note)}`);
  if (changes.length + folders.length === 0) lines.push("The command would change nothing.");
  return `${lines.join("\n")}\n`;
}
