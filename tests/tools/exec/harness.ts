/** The exec tools on real processes, in folders of their own that are removed afterwards. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { CommandExecution, ThreadItem } from "../../../src/protocol/items.ts";
import type { CallContext, PreparedCall } from "../../../src/tools/tool.ts";
import { createExecTools, type ExecTools, type ExecToolsOptions } from "../../../src/tools/exec/create-exec-tools.ts";
import { defaultEnvironmentPolicy } from "../../../src/tools/exec/environment.ts";

export interface Harness {
  readonly exec: ExecTools;
  readonly work: string;
  readonly home: string;
  readonly cache: string;
  readonly started: CommandExecution[];
  readonly completed: CommandExecution[];
  /** Live output by item. */
  readonly deltas: Map<string, string>;
  prepare(tool: string, input: object | string, context?: Partial<CallContext>): Promise<PreparedCall>;
  /** The text that the model gets. */
  run(tool: string, input: object | string, context?: Partial<CallContext>): Promise<string>;
}

export const searchPath = "/usr/local/bin:/usr/bin:/bin";

export function openHarness(options: Partial<ExecToolsOptions> = {}): Harness {
  const root = mkdtempSync(join(tmpdir(), "exec-tools-"));
  const [work, home, cache] = ["work", "home", "cache"].map((name) => join(root, name)) as [string, string, string];
  for (const path of [work, home]) mkdirSync(path);
  const exec = createExecTools({
    baseEnvironment: { PATH: searchPath, HOME: home, SHELL: "/bin/bash" },
    environmentPolicy: defaultEnvironmentPolicy,
    secretNames: [],
    codexVersion: "0.169.0",
    codexHome: join(root, "codex"),
    snapshotDirectory: cache,
    shell: "/bin/bash",
    ...options,
  });
  onTestFinished(async () => {
    await exec.close();
    rmSync(root, { recursive: true, force: true });
  });
  const started: CommandExecution[] = [];
  const completed: CommandExecution[] = [];
  const deltas = new Map<string, string>();
  let calls = 0;
  const contextOf = (over: Partial<CallContext>): CallContext => ({
    ask: () => Promise.resolve({ type: "deny" }),
    threadId: "thread-1",
    turnId: "turn-1",
    callId: `call_${calls++}`,
    cwd: work,
    permissions: {
      sandbox: "danger-full-access",
      networkAccess: true,
      writableRoots: [],
      excludeTmpdir: false,
      excludeSlashTmp: false,
      approvalPolicy: "never",
    },
    items: {
      started: (item: ThreadItem) => void started.push(item as CommandExecution),
      input: () => {},
      patched: () => {},
      output: (id: string, delta: string) => void deltas.set(id, (deltas.get(id) ?? "") + delta),
      completed: (item: ThreadItem) => void completed.push(item as CommandExecution),
      plan: () => {},
      child: () => {},
    },
    signal: new AbortController().signal,
    outputTokens: 10_000,
    imageDetail: null,
    ...over,
  });
  const prepare = async (
    name: string,
    input: object | string,
    over: Partial<CallContext> = {},
  ): Promise<PreparedCall> => {
    const tool = exec.tools.find((each) => each.name === name)!;
    return tool.prepare(typeof input === "string" ? input : JSON.stringify(input), contextOf(over));
  };
  return {
    exec,
    work,
    home,
    cache,
    started,
    completed,
    deltas,
    prepare,
    run: async (name, input, over) =>
      String((await (await prepare(name, input, over)).run({ type: "allow", enclose: null })).output),
  };
}

/** The text after `Output:`. */
export const textOf = (result: string): string => result.slice(result.indexOf("\nOutput:\n") + "\nOutput:\n".length);
export const sessionOf = (result: string): number => Number(/running with session ID (\d+)/.exec(result)![1]);

/** What a command wrote that goes on, from a result on until there are that many characters, however late they come. */
export async function gather(harness: Harness, result: string, length: number): Promise<string> {
  const session_id = sessionOf(result);
  let text = textOf(result);
  while (text.length < length) text += textOf(await harness.run("write_stdin", { session_id }));
  return text;
}

/** A zombie counts as gone: nobody may be there to reap it. */
export function isAlive(pid: number): boolean {
  const path = `/proc/${pid}/stat`;
  if (!existsSync(path)) return false;
  try {
    return !/\) Z /.test(readFileSync(path, "utf8"));
  } catch {
    return false;
  }
}
