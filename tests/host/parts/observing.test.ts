import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { nodeSystem } from "../../../src/system/node.ts";
import type { FileSystem } from "../../../src/system/ports.ts";
import { call, message, respond, type Reply } from "../../support/fake-model.ts";
import { startLiveThread, type LiveThread } from "../../support/live-thread.ts";
import { until } from "../../support/until.ts";
import { textOf } from "../hooks/kit.ts";

let live: LiveThread | null = null;
afterEach(async () => {
  await live?.close();
  live = null;
});

/** A disk that looks at what is about to be written and waits before it syncs. */
function disk(looksAt: (text: string) => void, beforeSync: () => Promise<void> = async () => {}): FileSystem {
  const { files } = nodeSystem();
  return {
    ...files,
    openAppend(...asked) {
      const file = files.openAppend(...asked);
      return {
        path: file.path,
        write: (text) => (looksAt(text), file.write(text)),
        sync: async () => (await beforeSync(), file.sync()),
        size: () => file.size(),
        truncate: (length) => file.truncate(length),
        close: () => file.close(),
      };
    },
  };
}

const begins = respond([call("1", "create_goal", { objective: "make it" })]);
const says = (text: string): Reply => respond([message(text, text)]);
const warnings = ({ events }: LiveThread): string[] =>
  events.flatMap((event) => (event.type === "warning" ? [event.message] : []));

test("a goal whose end cannot be written keeps nobody else from hearing that the turn ended", async () => {
  const config = [
    `notify = ["/bin/bash", "-c", "echo \\"$1\\" >> told", "first"]`,
    `codex_agent.goals.max_continuations = 1`,
  ];
  let full = true;
  const files = disk((text) => {
    if (!full || !text.includes('"paused"')) return;
    full = false;
    throw Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" });
  });
  live = await startLiveThread([begins, says("one"), says("two")], {
    stage: { config: config.join("\n") },
    machine: { files },
  });
  await live.say("go");
  expect(await live.next("turn.completed")).toMatchObject({ lastMessage: "two" });
  const told = join(live.stage.workspace, "told");
  await until(() => textOf(told).includes('"last-assistant-message":"two"'));
  expect(await live.next("warning")).toMatchObject({ message: expect.stringContaining("cannot be written") });
});

test("a goal begins nothing, and complains of nothing, when the turn that ends is the last of a thread that is closing", async () => {
  const [ending, ends] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let last = false;
  const files = disk(
    (text) => (last ||= text.includes('"task_complete"')),
    async () => {
      if (!last) return;
      ending.resolve();
      await ends.promise;
    },
  );
  live = await startLiveThread([begins, says("one")], { machine: { files } });
  const said = live.say("go");
  await ending.promise;
  const closed = live.client.call("thread/close", { threadId: live.info.threadId });
  ends.resolve();
  expect(await said).toMatchObject({ type: "turn.completed" });
  await closed;
  expect(live.model.requests).toHaveLength(2);
  expect(warnings(live)).toEqual([]);
});
