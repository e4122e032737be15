import { message, respond } from "../../support/fake-model.ts";
import type { AppClient } from "../../support/app-client.ts";
import type { Desk, Dialogue } from "./dialogue.ts";

const unknown = "0190aaaa-0000-7000-8000-000000000000";

async function thread({ stage }: Desk, client: AppClient, params: Record<string, unknown> = {}): Promise<string> {
  const options = {
    cwd: stage.workspace,
    approvalPolicy: "never",
    model: "gpt-5.5",
    sandbox: "danger-full-access",
    ...params,
  };
  const { thread: opened } = await client.call("thread/start", options);
  return (opened as { id: string }).id;
}

/** Says something, and waits until it was answered. Gives the turn's id. */
async function turn(client: AppClient, threadId: string, text: string, params = {}): Promise<string> {
  const { turn: begun } = await client.call("turn/start", { threadId, input: [{ type: "text", text }], ...params });
  await client.next("turn/completed");
  return (begun as { id: string }).id;
}

const cursorOf = (page: Record<string, unknown>, key = "nextCursor"): unknown => page[key];

/** Whether the real one tells of a thread's last status before the thread is gone is a matter of moments. */
const lastStatus = ["thread/status/changed"];

const answers = () => {
  let count = 0;
  return () => {
    count++;
    return respond([message(`msg_${count}`, `answer ${count} about apples`)]);
  };
};

/** What Codex says of a repository comes with some requests and not with others. */
const plainFolder = { git: false };

/** Comes with each resume, at some time. */
const goalNews = ["thread/goal/cleared"];

