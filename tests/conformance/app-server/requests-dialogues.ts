import type { AppClient } from "../../support/app-client.ts";
import { call, message, respond } from "../../support/fake-model.ts";
import type { Dialogue } from "./dialogue.ts";
import { begin, say, thread } from "./steps.ts";

const end = respond([message("msg_end", "end")]);

async function turn(client: AppClient, threadId: string, params: Record<string, unknown>): Promise<void> {
  await client.call("turn/start", { threadId, input: say("go"), ...params });
  await client.next("turn/completed");
}

/** What clients have requests to the model say. */
export const requestsDialogues: Dialogue[] = [
  {
    name: "a service tier goes with the requests that it was asked for",
    script: () => () => end,
    stage: { git: false },
    async play(desk) {
      const client = await desk.connect();
      const threadId = await thread(desk, client, { serviceTier: "fast" });
      await turn(client, threadId, {});
      await turn(client, threadId, { serviceTier: "flex" });
      await turn(client, threadId, { serviceTier: "no-such-tier" });
      await turn(client, threadId, { serviceTier: "priority" });
      await turn(client, threadId, { serviceTier: null });
    },
  },
  {
    name: "what a model has no tier for is not asked of it",
    // Of the model's name, in words of our own.
    without: ["warning"],
    script: () => () => end,
    stage: { git: false },
    async play(desk) {
      const client = await desk.connect();
      const threadId = await thread(desk, client, { model: "gpt-5.2" });
      await turn(client, threadId, { serviceTier: "priority" });
      await turn(client, threadId, { serviceTier: "flex" });
    },
  },
  {
    name: "a client's own metadata goes with the turn that it came with",
    script: () => () => end,
    stage: { git: false },
    async play(desk) {
      const client = await desk.connect();
      const threadId = await thread(desk, client);
      await turn(client, threadId, { responsesapiClientMetadata: { colour: "red", turn_id: "mine" } });
      await turn(client, threadId, { responsesapiClientMetadataPatch: { shape: "round" } });
      await turn(client, threadId, {});
    },
  },
  {
    name: "metadata that comes with words for a turn goes with its next requests",
    script: () => [respond([call("1", "exec_command", { cmd: "until [ -e go ]; do sleep 0.05; done" })]), end, end],
    stage: { git: false },
    async play(desk) {
      const client = await desk.connect();
      const threadId = await thread(desk, client, { sandbox: "danger-full-access" });
      const expectedTurnId = await begin(client, threadId);
      await client.next("item/started", ({ item }) => (item as { type: string }).type === "commandExecution");
      const words = { threadId, expectedTurnId, input: say("more") };
      await client.call("turn/steer", { ...words, responsesapiClientMetadata: { colour: "red" } });
      await client.call("fs/writeFile", { path: `${desk.stage.workspace}/go`, dataBase64: "" });
      await client.next("turn/completed");
      await turn(client, threadId, {});
    },
  },
];
