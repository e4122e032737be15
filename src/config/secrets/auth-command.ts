import { execFile } from "node:child_process";
import { AgentError } from "../../protocol/errors.ts";
import type { Variables } from "../homes.ts";
import { Secret } from "./secret.ts";

/** A program that prints a provider's token (`model_providers.ID.auth`). */
export interface AuthCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly timeoutMs: number;
  /** How long a token is used before the program is asked again; 0: for ever. */
  readonly refreshMs: number;
}

const maxTokenBytes = 1 << 16;

/** Gives the token, from the program or from the time before; requests that come together share one run. */
export function tokenSource(
  auth: AuthCommand,
  variables: Variables,
  now: () => number,
): () => Promise<{ token: Secret; source: string }> {
  let running: Promise<Secret> | null = null;
  let readAt = 0;
  return async () => {
    const stale = auth.refreshMs > 0 && now() - readAt >= auth.refreshMs;
    if (running === null || stale) {
      readAt = now();
      running = runCommand(auth, variables);
    }
    try {
      return { token: await running, source: `the command ${auth.command}` };
    } catch (error) {
      running = null;
      throw error;
    }
  };
}

function runCommand({ command, args, cwd, timeoutMs }: AuthCommand, variables: Variables): Promise<Secret> {
  return new Promise((resolve, reject) => {
    const options = {
      cwd,
      env: variables,
      timeout: timeoutMs,
      killSignal: "SIGKILL",
      maxBuffer: maxTokenBytes,
    } as const;
    const child = execFile(command, args, options, (error, stdout) => {
      const token = stdout.trim();
      if (error === null && token !== "" && !/\s/.test(token)) return resolve(new Secret(token));
      // Neither of its streams is quoted: both may hold what is secret.
      const reason =
        error === null
          ? "printed no token"
          : error.killed === true
            ? `gave no token within ${timeoutMs} ms`
            : typeof error.code === "string"
              ? `cannot be run (${error.code})`
              : `ended with ${String(error.code ?? error.signal)}`;
      reject(new AgentError("credentials_missing", `The provider's auth command \`${command}\` ${reason}`));
    });
    child.stdin?.end();
  });
}