export const storedDialogues: Dialogue[] = [
  {
    name: "what was said is paged by turns and by items, in both directions",
    script: answers,
    stage: plainFolder,
    async play(desk) {
      const client = await desk.connect();
      const threadId = await thread(desk, client);
      const first = await turn(client, threadId, "one");
      await turn(client, threadId, "two");
      await turn(client, threadId, "three");
      const page = await client.call("thread/turns/list", { threadId, limit: 2 });
      await client.call("thread/turns/list", { threadId, limit: 2, cursor: cursorOf(page) });
      const back = { threadId, sortDirection: "asc", cursor: cursorOf(page, "backwardsCursor") };
      await client.call("thread/turns/list", back);
      await client.call("thread/turns/list", { threadId, itemsView: "full", sortDirection: "asc" });
      await client.call("thread/turns/list", { threadId, itemsView: "notLoaded", limit: 0 });
      const items = await client.call("thread/items/list", { threadId, limit: 3 });
      await client.call("thread/items/list", { threadId, cursor: cursorOf(items) });
      await client.call("thread/items/list", { threadId, sortDirection: "desc", limit: 1 });
      await client.call("thread/items/list", { threadId, turnId: first });
      await client.call("thread/items/list", { threadId, turnId: "none" });
      await client.call("thread/items/read", { threadId, turnId: first, itemIds: ["msg_1", "none"] });
      await client.request("thread/items/read", { threadId, turnId: first, itemIds: [] });
      await client.request("thread/turns/list", { threadId, cursor: "bad" });
      await client.request("thread/items/list", { threadId, cursor: "bad" });
      await client.request("thread/items/list", { threadId, cursor: { type: "item", itemId: "msg_1" } });
      await client.request("thread/turns/list", { threadId: unknown });
      await client.request("thread/turns/list", { threadId: "none" });
    },
  },
  {
    name: "a thread is read with and without its turns",
    script: answers,
    stage: plainFolder,
    async play(desk) {
      const client = await desk.connect();
      const threadId = await thread(desk, client);
      await client.call("thread/read", { threadId });
      await turn(client, threadId, "one");
      await client.call("thread/read", { threadId });
      await client.call("thread/read", { threadId, includeTurns: true });
      await client.next("deprecationNotice");
      await client.call("getConversationSummary", { conversationId: threadId });
      await client.request("getConversationSummary", { conversationId: unknown });
      await client.request("getConversationSummary", { rolloutPath: "none" });
      await client.request("thread/read", { threadId: unknown });
      await client.request("thread/read", { threadId: "none" });
    },
  },
  {
    name: "a thread that is put away takes no turns until it is fetched and resumed",
    script: answers,
    stage: plainFolder,
    without: [...goalNews, ...lastStatus],
    async play(desk) {
      const client = await desk.connect();
      const threadId = await thread(desk, client);
      await turn(client, threadId, "one");
      await client.call("thread/archive", { threadId });
      await client.next("thread/archived");
      await client.request("turn/start", { threadId, input: [{ type: "text", text: "two" }] });
      await client.request("thread/archive", { threadId });
      await client.call("thread/list", {});
      await client.call("thread/list", { archived: true });
      await client.call("thread/loaded/list");
      await client.call("thread/unarchive", { threadId });
      await client.next("thread/unarchived");
      await client.request("thread/unarchive", { threadId });
      await client.call("thread/resume", {
        threadId,
        excludeTurns: true,
        sandbox: "danger-full-access",
        approvalPolicy: "never",
      });
      await turn(client, threadId, "two");
      await client.request("thread/unarchive", { threadId: unknown });
      await client.request("thread/archive", { threadId: "none" });
    },
  },
  {
    name: "a thread is named and deleted",
    script: answers,
    stage: plainFolder,
    without: lastStatus,
    async play(desk) {
      const client = await desk.connect();
      const threadId = await thread(desk, client);
      await client.call("thread/name/set", { threadId, name: "early" });
      await turn(client, threadId, "one");
      await client.call("thread/name/set", { threadId, name: "  my name " });
      await client.next("thread/name/updated", ({ threadName }) => threadName === "my name");
      await client.request("thread/name/set", { threadId, name: " " });
      await client.request("thread/name/set", { threadId: unknown, name: "x" });
      await client.request("thread/name/set", { threadId: "none", name: "x" });
      await client.call("thread/read", { threadId });
      await client.call("thread/delete", { threadId });
      await client.next("thread/deleted");
      await client.call("thread/list", {});
      await client.request("thread/delete", { threadId: unknown });
      await client.request("thread/delete", { threadId: "none" });
    },
  },
  {
    name: "lists are filtered",
    script: answers,
    stage: plainFolder,
    async play(desk) {
      const client = await desk.connect();
      const threadId = await thread(desk, client);
      await turn(client, threadId, "words about pears");
      await client.call("thread/name/set", { threadId, name: "Fruit" });
      const filters = [
        {},
        { searchTerm: "pears" },
        { searchTerm: "Fruit" },
        { searchTerm: "fruit" },
        { searchTerm: "apples" },
        { sourceKinds: ["cli"] },
        { sourceKinds: ["vscode", "exec"] },
        { modelProviders: ["fake"] },
        { modelProviders: ["openai"] },
        { cwd: `${desk.stage.workspace}/` },
        { cwd: ["/", desk.stage.workspace] },
        { cwd: "/nowhere" },
        { limit: 0 },
        { excludedThreadIds: [threadId] },
        { sortKey: "recency_at", sortDirection: "asc" },
      ];
      for (const filter of filters) await client.call("thread/list", filter);
      const wrong = [
        { cursor: "bad" },
        { cursor: "" },
        { limit: -1 },
        { originators: ["x"] },
        { excludedThreadIds: ["x"] },
        { sortKey: "section_position" },
        { projectId: "x" },
      ];
      for (const filter of wrong) await client.request("thread/list", filter);
      for (const searchTerm of ["APPLES", "pears", "plums"]) await client.call("thread/search", { searchTerm });
      await client.request("thread/search", { searchTerm: "" });
      await client.call("thread/searchOccurrences", { threadId, searchTerm: "about" });
      await client.request("thread/searchOccurrences", { threadId, searchTerm: "" });
    },
  },
  {
    name: "a fork goes on from a turn, or from before it",
    script: answers,
    stage: plainFolder,
    // It comes with the deprecation notice, before it or behind.
    without: ["thread/tokenUsage/updated", ...lastStatus],
    async play(desk) {
      const client = await desk.connect();
      const threadId = await thread(desk, client);
      const first = await turn(client, threadId, "one");
      const second = await turn(client, threadId, "two");
      const opened = { model: "gpt-5.5", sandbox: "danger-full-access", approvalPolicy: "never" };
      const { thread: fork } = await client.call("thread/fork", {
        ...opened,
        threadId,
        lastTurnId: first,
        excludeTurns: true,
      });
      await client.next("thread/started");
      await turn(client, (fork as { id: string }).id, "other");
      await client.call("thread/fork", { ...opened, threadId, beforeTurnId: second });
      await client.request("thread/fork", { threadId, lastTurnId: "none" });
      await client.request("thread/fork", { threadId, lastTurnId: first, beforeTurnId: second });
      await client.request("thread/fork", { threadId, ephemeral: true });
      await client.request("thread/fork", { threadId: unknown });
      await client.request("thread/fork", { threadId: "none" });
      await client.request("thread/delete", { threadId });
    },
  },
  {
    name: "turns are taken back",
    script: answers,
    stage: plainFolder,
    async play(desk) {
      const client = await desk.connect();
      const threadId = await thread(desk, client);
      await turn(client, threadId, "one");
      const second = await turn(client, threadId, "two");
      await turn(client, threadId, "three");
      await client.call("thread/revert", { threadId, beforeTurnId: second });
      await client.next("thread/reverted");
      await client.call("thread/turns/list", { threadId });
      await client.request("thread/revert", { threadId: unknown, beforeTurnId: second });
      await turn(client, threadId, "four");
    },
  },
  {
    name: "a thread that is kept nowhere",
    script: answers,
    stage: plainFolder,
    async play(desk) {
      const client = await desk.connect();
      const threadId = await thread(desk, client, { ephemeral: true });
      await turn(client, threadId, "one");
      await client.request("thread/read", { threadId });
      await client.request("thread/read", { threadId, includeTurns: true });
      await client.request("thread/turns/list", { threadId });
      await client.request("thread/resume", { threadId });
      await client.request("thread/fork", { threadId, excludeTurns: true });
      await client.request("thread/archive", { threadId });
      await client.request("thread/name/set", { threadId, name: "x" });
      await client.request("thread/delete", { threadId });
      await client.request("thread/revert", { threadId, beforeTurnId: "x" });
      await client.request("thread/goal/set", { threadId, objective: "x" });
      await client.request("thread/metadata/update", { threadId, daybreakEnabled: true });
    },
  },
];
