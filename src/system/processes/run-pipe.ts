import { spawn } from "node:child_process";
import type { PipeOptions, PipeResult } from "../ports.ts";

const nothing = new Uint8Array(0);

/** Runs a helper program to its end, bytes in and bytes out. Never rejects. */
export function runPipe(command: readonly string[], options: PipeOptions): Promise<PipeResult> {
  if (options.signal?.aborted) return Promise.resolve({ code: null, stdout: nothing, stderr: "it was stopped" });
  const [program = "", ...args] = command;
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: { ...options.env },
      stdio: [options.input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
      timeout: options.timeoutMs,
      killSignal: "SIGKILL",
      ...(options.signal !== undefined && { signal: options.signal }),
    });
    const chunks: Buffer[] = [];
    let size = 0;
    let said = "";
    let failure: string | null = null;
    child.stdout?.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size <= options.maxBytes) chunks.push(chunk);
      else if (failure === null) {
        failure = `it wrote more than ${options.maxBytes} bytes`;
        child.kill("SIGKILL");
      }
    });
    child.stderr?.on("data", (chunk: Buffer) => {
      if (said.length < 65_536) said += chunk.toString("utf8");
    });
    // It may end without having read everything; its exit code says what came of that.
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(options.input);
    child.on("error", (error) => (failure ??= error.message));
    child.on("close", (code) => {
      const stdout = failure === null ? Buffer.concat(chunks) : nothing;
      resolve({ code: failure === null ? code : null, stdout, stderr: failure ?? said });
    });
  });
}
