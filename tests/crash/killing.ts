import { spawn } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Dice } from "../support/dice.ts";
import type { Binary, JsonEvent, Stage } from "../support/run.ts";

/** When a process is to be killed. */
export type Moment =
  /** After so long, from the start of the process, the first event or the first trace of a command. */
  | { at: "time"; ms: number; from: "start" | "event" | "trace" }
  /** The journal has come to hold that many lines or bytes more than before. */
  | { at: "lines"; count: number }
  | { at: "bytes"; count: number }
  /** That many events were told. */
  | { at: "events"; count: number }
  /** The command with that number has left its trace, and the journal holds the text. */
  | { at: "trace"; count: number; text?: string };

export function rollMoment(dice: Dice): Moment {
  switch (dice.below(6)) {
    case 0:
    case 1:
      return { at: "time", ms: dice.below(1500), from: dice.chance(20) ? "start" : "event" };
    case 2:
      return { at: "lines", count: 1 + dice.below(100) };
    case 3:
      return { at: "bytes", count: 1 + dice.below(150_000) };
    case 4:
      return { at: "events", count: 1 + dice.below(45) };
    default:
      return { at: "trace", count: 1 + dice.below(14) };
  }
}

export interface Killed {
  /** Events that were told, of whole lines. */
  events: JsonEvent[];
  stderr: string;
  code: number | null;
  killed: boolean;
}

export function rolloutOf(stage: Stage): string | null {
  const folder = join(stage.codexHome, "sessions");
  try {
    const name = readdirSync(folder, { recursive: true, encoding: "utf8" }).find((path) => path.endsWith(".jsonl"));
    return name === undefined ? null : join(folder, name);
  } catch {
    return null;
  }
}

export function textOf(path: string | null): string {
  try {
    return path === null ? "" : readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

const sizeOf = (path: string | null): number =>
  path === null ? 0 : (statSync(path, { throwIfNoEntry: false })?.size ?? 0);

/** Looks at the files again and again, from outside, until the moment has come. */
async function reached(moment: Moment, stage: Stage, events: () => number, over: AbortSignal): Promise<boolean> {
  const traces = join(stage.workspace, "tokens");
  if (moment.at === "time") {
    while (moment.from === "event" && events() === 0 && !over.aborted) await sleep(1);
    while (moment.from === "trace" && sizeOf(traces) === 0 && !over.aborted) await sleep(1);
    await sleep(moment.ms, undefined, { signal: over }).catch(() => {});
    return !over.aborted;
  }
  let path = rolloutOf(stage);
  const linesIn = (file: string | null): number => textOf(file).split("\n").length - 1;
  const [lines, bytes, traced] = [linesIn(path), sizeOf(path), linesIn(traces)];
  let seen = bytes;
  let count = lines;
  while (!over.aborted) {
    path ??= rolloutOf(stage);
    const size = sizeOf(path);
    if (moment.at === "bytes" && size >= bytes + moment.count) return true;
    if (moment.at === "lines" && size !== seen) {
      seen = size;
      count = linesIn(path);
    }
    if (moment.at === "lines" && count >= lines + moment.count) return true;
    if (moment.at === "events" && events() >= moment.count) return true;
    if (moment.at === "trace" && sizeOf(traces) > 0 && linesIn(traces) >= traced + moment.count) {
      if (textOf(path).includes(moment.text ?? "")) return true;
    }
    await sleep(1);
  }
  return false;
}

/** Runs the agent and kills it at the moment; null lets it come to its end. */
export async function runAndKill(
  binary: Binary,
  stage: Stage,
  argv: readonly string[],
  moment: Moment | null,
): Promise<Killed> {
  const child = spawn(binary.path, argv, { cwd: stage.workspace, env: stage.env, stdio: ["ignore", "pipe", "pipe"] });
  let [stdout, stderr, lines] = ["", "", 0];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    lines += text.split("\n").length - 1;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const over = new AbortController();
  let killed = false;
  const limit = setTimeout(() => child.kill("SIGKILL"), 60_000);
  if (moment !== null) {
    void reached(moment, stage, () => lines, over.signal).then((now) => {
      if (now) killed = child.kill("SIGKILL");
    });
  }
  // Commands that go on hold no pipe of ours: the streams end with the agent.
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status) => resolve(status));
  }).finally(() => {
    over.abort();
    clearTimeout(limit);
  });
  const whole = stdout.split("\n").slice(0, -1);
  const events = whole.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line) as JsonEvent);
  return { events, stderr, code, killed };
}
