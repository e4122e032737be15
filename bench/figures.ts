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

/** Ours in one row against ours in another. */
const ofRow = (name: string, other: string, limit: number, says: string): Figure => ({
  says,
  limit,
  reached: (middle) => middle(name, "ours") / middle(other, "ours"),
});

const alone = (name: string, limit: number, says: string): Figure => ({
  says,
  limit,
  reached: (middle) => middle(name, "ours"),
});

/** The figures of the whole program, with what helps to read them. A row may stand twice, held against each of two others. */
const turnRows: Row[] = [
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
    name: "sdk",
    what: "loading the SDK (bare: Node alone)",
    unit: "ms",
    figure: {
      says: "30 ms above bare",
      limit: 30,
      reached: (middle) => middle("sdk", "ours") - middle("sdk", "bare"),
    },
  },
  {
    name: "install-size",
    what: "installed size",
    unit: "MB",
    figure: alone("install-size", 15e6, "15 MB"),
  },
  {
    name: "install-packages",
    what: "installed packages",
    unit: "",
    figure: alone("install-packages", 5, "5"),
  },
];

/** Those of what users count on inside a turn. */
const insideRows: Row[] = [
  {
    name: "look",
    what: "a call of an MCP server that reads, 100 at once",
    unit: "ms",
    figure: alone("look", 2, "2 ms"),
  },
  { name: "change", what: "a call that may change something, 100 in a row", unit: "ms" },
  { name: "looks", what: "one more call that reads, with its request", unit: "ms" },
  { name: "servers-1", what: "a turn with a server that starts for 1 s", unit: "ms" },
  {
    name: "servers-7",
    what: "a turn with seven of them",
    unit: "ms",
    figure: ofRow("servers-7", "servers-1", 1.3, "1.3 of one"),
  },
  {
    name: "servers-late",
    what: "seven that start for 5 s, above none",
    unit: "ms",
    figure: alone("servers-late", 1300, "1.3 s"),
  },
  { name: "wide", what: "100 calls at once, per call", unit: "ms" },
  { name: "nested", what: "the same by a script", unit: "ms", figure: ofRow("nested", "wide", 1.3, "1.3 of direct") },
  { name: "alone", what: "100 calls in a row, per call", unit: "ms" },
  {
    name: "successive",
    what: "the same by a script",
    unit: "ms",
    figure: ofRow("successive", "alone", 1.3, "1.3 of direct"),
  },
  { name: "sleepers-1", what: "a script with a shell that sleeps 1 s", unit: "ms" },
  {
    name: "sleepers-3",
    what: "with three of them in Promise.all",
    unit: "ms",
    figure: ofRow("sleepers-3", "sleepers-1", 1.15, "1.15 of one"),
  },
  { name: "cell-share", what: "an idle script (PSS)", unit: "MB", figure: alone("cell-share", 30e6, "30 MB") },
  { name: "cell-own", what: "of it nobody else's", unit: "MB" },
  {
    name: "cell-resident",
    what: "with Node's program (RSS)",
    unit: "MB",
    figure: alone("cell-resident", 30e6, "30 MB"),
  },
  { name: "repository", what: "cold turn among 100,000 files", unit: "ms" },
  { name: "context", what: "a later turn there, answer included", unit: "ms", figure: alone("context", 20, "20 ms") },
  { name: "agents-1", what: "a sub-agent at work for 0.9 s", unit: "ms" },
  {
    name: "agents-16",
    what: "sixteen of them at once",
    unit: "ms",
    figure: ofRow("agents-16", "agents-1", 1.3, "1.3 of one"),
  },
];

