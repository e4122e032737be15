import { spawn } from "node:child_process";
import { expect, it } from "vitest";
import { startFakeModel } from "../../support/fake-model.ts";
import { makeStage, ours } from "../../support/run.ts";
import { end } from "./both.ts";

it.each([
  ["SIGINT", 1, null],
  ["SIGTERM", null, "SIGTERM"],
] as const)(
  "%s ends the wait for a standard input that nobody ends, where the real Codex waits on",
  async (signal, code, by) => {
    const model = await startFakeModel([end]);
    const stage = await makeStage({ baseUrl: model.baseUrl, git: true });
    try {
      const child = spawn(ours().path, ["exec"], { cwd: stage.workspace, env: stage.env });
      let said = "";
      child.stderr.on("data", (chunk: Buffer) => {
        if (said.includes("stdin")) return;
        said += String(chunk);
        if (said.includes("stdin")) child.kill(signal);
      });
      const ended = await new Promise((resolve) => child.on("exit", (...how) => resolve(how)));
      expect([ended, model.requests.length]).toEqual([[code, by], 0]);
    } finally {
      await model.close();
      await stage.dispose();
    }
  },
);
