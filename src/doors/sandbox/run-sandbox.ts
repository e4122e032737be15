import { spawn } from "node:child_process";
import { constants } from "node:os";
import { carryLoaderVariables } from "../../policy/sandbox/loader-variables.ts";
import type { WalledCommand } from "../../host/walls/walled-command.ts";

/** Runs a program within the walls on the streams and the terminal of this process; resolves to its exit code, or 128 + signal. */
export async function runWithin(
  walled: WalledCommand,
  argv: readonly string[],
  streams: "inherit" | readonly number[] = "inherit",
): Promise<number> {
  const carried = carryLoaderVariables(argv, walled.environment);
  const enclosed = walled.enclose(carried.argv);
  const [program = "", ...rest] = enclosed.argv;
  const child = spawn(program, rest, {
    cwd: walled.cwd,
    env: { ...carried.env },
    stdio: streams === "inherit" ? streams : [...streams],
  });
  // From the terminal they reach the program itself.
  const ignored = ["SIGINT", "SIGQUIT", "SIGHUP"] as const;
  const ignore = (): void => {};
  const end = (): void => void child.kill("SIGKILL");
  for (const signal of ignored) process.on(signal, ignore);
  process.on("SIGTERM", end);
  const { seconds } = enclosed;
  const limit = seconds === undefined ? undefined : setTimeout(end, Math.min(seconds * 1000, 2 ** 31 - 1));
  try {
    return await new Promise<number>((resolve) => {
      child.on("error", (error) => {
        process.stderr.write(`Error: ${argv[0]} could not be started: ${error.message}\n`);
        resolve(127);
      });
      child.on("close", (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
    });
  } finally {
    for (const signal of ignored) process.off(signal, ignore);
    process.off("SIGTERM", end);
    clearTimeout(limit);
    enclosed.release();
  }
}
