import { median } from "./statistics.ts";
import type { SubjectName } from "./subjects.ts";

/** Every value that was measured, by what it is a value of, and by subject. */
export type Samples = Record<string, Partial<Record<SubjectName, number[]>>>;

export type Unit = "ms" | "MB" | "bytes" | "tokens" | "";

export interface Row {
  /** Names the samples. */
  name: string;
  what: string;
  unit: Unit;
  /** What is to be reached; a row without is for information. */
  figure?: Figure;
}

export interface Figure {
  says: string;
  limit: number;
  /** What is held against the limit; undefined while a part has not been measured. */
  reached(middle: (name: string, subject: SubjectName) => number): number;
}

const against = (name: string, other: SubjectName, limit: number, says: string): Figure => ({
  says,
  limit,
  reached: (middle) => middle(name, "ours") / middle(name, other),
});

const ofCodex = (name: string, limit: number): Figure => against(name, "codex", limit, `${limit} of codex`);
const ofBare = (name: string, limit: number): Figure => against(name, "bare", limit, `${limit} of bare`);

/** The table of the issue, with what helps to read it. A row may stand twice, held against each of two others. */
export const rows: Row[] = [
  { name: "cold", what: "cold turn without tools", unit: "ms", figure: ofCodex("cold", 0.6) },
  { name: "second", what: "a second such turn in the same homes", unit: "ms" },
  { name: "slope", what: "one more call, no sandbox", unit: "ms", figure: ofBare("slope", 1.6) },
  {
    name: "sandboxed",
    what: "one more call, workspace-write",
    unit: "ms",
    figure: {
      says: "12 ms above no sandbox",
      limit: 12,
      reached: (middle) => middle("sandboxed", "ours") - middle("slope", "ours"),
    },
  },
  { name: "parallel", what: "twice 8 calls of 0.2 s, no sandbox", unit: "ms", figure: ofCodex("parallel", 0.35) },
  {
    name: "parallel-sandboxed",
    what: "twice 8 calls of 0.2 s, workspace-write",
    unit: "ms",
    figure: ofCodex("parallel-sandboxed", 0.35),
  },
  { name: "deltas-20k", what: "20,000 deltas", unit: "ms" },
  { name: "deltas-100k", what: "100,000 deltas", unit: "ms", figure: ofBare("deltas-100k", 1.4) },
  { name: "deltas-100k", what: "100,000 deltas", unit: "ms", figure: ofCodex("deltas-100k", 0.4) },
  { name: "resume", what: "resume of 10,000 items and a turn", unit: "ms", figure: ofCodex("resume", 0.6) },
  { name: "resume-again", what: "a second such turn in the same homes", unit: "ms" },
  {
    name: "summary",
    what: "the first of them with a summary before it",
    unit: "ms",
    figure: {
      says: "200 ms above none",
      limit: 200,
      reached: (middle) => middle("summary", "ours") - middle("resume", "ours"),
    },
  },
  { name: "memory", what: "peak memory, 50 calls", unit: "MB", figure: ofCodex("memory", 0.75) },
  { name: "journal", what: "journal, per call", unit: "bytes", figure: ofCodex("journal", 1) },
  { name: "tokens-first", what: "tokens of the first request", unit: "tokens", figure: ofCodex("tokens-first", 0.7) },
  { name: "tokens-all", what: "tokens of a 50-call task", unit: "tokens", figure: ofCodex("tokens-all", 0.7) },
  {
    name: "version",
    what: "--version (bare: node -e 0)",
    unit: "ms",
    figure: against("version", "bare", 1.3, "1.3 of node -e 0"),
  },
  {
    name: "install-size",
    what: "installed size",
    unit: "MB",
    figure: { says: "15 MB", limit: 15e6, reached: (middle) => middle("install-size", "ours") },
  },
  {
    name: "install-packages",
    what: "installed packages",
    unit: "",
    figure: { says: "5", limit: 5, reached: (middle) => middle("install-packages", "ours") },
  },
];

export interface Judged {
  value: number;
  reached: boolean;
}

/** Null when a part of the figure was not measured. */
export function judge(figure: Figure, samples: Samples): Judged | null {
  let complete = true;
  const value = figure.reached((name, subject) => {
    const values = samples[name]?.[subject] ?? [];
    complete &&= values.length > 0;
    return values.length > 0 ? median(values) : Number.NaN;
  });
  return complete ? { value, reached: value <= figure.limit } : null;
}
