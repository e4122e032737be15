import { join } from "node:path";
import { placeThread, type LongThread } from "./long-thread.ts";
import { type Bench, takeSample, type SampleOptions } from "./sample.ts";
import { startAndWait } from "./start.ts";
import { makeStage } from "./stage.ts";
import { codexPath, type Subject, type SubjectName } from "./subjects.ts";
import { countTokens } from "./tokens.ts";

/** Values of one round, by the name of what they are a value of. */
export type Values = Record<string, number>;

export interface Measure {
  name: string;
  /** What does not vary is looked at once. */
  once?: boolean;
  /** Null: there is nothing to measure for that subject. */
  take(bench: Bench, subject: Subject): Promise<Values | null>;
}

const calls = 50;
const inTheOpen = { sandbox: "danger-full-access", resume: null } as const;

/** Milliseconds (and journal bytes) that one more call costs: fifty of them against none, one run after the other. */
async function perCall(bench: Bench, subject: Subject, rest: Omit<SampleOptions, "task">): Promise<[number, number]> {
  const none = await takeSample(bench, subject, { task: "calls-0", ...rest });
  const fifty = await takeSample(bench, subject, { task: `calls-${calls}`, ...rest });
  return [(fifty.wallMs - none.wallMs) / calls, (fifty.journalBytes - none.journalBytes) / calls];
}

function wall(name: string, options: SampleOptions): Measure {
  return { name, take: async (bench, subject) => ({ [name]: (await takeSample(bench, subject, options)).wallMs }) };
}

function resume(name: string, thread: LongThread, times: number): Measure {
  const options = { task: "calls-0", sandbox: null, resume: thread.id, times };
  return wall(name, { ...options, prepare: (stage) => placeThread(thread, stage) });
}

/** The same with a history that counts as full: it is summed up before the turn. */
function summary(thread: LongThread): Measure {
  const { take } = wall("summary", {
    task: "answers-2",
    sandbox: null,
    resume: thread.id,
    prepare: (stage) => placeThread(thread, stage),
    settings: { keys: "model_auto_compact_token_limit = 1" },
  });
  return { name: "summary", take: async (bench, subject) => (subject.name === "bare" ? null : take(bench, subject)) };
}

/** What the whole program costs. */
export function turnMeasures(thread: LongThread): readonly Measure[] {
  return [
    wall("cold", { task: "calls-0", sandbox: null, resume: null }),
    wall("second", { task: "calls-0", sandbox: null, resume: null, times: 2 }),
    {
      name: "slope",
      take: async (bench, subject) => {
        const [slope, journal] = await perCall(bench, subject, inTheOpen);
        return { slope, journal };
      },
    },
    {
      name: "sandboxed",
      take: async (bench, subject) => {
        if (subject.name === "bare") return null;
        const [sandboxed] = await perCall(bench, subject, { sandbox: "workspace-write", resume: null });
        return { sandboxed };
      },
    },
    wall("parallel", { task: "parallel", ...inTheOpen }),
    {
      name: "parallel-sandboxed",
      take: async (bench, subject) => {
        if (subject.name === "bare") return null;
        const { wallMs } = await takeSample(bench, subject, {
          task: "parallel",
          sandbox: "workspace-write",
          resume: null,
        });
        return { "parallel-sandboxed": wallMs };
      },
    },
    wall("deltas-20k", { task: "deltas-20000", sandbox: null, resume: null }),
    wall("deltas-100k", { task: "deltas-100000", sandbox: null, resume: null }),
    resume("resume", thread, 1),
    resume("resume-again", thread, 2),
    summary(thread),
    {
      name: "memory",
      take: async (bench, subject) => {
        const { peakBytes } = await takeSample(bench, subject, {
          task: `calls-${calls}`,
          ...inTheOpen,
          watchMemory: true,
        });
        return { memory: peakBytes ?? 0 };
      },
    },
    {
      name: "tokens",
      once: true,
      take: async (bench, subject) => {
        const { bodies } = await takeSample(bench, subject, { task: `calls-${calls}`, ...inTheOpen });
        const counts = bodies.map(countTokens);
        return { "tokens-first": counts[0] ?? 0, "tokens-all": counts.reduce((sum, count) => sum + count, 0) };
      },
    },
    { name: "version", take: version },
    { name: "sdk", take: loadSdk },
  ];
}

/** `--version`, against an empty program of the same Node in the place of the bare loop. */
async function version(bench: Bench, subject: Subject): Promise<Values> {
  const stage = makeStage(bench.root, "http://127.0.0.1:9/v1", join(bench.root, "warm"));
  const commands: Record<SubjectName, string[]> = {
    ours: [join(bench.root, "product/bin/codex-agent"), "--version"],
    codex: [codexPath, "--version"],
    bare: [process.execPath, "-e", "0"],
  };
  try {
    const { wallMs } = await startAndWait(commands[subject.name], { cwd: stage.workspace, env: stage.env });
    return { version: wallMs };
  } finally {
    stage.remove();
  }
}

/** An empty program that imports `codex-agent/sdk`, against one that imports nothing. */
async function loadSdk(bench: Bench, subject: Subject): Promise<Values | null> {
  if (subject.name === "codex") return null;
  const stage = makeStage(bench.root, "http://127.0.0.1:9/v1", null);
  const text = subject.name === "ours" ? `import ${JSON.stringify(join(bench.root, "product/dist/sdk.js"))}` : "";
  try {
    const program = [process.execPath, "--input-type=module", "-e", `${text};`];
    const { wallMs } = await startAndWait(program, { cwd: stage.workspace, env: stage.env });
    return { sdk: wallMs };
  } finally {
    stage.remove();
  }
}
