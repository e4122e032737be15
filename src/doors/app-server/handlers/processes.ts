import type { ProcessSpawnParams } from "../../../protocol/codex-0.169/app-server/commands.ts";
import type { ClientMethod } from "../../../protocol/codex-0.169/app-server/methods.ts";
import { absolutePath } from "../absolute-path.ts";
import { checkedInput, checkedSize, checkedTimeout, nonEmpty, usualCap, usualTimeoutMs } from "../processes/checks.ts";
import { processesOf } from "../processes/client-processes.ts";
import type { RunOptions } from "../processes/running.ts";
import { refused } from "../request-error.ts";
import type { Asked, Handlers } from "./handlers.ts";

type Methods = Extract<ClientMethod, `process/${string}`>;

/** Absent means the usual, null that there is no bound. */
const bound = (given: number | null | undefined, usual: number): number | null => (given === undefined ? usual : given);

function checked(params: ProcessSpawnParams): Omit<RunOptions, "environment" | "tell"> {
  const { command, cwd, processHandle } = params;
  const terminal = params.tty === true;
  const folder = absolutePath(cwd);
  if (command.length === 0) throw refused("command must not be empty");
  if (processHandle === "") throw refused("processHandle must not be empty");
  const size = checkedSize(params.size, terminal, "process/spawn");
  const timeoutMs = bound(params.timeoutMs, usualTimeoutMs);
  return {
    argv: command,
    cwd: folder,
    terminal,
    size,
    typed: params.streamStdin === true,
    cap: bound(params.outputBytesCap, usualCap),
    timeoutMs: timeoutMs === null ? null : checkedTimeout(timeoutMs, "process/spawn"),
    noun: "process",
    called: "process",
  };
}

function environmentOf({ env }: ProcessSpawnParams, { server }: Asked): Record<string, string> {
  const all = { ...server.surroundings.variables, CODEX_HOME: server.surroundings.codexHome, ...env };
  return Object.fromEntries(
    Object.entries(all).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
}

export const processes: Handlers<Methods> = {
  async "process/spawn"(params, asked) {
    const { connection, after } = asked;
    const { processHandle } = params;
    const options = checked(params);
    const environment = environmentOf(params, asked);
    const streamed = options.terminal || params.streamStdoutStderr === true;
    /** Nothing is told of a process before its start was answered. */
    const early: (() => void)[] = [];
    let answered = false;
    const inTurn = (work: () => void): void => {
      if (answered) work();
      else early.push(work);
    };
    const tell: RunOptions["tell"] = (stream, bytes, capReached) =>
      inTurn(() =>
        connection.notify({
          method: "process/outputDelta",
          params: { processHandle, stream, deltaBase64: bytes.toString("base64"), capReached },
        }),
      );
    const running = await processesOf(asked).processes.start(
      processHandle,
      "duplicate active process handle",
      async () => ({ ...options, environment, tell: streamed ? tell : null }),
    );
    void running.ending.then(({ exitCode, stdout, stderr, lingered }) =>
      inTurn(() =>
        connection.notify({
          method: "process/exited",
          params: {
            processHandle,
            exitCode,
            outputDrainTimedOut: lingered,
            stdout: stdout.text,
            stdoutCapReached: stdout.capReached,
            stderr: stderr.text,
            stderrCapReached: stderr.capReached,
          },
        }),
      ),
    );
    after(() => {
      answered = true;
      for (const work of early) work();
    });
    return {};
  },

  async "process/writeStdin"(params, asked) {
    const bytes = checkedInput(params, "process/writeStdin");
    processesOf(asked)
      .processes.get(params.processHandle)
      .write(bytes, params.closeStdin === true);
    return {};
  },

  async "process/kill"({ processHandle }, asked) {
    processesOf(asked).processes.get(processHandle).kill();
    return {};
  },

  async "process/resizePty"({ processHandle, size }, asked) {
    const wanted = nonEmpty(size, "process");
    processesOf(asked).processes.get(processHandle).resize(wanted);
    return {};
  },
};
