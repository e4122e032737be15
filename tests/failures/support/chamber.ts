import { type ChildProcess, execFile, spawn } from "node:child_process";
import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Binary, Stage } from "../../support/run.ts";

/** Mounts of a stage's own, which nobody outside sees and which go away with the last process in it. */
export interface Chamber {
  /** The program, run within. */
  enter(binary: Binary): Promise<Binary>;
  /** Runs a shell line within; its standard output. */
  shell(line: string): Promise<string>;
  close(): Promise<void>;
}

const asRoot = process.getuid!() === 0;
const namespaces = asRoot ? ["--mount"] : ["--user", "--mount"];

/** A mount namespace in which `line` has been run. */
export async function openChamber(stage: Stage, line: string): Promise<Chamber> {
  const keep = `set -e; ${line}; echo ready; exec sleep 600`;
  const holder = spawn("unshare", [...namespaces, ...(asRoot ? [] : ["--map-root-user"]), "sh", "-c", keep], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  await ready(holder);
  const entry = ["-t", String(holder.pid), ...namespaces, ...(asRoot ? [] : ["--preserve-credentials"])];
  return {
    async enter({ name, path }) {
      const wrapper = join(stage.root, `enter-${name}.sh`);
      // A working directory of the outside cannot be named within.
      const inside = `sh -c 'cd "$0" && exec "$@"' "$PWD" ${path} "$@"`;
      await writeFile(wrapper, `#!/bin/sh\nexec nsenter ${entry.join(" ")} ${inside}\n`);
      await chmod(wrapper, 0o755);
      return { name, path: wrapper };
    },
    shell: async (line) => (await promisify(execFile)("nsenter", [...entry, "sh", "-c", line])).stdout,
    close: () =>
      new Promise((done) => {
        holder.once("close", () => done());
        holder.kill("SIGKILL");
      }),
  };
}

function ready(holder: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let complaint = "";
    holder.stderr!.on("data", (chunk: Buffer) => (complaint += chunk.toString()));
    holder.stdout!.once("data", () => resolve());
    holder.once("close", () => reject(new Error(`no namespace of its own can be made: ${complaint}`)));
  });
}
