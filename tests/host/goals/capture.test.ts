import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import type { Goal } from "../../../src/protocol/goals.ts";
import { call, message, respond } from "../../support/fake-model.ts";
import { startLiveThread, type LiveThread } from "../../support/live-thread.ts";

let live: LiveThread | undefined;
afterEach(async () => live?.close());

const lines = (name: string): unknown[] =>
  readFileSync(join(import.meta.dirname, "../../fixtures/codex", name), "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as unknown);

/** Without ids, times and prose; a budget report is there or not. */
const normal = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value)
      .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, "<id>")
      .replace(/((?:edAt|timeUsedSeconds)\\?":)\d+/g, "$10")
      .replace(/(completionBudgetReport\\":\\")[^}]*?(\\"})/g, "$1$2")
      .replace(/(source=\\"goal\\">\\n).*?(\\n<\/codex)/gs, "$1$2"),
  ) as unknown;

interface Captured {
  turn_trigger: string | null;
  new_items: Record<string, unknown>[];
}

interface Notification {
  msg: { method?: string; params?: { turnId?: string; goal?: Goal } };
}

it("a goal's life gives the model what it was captured to give, and tells of the same counts", async () => {
  const captured = lines("goal-requests.jsonl") as Captured[];
  const steps = [
    respond([call("1", "get_goal", {})]),
    respond([call("2", "create_goal", { objective: "make it work", token_budget: 5000 })]),
    respond([call("3", "create_goal", { objective: "another" })]),
    respond([call("4", "get_goal", {})]),
    respond([message("msg_5", "working on it")]),
    respond([message("msg_6", "continued once")]),
    respond([call("7", "update_goal", { status: "blocked" })]),
    respond([call("8", "update_goal", { status: "weird" })]),
    respond([call("9", "update_goal", { status: "complete" })]),
    respond([message("msg_10", "all done")]),
  ];
  const thread = (live = await startLiveThread(steps));
  await thread.say("start please");
  while ((await thread.next("turn.completed")).lastMessage !== "all done");

  const inputs = thread.model.requests.map((request) => (request.body as { input: Record<string, unknown>[] }).input);
  // The first request brings context, which others compare.
  const added = inputs.slice(1).map((input, index) => input.slice(inputs[index]!.length));
  expect(normal(added)).toEqual(normal(captured.slice(1).map((request) => request.new_items)));
  const triggers = thread.model.requests.map(
    ({ headers }) => /"turn_trigger":"(\w+)"/.exec(headers["x-codex-turn-metadata"] ?? "")?.[1],
  );
  expect(triggers).toEqual(captured.map(({ turn_trigger: trigger }) => trigger ?? "user"));

  const told = thread.events.flatMap((event) => (event.type === "goal.updated" ? [event.goal] : []));
  const notified = (lines("goal-app-server.jsonl") as Notification[]).flatMap(({ msg }) =>
    msg.method === "thread/goal/updated" && msg.params?.turnId ? [msg.params.goal!] : [],
  );
  const counts = ({ status, tokensUsed, tokenBudget }: Goal) => ({ status, tokensUsed, tokenBudget });
  expect(told.map(counts)).toEqual(notified.map(counts));
});