/** Those of the app-server. */
const serverRows: Row[] = [
  {
    name: "server-turn",
    what: "app-server: a warm turn without tools",
    unit: "ms",
    figure: ofCodex("server-turn", 0.3),
  },
  {
    name: "server-start",
    what: "a thread, of the first fifty",
    unit: "ms",
    figure: ofCodex("server-start", 0.2),
  },
  { name: "server-300", what: "300 threads at once, a turn with a call each", unit: "ms" },
  {
    name: "server-300-refused",
    what: "of these, refused or not ended in 150 s",
    unit: "",
    figure: alone("server-300-refused", 0, "0"),
  },
  {
    name: "server-300-each",
    what: "the time by those that were served",
    unit: "ms",
    figure: ofCodex("server-300-each", 0.2),
  },
  { name: "server-1000", what: "1,000 live threads, a turn each, 25 at a time", unit: "ms" },
  {
    name: "server-1000-memory",
    what: "peak memory with them",
    unit: "MB",
    figure: alone("server-1000-memory", 350e6, "350 MB"),
  },
  { name: "server-idle", what: "memory of an idle server", unit: "MB", figure: alone("server-idle", 80e6, "80 MB") },
  {
    name: "server-attach",
    what: "coming to a thread whose turn runs",
    unit: "ms",
    figure: alone("server-attach", 50, "50 ms"),
  },
  { name: "server-audience", what: "20,000 deltas to 100 clients", unit: "ms" },
  { name: "server-audience-missed", what: "deltas that they went without, a share", unit: "" },
  {
    name: "server-audience-slow",
    what: "with one that stops reading",
    unit: "ms",
    figure: ofRow("server-audience-slow", "server-audience", 1.05, "1.05 of none"),
  },
  { name: "server-audience-memory", what: "peak memory with them", unit: "MB" },
];

/** A model behind another API against the same behind Responses. */
const wireRows: Row[] = (
  [
    ["wire-cold", "a cold turn without tools"],
    ["wire-calls", "a turn of 50 calls"],
    ["wire-deltas", "a turn of 20,000 deltas"],
  ] as const
).flatMap(([name, what]): Row[] => [
  { name: `${name}-responses`, what, unit: "ms" },
  ...(["chat", "messages"] as const).map((wire): Row => ({
    name: `${name}-${wire}`,
    what: `the same over ${wire}`,
    unit: "ms",
    figure: ofRow(`${name}-${wire}`, `${name}-responses`, 1.1, "1.1 of Responses"),
  })),
]);

/** So many milliseconds, or half more than what a proxy of Node's own http adds in the same run where that is more. */
const asLittleAs = (name: string, ms: number): Figure => ({
  says: `${ms} ms, or 1.5 of bare where that is more`,
  limit: 1,
  reached: (middle) => middle(name, "ours") / Math.max(ms, 1.5 * middle(name, "bare")),
});

/** Those of the bridge; bare is a proxy of Node's own http in its place. */
const bridgeRows: Row[] = [
  ...[1, 16].flatMap((clients): Row[] => {
    const name = `bridge-added-${clients}`;
    const who = clients === 1 ? "one client" : `each of ${clients} clients`;
    const figure = asLittleAs(`${name}-p99`, 2);
    return [
      { name, what: `bridge: added to a stream, ${who}, median`, unit: "ms", figure: asLittleAs(name, 0.8) },
      { name: `${name}-p99`, what: "the same, the slowest of a hundred", unit: "ms", figure },
    ];
  }),
  { name: "bridge-deltas", what: "20,000 deltas through it", unit: "ms", figure: ofBare("bridge-deltas", 1.5) },
  {
    name: "bridge-rate",
    what: "short requests a second, 64 clients",
    unit: "",
    figure: { says: "at least 1,200", limit: 1, reached: (middle) => 1200 / middle("bridge-rate", "ours") },
  },
  {
    name: "bridge-rate-workers",
    what: "the same with two workers",
    unit: "",
    figure: {
      says: "more than with one",
      limit: 1,
      reached: (middle) => middle("bridge-rate", "ours") / middle("bridge-rate-workers", "ours"),
    },
  },
  { name: "bridge-memory-before", what: "memory after the first half of many requests", unit: "MB" },
  {
    name: "bridge-memory",
    what: "memory after all of them",
    unit: "MB",
    figure: {
      says: "1.1 of the first half",
      limit: 1.1,
      reached: (middle) => middle("bridge-memory", "ours") / middle("bridge-memory-before", "ours"),
    },
  },
  {
    name: "bridge-start",
    what: "start to first answer (bare: `node -e 0`)",
    unit: "ms",
    figure: ofBare("bridge-start", 2.5),
  },
];

export const rows: readonly Row[] = [...turnRows, ...insideRows, ...serverRows, ...wireRows, ...bridgeRows];

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
