import { join } from "node:path";
import type { CallContext, ItemSink, PreparedCall, Tool } from "../tool.ts";
import type { ExecContext } from "./context.ts";
import { commandEnvironment, fixedVariables, type EnvironmentPolicy, type Variables } from "./environment.ts";
import { createExecCommand } from "./exec-command.ts";
import { PipePool } from "./process/pipe-pool.ts";
import { ProcessGroups } from "./process/process-group.ts";
import { Sessions, type EndedCommand } from "./sessions.ts";
import { createShellCommand } from "./shell-command.ts";
import { createShell } from "./shell.ts";
import { SnapshotStore } from "./login/snapshot.ts";
import type { UserCommand } from "./user-command.ts";
import { createWriteStdin } from "./write-stdin.ts";

export interface ExecToolsOptions {
  readonly baseEnvironment: Variables;
  readonly environmentPolicy: EnvironmentPolicy;
  /** Somebody else than the user has a say in the environment: nothing is run with it out of the walls. */
  readonly foreignVariables?: boolean;
  /** Variables that hold credentials: no command gets them unless the policy sets them. */
  readonly secretNames: readonly string[];
  /** The Codex version that commands are told of. */
  readonly codexVersion: string;
  readonly codexHome: string;
  /** For login snapshots and pipes; made when missing, and out of reach of sandboxed commands. */
  readonly snapshotDirectory: string;
  /** The user's shell, absolute. */
  readonly shell: string;
  /** Default: yes. */
  readonly allowLogin?: boolean;
  /** The longest that a call may wait for a command in the background; at least 5000, default 300000. */
  readonly longestWaitMs?: number;
  /** Takes over a command line that is a patch. */
  readonly intercept?: (commandLine: string, context: CallContext) => PreparedCall | null;
  /** Told when a command in the background ends by itself. */
  readonly onEnd?: (command: EndedCommand) => void;
}

export interface ExecTools {
  /** `exec_command`, `write_stdin`, `shell`, `shell_command`. */
  readonly tools: Tool[];
  /** Begins what the first command would otherwise wait for; the second time it does nothing. */
  warmUp(): void;
  liveSessions(): LiveCommand[];
  /** Ends one, as if it had ended by itself. False: there is none of that number. */
  end(id: number): boolean;
  /** Runs a line of the user's own without walls; gives what the model is told. */
  runForUser(command: UserCommand, turn: { items: ItemSink; signal: AbortSignal }): Promise<string>;
  /** Ends every command of the thread. */
  close(): Promise<void>;
}

export interface LiveCommand {
  id: number;
  callId: string;
  argv: string[];
  cwd: string;
  pid: number;
}

const systemFolders = /^(?:\/usr(?:\/local)?)?\/bin\/[^/]+$/;

/** The tools of one thread that run commands. */
export function createExecTools(options: ExecToolsOptions): ExecTools {
  const pipes = new PipePool(join(options.snapshotDirectory, "pipes"));
  const groups = new ProcessGroups();
  const sessions = new Sessions(pipes, groups, options.onEnd);
  const base = { ...options.baseEnvironment, CODEX_HOME: options.codexHome };
  const hiddenNames = options.secretNames.filter((name) => !(name in options.environmentPolicy.set));
  // What a project says about the environment can name programs that a shell starts by itself, or another home.
  const mayRun = (shell: string): boolean =>
    options.foreignVariables !== true && (shell === options.shell || systemFolders.test(shell));
  let isWarm = false;
  const snapshots = new SnapshotStore(join(options.snapshotDirectory, "login"), hiddenNames, mayRun);
  const exec: ExecContext = {
    sessions,
    pipes,
    groups,
    login: { snapshots, hiddenNames },
    allowLogin: options.allowLogin ?? true,
    longestWaitMs: Math.max(5000, options.longestWaitMs ?? 300_000),
    shell: options.shell,
    environment: commandEnvironment(base, options.environmentPolicy, options.secretNames),
    fixedVariables: fixedVariables(options.codexVersion),
    intercept: options.intercept ?? (() => null),
  };
  return {
    tools: [createExecCommand(exec), createWriteStdin(exec), createShell(exec), createShellCommand(exec)],
    warmUp() {
      if (isWarm) return;
      isWarm = true;
      pipes.warm();
      if (exec.allowLogin) void snapshots.warm(exec.shell, { ...exec.environment, ...exec.fixedVariables });
    },
    liveSessions: () => sessions.live().map(({ id, callId, argv, cwd, pid }) => ({ id, callId, argv, cwd, pid })),
    end(id) {
      const session = sessions.live().find((each) => each.id === id);
      if (session !== undefined) sessions.end(session);
      return session !== undefined;
    },
    async runForUser(command, turn) {
      const { runUserCommand } = await import("./user-command.ts");
      return runUserCommand(exec, command, turn);
    },
    close() {
      snapshots.close();
      return sessions.closeAll();
    },
  };
}
