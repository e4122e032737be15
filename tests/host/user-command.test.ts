import { expect, onTestFinished, test } from "vitest";
import { messageText, type MessageItem } from "../../src/protocol/response-items.ts";
import { linesOf, rolloutsOf, startAppServer, workshop } from "../journal/support/real-codex.ts";
import { message, respond } from "../support/fake-model.ts";
import { startLiveThread } from "../support/live-thread.ts";
import { untilPasses } from "../support/until.ts";

const command = "seq 1 20000";
const limit = "tool_output_token_limit = 500";

const told = (items: readonly unknown[]): string | undefined =>
  (items as MessageItem[])
    .filter(({ type }) => type === "message")
    .map(messageText)
    .find((text) => text.startsWith("<user_shell_command>"))
    ?.replace(/^Duration: .*$/m, "Duration: X");

/** What the real Codex tells its model of the command. */
async function toldByCodex(modelUrl: string): Promise<string> {
  const shop = workshop(modelUrl, limit);
  onTestFinished(() => shop.remove());
  const server = await startAppServer(shop);
  try {
    const opening = { cwd: shop.cwd, approvalPolicy: "never", sandbox: "danger-full-access" };
    const { id: threadId } = (await server.request("thread/start", opening))["thread"] as { id: string };
    await server.request("thread/shellCommand", { threadId, command });
    return await untilPasses(() => {
      const lines = rolloutsOf(shop.codexHome, threadId).flatMap((file) => linesOf(file));
      const text = told(lines.map(({ payload }) => payload));
      expect(text).toBeDefined();
      return text!;
    });
  } finally {
    await server.close();
  }
}

test("of a long output of the user's own command the model is told what Codex tells, and its item has the whole", async () => {
  const thread = await startLiveThread([respond([message("msg_1", "ok")])], { stage: { config: limit } });
  onTestFinished(() => thread.close());
  await thread.client.call("command/run", { threadId: thread.info.threadId, command });
  await thread.next("turn.completed");
  await thread.say("go");
  const { input } = thread.model.requests[0]!.body as { input: unknown[] };
  expect(told(input)).toBe(await toldByCodex(thread.model.baseUrl));
  const output = thread.events.flatMap((event) =>
    event.type === "item.completed" && event.item.type === "commandExecution" ? [event.item.aggregatedOutput] : [],
  );
  expect(output).toEqual([expect.stringMatching(/^1\n2\n[^]*\n10000\n[^]*\n20000\n$/)]);
});
