import { join } from "node:path";
import type { ModelProcess } from "./model-process.ts";
import { agentRequests } from "./agents-task.ts";
import { makeStage, type Settings, type Stage } from "./stage.ts";
import { type Ended, startAndWait } from "./start.ts";
import { expectedOf, streamsOf } from "./streams.ts";
import type { Subject, Task } from "./subjects.ts";

export interface Bench {
  root: string;
  model: ModelProcess;
}

export interface Sample extends Ended {
  journalBytes: number;
  /** What the model was sent, request by request. */
  bodies: string[];
}

export interface SampleOptions extends Task {
  watchMemory?: boolean;
  settings?: Settings;
  /** Where it is started; default: a folder with nothing in it. */
  cwd?: string;
  /** Called before the run; puts threads where the subject finds them. */
  prepare?: (stage: Stage) => void;
  /** How often the same command is run in the same homes; the sample is of the last time. Default 1. */
  times?: number;
}

let runs = 0;

/** The stream of a long answer is large, and asked for often. */
const responses = new Map<string, number>();

function responsesOf(task: string): number {
  let count = responses.get(task);
  if (count === undefined) responses.set(task, (count = streamsOf(task).length));
  return count;
}

/** One run of a subject in fresh homes. Throws when it did anything but the whole task. */
export async function takeSample(bench: Bench, subject: Subject, options: SampleOptions): Promise<Sample> {
  const run = `r${String(runs++).padStart(6, "0")}`;
  const baseUrl = bench.model.baseUrl(options.task, run);
  const stage = makeStage(bench.root, baseUrl, join(bench.root, "warm"), options.settings);
  try {
    options.prepare?.(stage);
    const times = options.times ?? 1;
    for (let time = 1; ; time++) {
      const ended = await startAndWait(subject.command(stage, baseUrl, options), {
        cwd: options.cwd ?? stage.workspace,
        env: stage.env,
        watchMemory: options.watchMemory === true && time === times,
      });
      const bodies = await bench.model.take(run);
      check(ended.stdout, bodies.length, options.task);
      if (time === times) return { ...ended, journalBytes: stage.journalBytes(), bodies };
    }
  } finally {
    stage.remove();
  }
}

function check(stdout: string, requests: number, task: string): void {
  if (!stdout.includes('"turn.completed"')) throw new Error(`${task} was not completed`);
  if (task.startsWith("agents-")) {
    const least = agentRequests(Number(task.slice("agents-".length)));
    if (requests < least) throw new Error(`${requests} requests in ${task}, fewer than ${least}`);
    return;
  }
  const lines = stdout.split("\n").filter((line) => line.includes('"item.completed"'));
  const count = (...marks: string[]): number =>
    lines.filter((line) => marks.every((mark) => line.includes(mark))).length;
  const { commands, mcpCalls } = expectedOf(task);
  const succeeded = count('"command_execution"', '"exit_code":0');
  if (succeeded !== commands) throw new Error(`${succeeded} of ${commands} commands succeeded in ${task}`);
  const answered = count('"mcp_tool_call"', '"status":"completed"');
  if (answered !== mcpCalls) throw new Error(`${answered} of ${mcpCalls} MCP calls succeeded in ${task}`);
  if (requests !== responsesOf(task)) throw new Error(`${requests} requests in ${task}, not ${responsesOf(task)}`);
}
