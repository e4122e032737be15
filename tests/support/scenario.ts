import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { startFakeModel, type RecordedRequest, type Script } from "./fake-model.ts";
import {
  eventFaults,
  Names,
  normaliseRequests,
  normaliseRun,
  normaliseStderr,
  type NormalRequest,
  type NormalRun,
  type RequestRules,
} from "./normalise.ts";
import { makeStage, run, type Binary, type Outcome, type RunOptions, type Stage, type StageOptions } from "./run.ts";

/** Where a turn stands: the stage and the thread of the first turn that had one. */
export interface Context {
  stage: Stage;
  threadId: string;
}

export interface Turn extends RunOptions {
  argv: readonly string[] | ((context: Context) => readonly string[]);
  /** Done before the run. */
  before?: (context: Context) => Promise<void>;
}

/** One or several runs on one stage and one model. `script` is called anew for each binary. */
export interface Scenario {
  name: string;
  script: () => Script;
  stage?: StageOptions;
  setup?: (stage: Stage) => Promise<void>;
  turns: readonly Turn[];
  rules?: RequestRules;
  /** Puts requests that come side by side into one order. */
  inOrder?: (requests: readonly RecordedRequest[]) => RecordedRequest[];
  /** Texts for people are part of the comparison. */
  compareStderr?: boolean;
  /** Why ours differs on purpose, and what it must give instead. */
  wanted?: { reason: string; change: (real: Played) => Played };
}

export interface Played {
  runs: NormalRun[];
  requests: NormalRequest[];
  /** Workspace afterwards: path and content. */
  files: Record<string, string>;
  faults: string[];
  stderr: string[][];
}

export interface RawPlay {
  outcomes: Outcome[];
  requests: RecordedRequest[];
}

/** Plays a scenario with one binary and gives the comparable result; `look` sees the raw one before the stage is removed. */
export async function play(
  binary: Binary,
  scenario: Scenario,
  look?: (raw: RawPlay, stage: Stage) => void | Promise<void>,
): Promise<Played> {
  const model = await startFakeModel(scenario.script());
  const stage = await makeStage({ baseUrl: model.baseUrl, ...scenario.stage });
  try {
    await scenario.setup?.(stage);
    const outcomes: Outcome[] = [];
    const context: Context = { stage, threadId: "" };
    for (const { argv, before, ...options } of scenario.turns) {
      await before?.(context);
      const outcome = await run(binary, stage, typeof argv === "function" ? argv(context) : argv, options);
      outcomes.push(outcome);
      const started = outcome.events.find(({ type }) => type === "thread.started");
      if (context.threadId === "" && started !== undefined) context.threadId = String(started["thread_id"]);
    }
    await look?.({ outcomes, requests: model.requests }, stage);
    const names = new Names(stage);
    return {
      runs: outcomes.map((outcome) => normaliseRun(outcome, names)),
      requests: normaliseRequests(scenario.inOrder?.(model.requests) ?? model.requests, names, scenario.rules),
      files: await contents(stage.workspace),
      faults: outcomes.flatMap(({ events }) => eventFaults(events)),
      stderr: scenario.compareStderr === true ? outcomes.map(({ stderr }) => normaliseStderr(stderr, names)) : [],
    };
  } finally {
    await model.close();
    await stage.dispose();
  }
}

async function contents(folder: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = relative(folder, join(entry.parentPath, entry.name));
    if (entry.isFile() && !path.startsWith(".git/")) found[path] = await readFile(join(folder, path), "utf8");
  }
  return Object.fromEntries(Object.entries(found).sort(([one], [other]) => (one < other ? -1 : 1)));
}
