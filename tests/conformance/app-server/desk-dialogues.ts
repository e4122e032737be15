import { message, respond } from "../../support/fake-model.ts";
import type { AppClient } from "../../support/app-client.ts";
import type { Desk, Dialogue } from "./dialogue.ts";

const unknown = "0190aaaa-0000-7000-8000-000000000000";

/** A thread in which something was said. */
async function thread({ stage }: Desk, client: AppClient, text: string): Promise<string> {
  const options = { cwd: stage.workspace, approvalPolicy: "never", model: "gpt-5.5", sandbox: "danger-full-access" };
  const { thread: opened } = await client.call("thread/start", options);
  const { id: threadId } = opened as { id: string };
  await client.call("turn/start", { threadId, input: [{ type: "text", text }] });
  await client.next("turn/completed");
  return threadId;
}

const script = () => () => respond([message("msg_1", "hello")]);

export const deskDialogues: Dialogue[] = [
  {
    name: "threads are put into sections, in an order",
    script,
    async play(desk) {
      const client = await desk.connect();
      const one = await thread(desk, client, "one");
      const two = await thread(desk, client, "two");
      await client.call("threadSection/list");
      const { section } = await client.call("threadSection/create", { name: " Work " });
      const { id: sectionId } = section as { id: string };
      await client.request("threadSection/create", { name: "" });
      await client.call("threadSection/list", { limit: 1 });
      await client.call("threadSection/list", { cursor: "bad" });
      await client.call("threadSection/update", { sectionId, name: "Shop" });
      await client.request("threadSection/update", { sectionId: "none", name: "Shop" });
      await client.call("thread/section/move", { threadId: one, sectionId });
      await client.next("thread/section/changed");
      await client.call("thread/section/move", { threadId: two, sectionId, beforeThreadId: one });
      await client.next("thread/section/changed");
      await client.request("thread/section/move", { threadId: two, sectionId: "none" });
      await client.request("thread/section/move", { threadId: two, sectionId, beforeThreadId: unknown });
      await client.request("thread/section/move", { threadId: two, sectionId, beforeThreadId: two });
      await client.request("thread/section/move", { threadId: unknown, sectionId });
      await client.call("thread/list", { sectionId, sortKey: "section_position" });
      await client.call("thread/list", { sectionId, sortKey: "section_position", sortDirection: "asc", limit: 1 });
      await client.call("thread/section/move", { threadId: one, sectionId: null });
      await client.next("thread/section/changed");
      await client.call("threadSection/delete", { sectionId });
      await client.request("threadSection/delete", { sectionId });
      await client.call("thread/read", { threadId: two });
      await client.call("threadSection/list");
    },
  },
  {
    name: "things are tied to threads",
    script,
    async play(desk) {
      const client = await desk.connect();
      const one = await thread(desk, client, "one");
      const two = await thread(desk, client, "two");
      const tie = { attachmentType: "pr", identityKey: "k1" };
      await client.call("thread/attachment/add", { ...tie, threadId: one, payload: { x: 1 } });
      await client.next("thread/attachment/updated");
      await client.call("thread/attachment/add", { ...tie, threadId: one, payload: { x: 2 } });
      await client.call("thread/attachment/add", { ...tie, threadId: two, payload: null });
      await client.next("thread/attachment/updated");
      await client.request("thread/attachment/add", { ...tie, threadId: unknown, payload: 1 });
      await client.request("thread/attachment/add", { ...tie, threadId: "none", payload: 1 });
      await client.request("thread/attachment/add", { ...tie, attachmentType: "", threadId: one, payload: 1 });
      await client.request("thread/attachment/add", { ...tie, identityKey: "", threadId: one, payload: 1 });
      await client.call("thread/attachment/list", { threadId: one });
      await client.request("thread/attachment/list", { threadId: one, cursor: "bad" });
      await client.call("thread/attachmentOwner/list", tie);
      await client.call("thread/attachmentOwner/list", { ...tie, archived: true });
      await client.call("thread/attachmentOwner/list", { ...tie, limit: 1 });
      await client.call("thread/attachment/remove", { ...tie, threadId: one });
      await client.next("thread/attachment/updated");
      await client.call("thread/attachment/remove", { ...tie, threadId: one });
      await client.call("thread/attachment/list", { threadId: one });
    },
  },
  {
    name: "what is unread, and what is noted of git",
    script,
    async play(desk) {
      const client = await desk.connect();
      const threadId = await thread(desk, client, "one");
      const { readState } = await client.call("thread/read", { threadId });
      const { revision } = readState as { revision: string };
      const operation = { type: "read" };
      await client.request("thread/readState/update", { threadId, expectedRevision: "x", operation });
      await client.call("thread/readState/update", { threadId, expectedRevision: revision, operation });
      await client.next(
        "thread/readState/changed",
        ({ readState: state }) => (state as { firstUnread: unknown }).firstUnread === null,
      );
      await client.request("thread/readState/update", { threadId, expectedRevision: revision, operation });
      await client.request("thread/readState/update", { threadId: unknown, expectedRevision: "x", operation });
      await client.request("thread/readState/update", { threadId: "none", expectedRevision: "x", operation });
      await client.call("thread/metadata/update", {
        threadId,
        gitInfo: { sha: "abc", branch: "dev", originUrl: "git@x:y" },
      });
      await client.call("thread/metadata/update", { threadId, gitInfo: { branch: null } });
      await client.call("thread/metadata/update", { threadId, daybreakEnabled: true });
      await client.request("thread/metadata/update", { threadId });
      await client.request("thread/metadata/update", { threadId, gitInfo: {} });
      await client.request("thread/metadata/update", { threadId, gitInfo: { branch: "" } });
      await client.request("thread/metadata/update", { threadId, projectId: "none" });
      await client.request("thread/metadata/update", { threadId: unknown, daybreakEnabled: true });
    },
  },
];
