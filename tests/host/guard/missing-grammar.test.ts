import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { modeOptions } from "../../../src/protocol/modes.ts";
import { call, message, respond } from "../../support/fake-model.ts";
import { startLiveThread, type LiveThread } from "../../support/live-thread.ts";

let live: LiveThread | undefined;
afterEach(async () => live?.close());

test("a grammar that is not there runs nothing unjudged, and says what is missing and what to do", async () => {
  const steps = [respond([call("c1", "exec_command", { cmd: "touch made" })])];
  live = await startLiveThread(() => steps.shift() ?? respond([message("end", "done")]), {
    thread: modeOptions.auto,
    machine: { grammars: { shell: () => Promise.reject(new Error("no such file")) } },
  });
  await live.say("go");
  const { input } = live.model.requests.at(-1)!.body as { input: { output?: string }[] };
  expect(input.at(-1)?.output).toBe(
    "exec_command failed: commands cannot be judged, for the grammar of shell lines cannot be loaded (no such file); in a clone, `npm start -- --version` installs what is missing",
  );
  expect(existsSync(join(live.stage.workspace, "made"))).toBe(false);
});
