// Records what the app-server of the real Codex takes command lines to do: npm run conformance:commands
// Every line is asked about and declined; none runs.
import { call, message, respond, startFakeModel } from "../../support/fake-model.ts";
import { makeStage, oracle } from "../../support/run.ts";
import { appServerProcess, type Told } from "../../support/app-client.ts";
import { writeRecorded } from "../recorded.ts";
import { commandLines } from "./command-lines.ts";

/** Calls of one response. */
const size = 40;

const groups = Array.from({ length: Math.ceil(commandLines.length / size) }, (_, index) =>
  commandLines.slice(index * size, (index + 1) * size),
);
const asked = { sandbox_permissions: "require_escalated", justification: "may it?" };
const model = await startFakeModel(
  groups.flatMap((lines, group) => [
    respond(lines.map((cmd, index) => call(String(group * size + index), "exec_command", { cmd, ...asked }))),
    respond([message(`msg_${group}`, "done")]),
  ]),
);
const stage = await makeStage({ baseUrl: model.baseUrl });
const server = appServerProcess(oracle(), stage);
try {
  const client = await server.connect();
  const options = { cwd: stage.workspace, approvalPolicy: "on-request", sandbox: "read-only", model: "gpt-5.5" };
  const { thread } = await client.call("thread/start", options);
  const threadId = (thread as { id: string }).id;
  const actions: Record<string, unknown> = {};
  const keep = ({ params }: Told): void => {
    const line = commandLines[Number(String(params["itemId"]).slice("call_".length))]!;
    const text = JSON.stringify(params["commandActions"]);
    actions[line] = JSON.parse(text.replaceAll(stage.workspace, "/stage/work").replaceAll(stage.root, "/stage"));
  };
  for (const lines of groups) {
    await client.call("turn/start", { threadId, input: [{ type: "text", text: "go" }] });
    for (const _ of lines) {
      const question = await client.next("item/commandExecution/requestApproval");
      keep(question);
      client.answer(question, { decision: "decline" });
    }
    await client.next("turn/completed");
  }
  writeRecorded("app-server-command-actions", actions);
  process.stderr.write(`recorded ${Object.keys(actions).length} lines\n`);
} finally {
  await server.close();
  await model.close();
  await stage.dispose();
}
