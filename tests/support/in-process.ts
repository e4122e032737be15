/**
 * The command line in this process: it is parsed, its host made and its door opened as in a process of its own, but the
 * environment, the working folder and the streams are those of a stage. A test file that uses it puts `execDoor` below in
 * the place of the one of src/doors/cli/exec-door.ts.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { Client } from "../../src/client/client.ts";
import { inMemory } from "../../src/client/in-memory.ts";
import { runProgram } from "../../src/doors/cli/program.ts";
import { runExec, type ExecRequest } from "../../src/doors/exec/run-exec.ts";
import { createHost } from "../../src/host/host.ts";
import { nodeSystem } from "../../src/system/node.ts";
import { outcomeOf, type Binary, type Outcome, type Stage } from "./run.ts";

interface Running {
  readonly stage: Stage;
  stdout: string;
  stderr: string;
}

const running = new AsyncLocalStorage<Running>();

export async function execDoor(request: ExecRequest): Promise<number> {
  const run = running.getStore()!;
  const { env, home, tmp, workspace } = run.stage;
  const machine = nodeSystem();
  const environment = { ...machine.environment, variables: env, home, temporaryDirectory: tmp };
  const clock = { ...machine.clock, timeZone: () => env["TZ"]! };
  const caller = { originator: "codex_exec", client: "codex_exec", source: "exec", demoWhenUnconfigured: false };
  const client = new Client(inMemory(createHost({ ...machine, environment, clock }, caller)));
  const here = { ...request, options: { cwd: workspace, ...request.options } };
  try {
    return await runExec(client, here, {
      stdin: { isTerminal: false, readAll: async () => new Uint8Array(), tell: (line) => (run.stderr += `${line}\n`) },
      stdout: (text) => ((run.stdout += text), true),
      stderr: (text) => (run.stderr += text),
      stdoutIsTerminal: false,
      stderrIsTerminal: false,
      noColour: false,
      onStop: () => {},
    });
  } finally {
    await client.close();
  }
}

async function runHere(stage: Stage, argv: readonly string[]): Promise<Outcome> {
  const run = { stage, stdout: "", stderr: "" };
  const code = await running.run(run, () => runProgram(argv));
  return outcomeOf({ ...run, code, signal: null, pid: process.pid });
}

/** Ours without a process of its own. */
export const oursHere: Binary = { name: "codex-agent", path: "", runHere };
