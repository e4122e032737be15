import { spawn } from "node:child_process";
import { openSync, closeSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { call, completed, created, done, message, startFakeModel } from "../../support/fake-model.ts";
import { makeStage, ours } from "../../support/run.ts";

test.each(["danger-full-access", "workspace-write"])(
  "what the agent was started with open is open in no command: %s",
  async (sandbox) => {
    const model = await startFakeModel([
      { parts: [created(), done(call("1", "exec_command", { cmd: "ls -l /proc/self/fd" })), completed()] },
      { parts: [created(), done(message("msg_1", "done")), completed()] },
    ]);
    const stage = await makeStage({ baseUrl: model.baseUrl, homeFiles: { secret: "s" } });
    onTestFinished(async () => {
      await model.close();
      await stage.dispose();
    });
    const inherited = openSync(join(stage.codexHome, "secret"), "r");
    // As its descriptors 3 and 9.
    const streams = ["ignore", "ignore", "ignore", inherited, ...Array(5).fill("ignore"), inherited];
    const child = spawn(ours().path, ["exec", "--skip-git-repo-check", "-s", sandbox, "hi"], {
      cwd: stage.workspace,
      env: stage.env,
      stdio: streams as ("ignore" | number)[],
    });
    closeSync(inherited);
    expect(await new Promise((resolve) => child.on("close", resolve))).toBe(0);
    const { input } = model.requests[1]!.body as { input: { type: string; output?: string }[] };
    const listing = input.find(({ type }) => type === "function_call_output")?.output ?? "";
    expect(listing).toContain(" 2 -> ");
    expect(listing).not.toContain("secret");
  },
);
