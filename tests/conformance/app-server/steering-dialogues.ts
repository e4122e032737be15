import { setTimeout as sleep } from "node:timers/promises";
import { added, call, created, message, respond, textDelta } from "../../support/fake-model.ts";
import { toldInstead } from "./changes.ts";
import type { Dialogue } from "./dialogue.ts";
import { begin, say, thread, withoutPieces } from "./steps.ts";

const end = respond([message("msg_end", "end")]);
const isCommand = (item: unknown): boolean => (item as { type?: unknown }).type === "commandExecution";
const said = { completedAtMs: "<completedAtMs>", contentTokenCount: null };
const full = { sandbox: "danger-full-access" };

const dialogues: Dialogue[] = [
  {
    name: "words to a turn while a tool runs",
    script: () => [
      respond([call("1", "exec_command", { cmd: "until [ -e flag ]; do sleep 0.05; done; sleep 0.4; echo ok" })]),
      end,
    ],
    async play(desk) {
      const client = await desk.connect();
      const threadId = await thread(desk, client, full);
      const turnId = await begin(client, threadId);
      await client.next("item/started", ({ item }) => (item as { type: string }).type === "commandExecution");
      await client.call("turn/steer", {
        threadId,
        expectedTurnId: turnId,
        input: say("also this"),
        clientUserMessageId: "c-2",
      });
      await client.request("turn/steer", { threadId, expectedTurnId: "wrong", input: say("x") });
      await client.request("turn/steer", { threadId, expectedTurnId: turnId, input: [] });
      await client.request("turn/start", { threadId, input: say("and that") });
      const { writeFile } = await import("node:fs/promises");
      await writeFile(`${desk.stage.workspace}/flag`, "");
      await client.next("turn/completed");
      await client.request("turn/steer", { threadId, expectedTurnId: turnId, input: say("late") });
      await client.request("turn/interrupt", { threadId, turnId });
    },
  },
  {
    name: "words to a turn while the model writes",
    script: () => [
      {
        parts: [created(), added(message("msg_1", "")), textDelta("msg_1", "one "), { hang: true }],
      },
      end,
    ],
    async play(desk) {
      const client = await desk.connect();
      const threadId = await thread(desk, client, full);
      const turnId = await begin(client, threadId);
      await client.next("item/agentMessage/delta");
      await client.call("turn/steer", { threadId, expectedTurnId: turnId, input: say("no, that") });
      await client.next("turn/completed");
    },
  },
  {
    name: "an interrupt while a tool runs",
    wanted: {
      reason: "an interrupt ends the commands of its turn, and their items",
      change: toldInstead((told) => {
        const at = told.findIndex(({ method, params }) => method === "item/started" && isCommand(params["item"]));
        const { item, startedAtMs: _, ...place } = told[at]!.params;
        const ended = { status: "failed", exitCode: -1, durationMs: "<durationMs>", completedAtMs: "<completedAtMs>" };
        const end = {
          method: "item/completed",
          params: { ...place, ...said, item: { ...(item as object), ...ended } },
        };
        const usage = told.findIndex(({ method }, index) => index > at && method === "thread/tokenUsage/updated");
        return told.toSpliced(usage, 0, end);
      }),
    },
    script: () => [respond([call("1", "exec_command", { cmd: "sleep 30" })]), end],
    async play(desk) {
      const client = await desk.connect();
      const threadId = await thread(desk, client, full);
      const turnId = await begin(client, threadId);
      await client.next("item/started", ({ item }) => (item as { type: string }).type === "commandExecution");
      // Until the response is complete, too: what it used is told by the real one then, and by ours after the tool.
      await sleep(1000);
      await client.request("turn/interrupt", { threadId, turnId: "wrong" });
      await client.call("turn/interrupt", { threadId, turnId });
      await client.next("turn/completed");
      await begin(client, threadId, "go on");
      await client.next("turn/completed");
    },
  },
  {
    name: "an interrupt while the model writes",
    script: () => [
      { parts: [created(), added(message("msg_1", "")), textDelta("msg_1", "one "), { hang: true }] },
      end,
    ],
    async play(desk) {
      const client = await desk.connect();
      const threadId = await thread(desk, client, full);
      const turnId = await begin(client, threadId);
      await client.next("item/agentMessage/delta");
      await client.call("turn/interrupt", { threadId, turnId });
      await client.next("turn/completed");
      await begin(client, threadId, "go on");
      await client.next("turn/completed");
    },
  },
  {
    name: "turns that cannot be",
    script: () => [end],
    async play(desk) {
      const client = await desk.connect();
      const threadId = await thread(desk, client, full);
      const strange = "01234567-89ab-7def-8123-456789abcdef";
      await client.request("turn/start", { threadId: strange, input: say("x") });
      await client.request("turn/start", { threadId: "no-id", input: say("x") });
      await client.request("turn/start", { threadId, input: [] });
      await client.next("turn/completed");
      await client.request("turn/steer", { threadId, expectedTurnId: "", input: say("x") });
      await client.request("turn/steer", { threadId: strange, expectedTurnId: "x", input: say("x") });
      await client.request("turn/interrupt", { threadId, turnId: "x" });
      await client.request("turn/interrupt", { threadId: strange, turnId: "x" });
      await client.request("turn/start", { threadId, input: [{ type: "text", text: "x".repeat(1_100_000) }] });
    },
  },
];

export const steeringDialogues = withoutPieces(dialogues);
