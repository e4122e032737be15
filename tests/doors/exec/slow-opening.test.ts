import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { startFakeModel } from "../../support/fake-model.ts";
import { makeStage, ours } from "../../support/run.ts";
import { until } from "../../support/until.ts";
import { end } from "./both.ts";

/** Writes its process id, and never says anything. */
const silent = `[mcp_servers.silent]
command = "/bin/sh"
args = ["-c", "echo $$ > started; exec sleep 600"]
required = true
startup_timeout_sec = 600
`;

const runs = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

it.each([
  ["SIGINT", 1, null],
  ["SIGTERM", null, "SIGTERM"],
] as const)("%s ends the wait for a server that has to be there, and the server", async (signal, code, by) => {
  const model = await startFakeModel([end]);
  const stage = await makeStage({ baseUrl: model.baseUrl, git: true, config: silent });
  const child = spawn(ours().path, ["exec", "go"], { cwd: stage.workspace, env: stage.env, stdio: "ignore" });
  const ended = new Promise((resolve) => child.on("exit", (...how) => resolve(how)));
  let server: number | null = null;
  try {
    const started = join(stage.workspace, "started");
    server = await until(async () => Number(await readFile(started, "utf8").catch(() => "")) || null);
    child.kill(signal);
    expect(await ended).toEqual([code, by]);
    expect([runs(server), model.requests.length]).toEqual([false, 0]);
  } finally {
    child.kill("SIGKILL");
    if (server !== null && runs(server)) process.kill(server, "SIGKILL");
    await model.close();
    await stage.dispose();
  }
});
