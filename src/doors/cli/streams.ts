import type { ExecStreams } from "../exec/run-exec.ts";

/** The streams of this process. A reader that went away ends the output quietly. */
export function processStreams(): ExecStreams {
  let readable = true;
  process.stdout.on("error", () => {
    readable = false;
  });
  process.stderr.on("error", () => undefined);
  return {
    stdin: {
      isTerminal: process.stdin.isTTY === true,
      readAll: readStandardInput,
      tell: (line) => process.stderr.write(`${line}\n`),
    },
    stdout(text) {
      if (readable) process.stdout.write(text);
      return readable;
    },
    stderr: (text) => process.stderr.write(text),
    stdoutIsTerminal: process.stdout.isTTY === true,
    stderrIsTerminal: process.stderr.isTTY === true,
    noColour: (process.env["NO_COLOR"] ?? "") !== "",
    onStop(stop) {
      for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => stop(signal));
    },
  };
}

/** A standard input that cannot be read says nothing more. */
function readStandardInput(): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  return new Promise((resolve) => {
    const finish = (): void => resolve(Buffer.concat(chunks));
    process.stdin
      .on("data", (chunk: Buffer) => chunks.push(chunk))
      .on("end", finish)
      .on("error", finish)
      .on("close", finish);
  });
}
