import { resolve } from "node:path";
import type { CommandExecParams } from "../../../protocol/codex-0.169/app-server/commands.ts";
import type { ClientMethod } from "../../../protocol/codex-0.169/app-server/methods.ts";
import { AgentError } from "../../../protocol/errors.ts";
import type { ThreadOptions } from "../../../protocol/methods.ts";
import { absolutePath } from "../absolute-path.ts";
import { checkedInput, checkedSize, checkedTimeout, nonEmpty, usualCap, usualTimeoutMs } from "../processes/checks.ts";
import { processesOf } from "../processes/client-processes.ts";
import type { Running, RunOptions } from "../processes/running.ts";
import { invalidParams, refused, RequestError } from "../request-error.ts";
import type { Asked, Handlers } from "./handlers.ts";

type Methods = Extract<ClientMethod, `command/exec${string}`>;

/** What the walls are to be, in our settings: those of the configuration where nothing is said. */
function wallsOf({ sandboxPolicy, permissionProfile }: CommandExecParams): {
  options: ThreadOptions;
  network?: boolean;
} {
  if (permissionProfile != null) {
    if (sandboxPolicy != null) throw refused("`permissionProfile` cannot be combined with `sandboxPolicy`");
    return { options: { overrides: [`default_permissions=${JSON.stringify(permissionProfile)}`] } };
  }
  if (sandboxPolicy == null) return { options: {} };
  switch (sandboxPolicy.type) {
    case "dangerFullAccess":
    case "externalSandbox":
      return { options: { sandbox: "danger-full-access" } };
    case "readOnly":
      return { options: { sandbox: "read-only" }, network: sandboxPolicy.networkAccess === true };
    case "workspaceWrite": {
      const { writableRoots = [], networkAccess, excludeTmpdirEnvVar, excludeSlashTmp } = sandboxPolicy;
      const settings = {
        writable_roots: writableRoots.map(absolutePath),
        network_access: networkAccess === true,
        exclude_tmpdir_env_var: excludeTmpdirEnvVar === true,
        exclude_slash_tmp: excludeSlashTmp === true,
      };
      const overrides = Object.entries(settings).map(
        ([key, value]) => `sandbox_workspace_write.${key}=${JSON.stringify(value)}`,
      );
      return { options: { sandbox: "workspace-write", overrides } };
    }
  }
}

function checked(params: CommandExecParams): Pick<RunOptions, "terminal" | "size" | "typed" | "cap" | "timeoutMs"> {
  const { command, tty, size, processId, timeoutMs, outputBytesCap } = params;
  const terminal = tty === true;
  if (command.length === 0) throw refused("command must not be empty");
  const usedSize = checkedSize(size, terminal, "command/exec");
  if (timeoutMs != null && params.disableTimeout === true)
    throw new RequestError(invalidParams, "command/exec cannot set both timeoutMs and disableTimeout");
  if (outputBytesCap != null && params.disableOutputCap === true)
    throw new RequestError(invalidParams, "command/exec cannot set both outputBytesCap and disableOutputCap");
  if (processId == null && (terminal || params.streamStdin === true || params.streamStdoutStderr === true))
    throw refused("command/exec tty or streaming requires a client-supplied processId");
  return {
    terminal,
    size: usedSize,
    typed: params.streamStdin === true,
    cap: params.disableOutputCap === true ? null : (outputBytesCap ?? usualCap),
    timeoutMs: params.disableTimeout === true ? null : checkedTimeout(timeoutMs ?? usualTimeoutMs, "command/exec"),
  };
}

async function start(params: CommandExecParams, asked: Asked): Promise<Running> {
  const { server, connection } = asked;
  const { command, cwd, env, processId } = params;
  const settings = checked(params);
  const walls = wallsOf(params);
  const { cwd: workspace, flags } = server.surroundings;
  const streamed = settings.terminal || params.streamStdoutStderr === true;
  const tell: RunOptions["tell"] = (stream, bytes, capReached) =>
    connection.notify({
      method: "command/exec/outputDelta",
      params: { processId: processId!, stream, deltaBase64: bytes.toString("base64"), capReached },
    });
  let commandId: string | null = null;
  const release = async (): Promise<void> => {
    if (commandId !== null) await server.client.call("command/release", { commandId });
  };
  try {
    const running = await processesOf(asked).commands.start(
      processId ?? null,
      "duplicate active command/exec process id",
      async () => {
        const prepared = await server.client
          .call("command/prepare", {
            ...flags,
            ...walls.options,
            overrides: [...(flags?.overrides ?? []), ...(walls.options.overrides ?? [])],
            mode: null,
            cwd: workspace,
            argv: command,
            ...(cwd != null && { commandCwd: resolve(workspace, cwd) }),
            ...(env != null && { environment: env }),
            ...(walls.network === true && { network: true }),
          })
          .catch((error: unknown) => {
            if (params.permissionProfile == null || !(error instanceof AgentError)) throw error;
            throw refused(`invalid permission profile: ${error.message}`);
          });
        commandId = prepared.commandId;
        const { timeoutMs } = settings;
        const limit = prepared.seconds === null ? Infinity : prepared.seconds * 1000;
        const longest = Math.min(timeoutMs ?? Infinity, limit);
        return {
          ...settings,
          timeoutMs: longest === Infinity ? null : longest,
          argv: prepared.argv,
          cwd: prepared.cwd,
          environment: prepared.environment,
          tell: streamed ? tell : null,
          noun: "command",
          called: "command/exec",
        };
      },
    );
    void running.ending.then(release).catch(() => undefined);
    return running;
  } catch (error) {
    await release();
    throw error;
  }
}

export const commands: Handlers<Methods> = {
  async "command/exec"(params, asked) {
    const running = await start(params, asked);
    const { exitCode, stdout, stderr } = await running.ending;
    return { exitCode, stdout: stdout.text, stderr: stderr.text };
  },

  async "command/exec/write"(params, asked) {
    const bytes = checkedInput(params, "command/exec/write");
    const running = processesOf(asked).commands.get(params.processId);
    running.write(bytes, params.closeStdin === true);
    return {};
  },

  async "command/exec/terminate"({ processId }, asked) {
    processesOf(asked).commands.get(processId).kill();
    return {};
  },

  async "command/exec/resize"({ processId, size }, asked) {
    const wanted = nonEmpty(size, "command/exec");
    processesOf(asked).commands.get(processId).resize(wanted);
    return {};
  },
};
