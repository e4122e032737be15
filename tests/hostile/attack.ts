import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import {
  call,
  message,
  respond,
  startFakeModel,
  type FakeModel,
  type Reply,
  type Script,
} from "../support/fake-model.ts";
import { makeStage, ours, run, type Outcome, type RunOptions, type Stage, type StageOptions } from "../support/run.ts";

/** A repository made to attack, before anybody has run anything in it. */
export interface Attack {
  readonly stage: Stage;
  readonly model: FakeModel;
  /** A program that leaves a trace when somebody runs it, out of reach of what the model's commands may write. */
  bait(name: string): string;
  /** The baits that were run. */
  struck(): string[];
  /** Writes below the workspace; an executable where the mode says so. */
  plant(path: string, content: string, mode?: number): string;
  /** One turn of `exec`, as a user begins it who has trusted nothing. */
  exec(argv?: readonly string[], options?: RunOptions): Promise<Outcome>;
}

export const done = respond([message("msg_end", "done")]);
export const command = (cmd: string, rest: object = {}): Reply =>
  respond([call("c1", "exec_command", { cmd, ...rest })]);
/** One command, then the end; for as many turns as there are. */
export const looking: Script = ({ body }) =>
  JSON.stringify((body as { input: unknown }).input).includes("function_call_output")
    ? done
    : command("git status --short; ls; cat AGENTS.md 2>/dev/null | head -c 100");

export async function attacked<Seen>(
  look: (attack: Attack) => Promise<Seen> | Seen,
  { script = looking, ...options }: StageOptions & { script?: Script } = {},
): Promise<Seen> {
  const model = await startFakeModel(script);
  const stage = await makeStage({ baseUrl: model.baseUrl, git: true, ...options });
  const traces = join(stage.root, "struck");
  mkdirSync(join(stage.root, "baits"));
  const plant = (path: string, content: string, mode = 0o644): string => {
    const whole = join(stage.workspace, path);
    mkdirSync(dirname(whole), { recursive: true });
    writeFileSync(whole, content, { mode });
    return whole;
  };
  const attack: Attack = {
    stage,
    model,
    plant,
    bait(name) {
      const path = join(stage.root, "baits", name);
      writeFileSync(path, trap(stage, name), { mode: 0o755 });
      return path;
    },
    struck: () => (existsSync(traces) ? [...new Set(readFileSync(traces, "utf8").trim().split("\n"))].sort() : []),
    exec: (argv = [], runOptions = {}) =>
      run(ours(), stage, ["exec", "--json", "--skip-git-repo-check", ...argv, "go"], { stdin: null, ...runOptions }),
  };
  try {
    return await look(attack);
  } finally {
    await model.close();
    await stage.dispose();
  }
}

/** A script that says it was run, whatever its environment, and goes on as a filter would. */
export const trap = (stage: Stage, name: string): string =>
  `#!/bin/sh\necho ${name} >> '${stage.root}/struck'\n[ -t 0 ] || /bin/cat 2>/dev/null\nexit 0\n`;
