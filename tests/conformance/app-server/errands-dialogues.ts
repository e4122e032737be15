import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { call, message, respond } from "../../support/fake-model.ts";
import type { AppClient } from "../../support/app-client.ts";
import type { Desk, Dialogue } from "./dialogue.ts";

const unknown = "0190aaaa-0000-7000-8000-000000000000";
const script = () => () => respond([message("msg_1", "hello")]);

async function thread({ stage }: Desk, client: AppClient): Promise<string> {
  const options = { cwd: stage.workspace, approvalPolicy: "never", model: "gpt-5.5", sandbox: "danger-full-access" };
  const { thread: opened } = await client.call("thread/start", options);
  return (opened as { id: string }).id;
}

async function turn(client: AppClient, threadId: string, text: string): Promise<void> {
  await client.call("turn/start", { threadId, input: [{ type: "text", text }] });
  await client.next("turn/completed");
}

export const errandsDialogues: Dialogue[] = [
  {
    name: "a client has the model told things",
    script,
    stage: { git: false },
    async play(desk) {
      const client = await desk.connect();
      const threadId = await thread(desk, client);
      await turn(client, threadId, "one");
      const item = { type: "message", role: "user", content: [{ type: "input_text", text: "By the way." }] };
      await client.call("thread/inject_items", { threadId, items: [item, { type: "unheard_of" }] });
      await turn(client, threadId, "two");
      const action = { type: "command", command: "rm -r x", cwd: "/", source: "shell" };
      const event = { id: "x", target_item_id: "y", turn_id: "z", status: "denied", action, started_at_ms: 1 };
      await client.call("thread/approveGuardianDeniedAction", { threadId, event });
      await client.request("thread/approveGuardianDeniedAction", { threadId, event: {} });
      await client.request("thread/approveGuardianDeniedAction", { threadId, event: null });
      await client.request("thread/inject_items", { threadId, items: [] });
      await client.request("thread/inject_items", { threadId: unknown, items: [item] });
      await client.request("thread/inject_items", { threadId: "none", items: [item] });
    },
  },
  {
    name: "a user runs a command of their own",
    script,
    stage: { git: false },
    async play(desk) {
      const client = await desk.connect();
      const threadId = await thread(desk, client);
      await turn(client, threadId, "one");
      await client.call("thread/shellCommand", { threadId, command: "echo out; exit 3" });
      await client.next("turn/completed");
      await client.request("thread/shellCommand", { threadId, command: " " });
      await client.request("thread/shellCommand", { threadId, command: "true", timeoutMs: -5 });
      await client.request("thread/shellCommand", { threadId: unknown, command: "true" });
      await client.request("thread/shellCommand", { threadId: "none", command: "true" });
    },
  },
  {
    name: "commands in the background are listed and ended",
    script: () => [
      respond([call("c1", "exec_command", { cmd: "sleep 100", yield_time_ms: 250 })]),
      respond([message("msg_1", "it runs")]),
    ],
    stage: { git: false },
    async play(desk) {
      const client = await desk.connect();
      const threadId = await thread(desk, client);
      await client.call("thread/backgroundTerminals/list", { threadId });
      await turn(client, threadId, "one");
      const { data } = await client.call("thread/backgroundTerminals/list", { threadId });
      const [{ processId } = { processId: "" }] = data as { processId: string }[];
      await client.call("thread/backgroundTerminals/terminate", { threadId, processId: "1" });
      await client.request("thread/backgroundTerminals/terminate", { threadId, processId: "x" });
      await client.call("thread/backgroundTerminals/terminate", { threadId, processId });
      await client.next("item/completed", ({ item }) => (item as { type: string }).type === "commandExecution");
      await client.call("thread/backgroundTerminals/list", { threadId });
      await client.call("thread/backgroundTerminals/clean", { threadId });
      await client.request("thread/backgroundTerminals/list", { threadId, cursor: "bad" });
      await client.request("thread/backgroundTerminals/list", { threadId: unknown });
    },
  },
  {
    name: "words wait for turns of their own",
    script: () => {
      let asked = 0;
      return async () => {
        asked++;
        if (asked === 1) return respond([call("c1", "exec_command", { cmd: "until test -e go; do sleep 0.05; done" })]);
        return respond([message(`msg_${asked}`, "hello")]);
      };
    },
    stage: { git: false },
    async play(desk) {
      const client = await desk.connect();
      const threadId = await thread(desk, client);
      const input = (text: string): unknown => [{ type: "text", text }];
      await client.call("turn/start", { threadId, input: input("one") });
      await client.next("item/started", ({ item }) => (item as { type: string }).type === "commandExecution");
      const add = async (text: string, clientUserMessageId: string): Promise<string> => {
        const reply = await client.call("thread/queue/add", { threadId, input: input(text), clientUserMessageId });
        await client.next("thread/queue/changed");
        return (reply["queuedSubmission"] as { id: string }).id;
      };
      const two = await add("two", "m2");
      const three = await add("three", "m3");
      const four = await add("four", "m4");
      await client.call("thread/queue/list", { threadId, limit: 2 });
      await client.call("thread/queue/update", { threadId, queuedSubmissionId: two, input: input("second") });
      await client.next("thread/queue/changed");
      await client.call("thread/queue/reorder", { threadId, queuedSubmissionIds: [three, four, two] });
      await client.next("thread/queue/changed");
      await client.call("thread/queue/delete", { threadId, queuedSubmissionId: four });
      await client.next("thread/queue/changed");
      await client.call("thread/queue/delete", { threadId, queuedSubmissionId: four });
      await client.call("thread/queue/list", { threadId });
      await client.request("thread/queue/update", { threadId, queuedSubmissionId: "x", input: input("x") });
      await client.request("thread/queue/reorder", { threadId, queuedSubmissionIds: [three] });
      await client.request("thread/queue/start", { threadId });
      await client.request("thread/queue/list", { threadId, cursor: "bad" });
      await client.request("thread/queue/add", { threadId, input: [], clientUserMessageId: "m5" });
      await writeFile(join(desk.stage.workspace, "go"), "");
      for (let ended = 0; ended < 3; ended++) await client.next("turn/completed");
      await client.request("thread/queue/start", { threadId });
    },
  },
];
