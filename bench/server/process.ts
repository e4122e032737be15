import { spawn, type ChildProcess } from "node:child_process";
import { join } from "node:path";
import { killTree, residentBytes } from "../process-tree.ts";
import type { Bench } from "../sample.ts";
import { makeStage, type Stage } from "../stage.ts";
import type { Subject } from "../subjects.ts";

/** An app-server of a subject, on a stage of its own. */
export interface ServerProcess {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly stage: Stage;
  /** What it wrote to standard error so far. */
  readonly said: () => string;
  /** Resident bytes now, of its process and those below it. */
  memory(): number;
  /** Starts to look at its memory; what it gives ends that, and says the most that was seen. */
  watch(): () => number;
  stop(): Promise<void>;
}

let runs = 0;
const memoryEveryMs = 20;

/** Starts `SUBJECT app-server FLAGS`, whose model answers as `served` of the fake model does. */
export function startServer(bench: Bench, subject: Subject, ...flags: string[]): ServerProcess {
  const baseUrl = bench.model.baseUrl("served", `server-${runs++}`);
  const stage = makeStage(bench.root, baseUrl, join(bench.root, "warm"));
  const [program = "", ...args] = [...(subject.server ?? []), ...flags];
  const child = spawn(program, args, { cwd: stage.workspace, env: stage.env, stdio: ["pipe", "pipe", "pipe"] });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${program} does not start`);
  const ended = new Promise((resolve) => child.once("exit", resolve));
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
  child.stdin.on("error", () => {});
  const memory = (): number => residentBytes(pid);
  return {
    child,
    pid,
    stage,
    said: () => said,
    memory,
    watch() {
      let most = memory();
      const watch = setInterval(() => (most = Math.max(most, memory())), memoryEveryMs);
      return () => {
        clearInterval(watch);
        return Math.max(most, memory());
      };
    },
    async stop() {
      killTree(pid);
      await ended;
      stage.remove();
    },
  };
}

/** The `ws://` address of a server that was started with `--listen ws://127.0.0.1:0`. */
export function addressOf({ child, said }: ServerProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    const look = (): void => {
      const found = /listening on: (\S+)\s[^]*note:/.exec(said());
      if (found !== null) resolve(found[1]!);
    };
    child.stderr?.on("data", look);
    child.once("exit", (code) => reject(new Error(`the server ended with ${code}: ${said()}`)));
    look();
  });
}
