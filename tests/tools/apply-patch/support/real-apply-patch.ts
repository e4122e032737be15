import { spawn } from "node:child_process";
import { existsSync } from "node:fs";

const binary = new URL(
  "../../../oracle/node_modules/@openai/codex-linux-x64/vendor/x86_64-unknown-linux-musl/bin/codex",
  import.meta.url,
).pathname;

export interface Outcome {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** Runs the patch through the real Codex, in `cwd`. */
export function realApplyPatch(patch: string, cwd: string): Promise<Outcome> {
  if (!existsSync(binary)) throw new Error(`The real Codex is missing (${binary}): run npm ci in tests/oracle.`);
  return new Promise((resolve, reject) => {
    const child = spawn(binary, ["--codex-run-as-apply-patch", patch], {
      cwd,
      env: { PATH: process.env["PATH"]!, HOME: cwd, CODEX_HOME: `${cwd}/../home` },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    child.on("error", reject);
    child.on("close", (code) => resolve({ exitCode: code ?? -1, stdout, stderr }));
  });
}
