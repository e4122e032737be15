import { call, message, reasoning, respond } from "../../support/fake-model.ts";
import type { AppClient } from "../../support/app-client.ts";
import type { Desk, Dialogue } from "./dialogue.ts";
import { withoutPieces } from "./steps.ts";

/** Opens a thread in the workspace that never asks; gives its id. */
async function thread({ stage }: Desk, client: AppClient, params: Record<string, unknown> = {}): Promise<string> {
  const options = { cwd: stage.workspace, approvalPolicy: "never", model: "gpt-5.5", ...params };
  const { thread: opened } = await client.call("thread/start", options);
  return (opened as { id: string }).id;
}

const say = (text: string): { type: string; text: string }[] => [{ type: "text", text }];

export const turnsDialogues: Dialogue[] = withoutPieces([
  {
    name: "a turn with reasoning and an answer",
    script: () => [respond([reasoning("rs_1", "**Plan** think"), message("msg_1", "hello")])],
    async play(desk) {
      const client = await desk.connect();
      const threadId = await thread(desk, client);
      await client.call("turn/start", { threadId, input: say("hi there") });
      await client.next("turn/completed");
    },
  },
  {
    name: "a command with full access",
    script: () => [respond([call("c1", "exec_command", { cmd: "echo one" })]), respond([message("msg_1", "done")])],
    async play(desk) {
      const client = await desk.connect();
      const threadId = await thread(desk, client, { sandbox: "danger-full-access" });
      await client.call("turn/start", { threadId, input: say("go") });
      await client.next("turn/completed");
    },
  },
]);
