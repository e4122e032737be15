import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { call, message, respond, type Reply } from "../support/fake-model.ts";
import { startLiveThread, type LiveThread } from "../support/live-thread.ts";

const place = mkdtempSync("/tmp/planted-");
let live: LiveThread | undefined;
afterEach(async () => {
  await live?.close();
  rmSync(place, { recursive: true });
});

it("no program that a command may have put on PATH runs outside of the walls", async () => {
  const sign = join(place, "ran");
  for (const name of ["rg", "git", "bwrap", "perl"]) {
    writeFileSync(join(place, name), `#!/bin/sh\necho ${name} >> ${sign}\nexit 1\n`, { mode: 0o755 });
  }
  const steps: Reply[] = [
    respond([call("1", "grep_files", { pattern: "needle" })]),
    respond([call("2", "exec_command", { cmd: "/bin/echo here", login: false })]),
    respond([message("m", "done")]),
  ];
  live = await startLiveThread(() => steps.shift()!, {
    stage: {
      config: '[codex_agent.tools]\nenable = ["grep_files"]',
      env: { PATH: `${place}:/usr/bin:/bin` },
      files: { "hay.txt": "needle\n" },
    },
    thread: { sandbox: "workspace-write", approvalPolicy: "never", keepSnapshots: true },
  });
  expect((await live.say("go")).type).toBe("turn.completed");
  const outputs = JSON.stringify(live.model.requests.at(-1)!.body);
  expect([outputs.includes("hay.txt"), outputs.includes("here")]).toEqual([true, true]);
  await live.client.call("thread/close", { threadId: live.info.threadId });
  expect(existsSync(sign)).toBe(false);
});
