import { afterEach, describe, expect, it } from "vitest";
import { appServerInMemory, type AppClient } from "../../../support/app-client.ts";
import { call, message, respond, startFakeModel, type Script } from "../../../support/fake-model.ts";
import { makeStage, type Stage } from "../../../support/run.ts";

const ends: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

async function client(script: Script): Promise<{ client: AppClient; stage: Stage; threadId: string }> {
  const model = await startFakeModel(script);
  const stage = await makeStage({ baseUrl: model.baseUrl });
  const server = appServerInMemory(stage);
  ends.push(
    stage.dispose,
    () => model.close(),
    () => server.close(),
  );
  const one = await server.connect();
  const options = { cwd: stage.workspace, model: "gpt-5.5", sandbox: "danger-full-access", approvalPolicy: "never" };
  const { thread } = await one.call("thread/start", options);
  return { client: one, stage, threadId: (thread as { id: string }).id };
}

const say = [{ type: "text", text: "go" }];
const end = respond([message("msg_end", "end")]);
const isCommand = ({ item }: Record<string, unknown>): boolean =>
  (item as { type: string }).type === "commandExecution";

describe("what clients are told of a command", () => {
  it("is all of its output while it runs, from its first word on", async () => {
    const waiting = "echo first; until [ -e flag ]; do sleep 0.05; done; echo second";
    const {
      client: one,
      stage,
      threadId,
    } = await client([respond([call("1", "exec_command", { cmd: waiting })]), end]);
    await one.call("turn/start", { threadId, input: say });
    const { params } = await one.next("item/commandExecution/outputDelta");
    expect(params["delta"]).toBe("first\n");
    const { writeFile } = await import("node:fs/promises");
    await writeFile(`${stage.workspace}/flag`, "");
    const { params: ended } = await one.next("item/completed", isCommand);
    const pieces = one.told.filter(({ method }) => method === "item/commandExecution/outputDelta");
    const heard = pieces.map(({ params: piece }) => piece["delta"]).join("");
    const { aggregatedOutput } = ended["item"] as { aggregatedOutput: string };
    expect(aggregatedOutput).toBe("first\nsecond\n");
    expect(aggregatedOutput.startsWith(heard)).toBe(true);
    await one.next("turn/completed");
  });

  it("is what was typed into it, before what it says to that", async () => {
    const cmd = "echo ready; read line; echo got $line; until [ -e flag ]; do sleep 0.05; done";
    const session = (body: string): number => Number(/session ID (\d+)/.exec(body)?.[1]);
    const {
      client: one,
      stage,
      threadId,
    } = await client([
      respond([call("1", "exec_command", { cmd, yield_time_ms: 500, tty: true })]),
      ({ rawBody }) =>
        respond([call("2", "write_stdin", { session_id: session(rawBody), chars: "hello\n", yield_time_ms: 30_000 })]),
      end,
    ]);
    await one.call("turn/start", { threadId, input: say });
    const typed = await one.next("item/commandExecution/terminalInteraction");
    expect(typed.params).toMatchObject({ itemId: "call_1", stdin: "hello\n" });
    await one.next("item/commandExecution/outputDelta", ({ delta }) => String(delta).includes("got hello"));
    const { writeFile } = await import("node:fs/promises");
    await writeFile(`${stage.workspace}/flag`, "");
    await one.next("turn/completed");
  });
});
