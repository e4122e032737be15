import { readdirSync, readFileSync } from "node:fs";
import { afterEach, expect, it } from "vitest";
import { customCall, message, respond, startFakeModel, type FakeModel } from "../../support/fake-model.ts";
import { makeStage, ours, run, type Stage } from "../../support/run.ts";
import { untilPasses } from "../../support/until.ts";

let model: FakeModel;
let stage: Stage;
afterEach(async () => {
  await model.close();
  await stage.dispose();
});

const exec = ["exec", "--json", "--skip-git-repo-check", "-s", "workspace-write"];

/** Processes that have the stage's path, or `mark`, in their command line or environment. */
function processes(mark: string): string[] {
  return readdirSync("/proc").filter((pid) => {
    try {
      const [line, variables] = ["cmdline", "environ"].map((name) => readFileSync(`/proc/${pid}/${name}`, "utf8"));
      return /^\d+$/.test(pid) && Number(pid) !== process.pid && `${line}${variables}`.includes(mark);
    } catch {
      return false;
    }
  });
}

it("a kill in the middle of a script leaves a thread that goes on, and nothing that runs", async () => {
  const end = respond([message("m", "done")]);
  const source = `await tools.exec_command({cmd: "echo began; exec sleep 617", yield_time_ms: 30000})`;
  model = await startFakeModel([respond([customCall("c", "exec", source)]), end, end]);
  stage = await makeStage({ baseUrl: model.baseUrl });
  const killed = await run(ours(), stage, [...exec, "go"], {
    stdin: null,
    onEvent: ({ item }, child) => {
      if ((item as { type?: string } | undefined)?.type === "command_execution") child.kill("SIGKILL");
    },
  });
  expect(killed.signal).toBe("SIGKILL");
  const threadId = String(killed.events.find(({ type }) => type === "thread.started")!["thread_id"]);
  const resumed = await run(ours(), stage, ["exec", "resume", "--json", "--skip-git-repo-check", threadId, "more"], {
    stdin: null,
  });
  expect(resumed.events.at(-1)).toMatchObject({ type: "turn.completed" });
  const { input } = model.requests.at(-1)!.body as { input: { type: string; call_id?: string; output?: string }[] };
  const outputs = input.filter(({ type }) => type === "custom_tool_call_output");
  expect(outputs).toHaveLength(1);
  expect(outputs[0]!.output).toContain("Whether it took effect is unknown");
  for (const mark of ["sleep\u0000617", stage.root]) {
    await untilPasses(() => expect(processes(mark)).toEqual([]));
  }
});
