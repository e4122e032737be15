import { expect, it } from "vitest";
import { call, message, respond } from "../support/fake-model.ts";
import { startLiveThread } from "../support/live-thread.ts";

const by = { namespace: "multi_agent_v1" };
const count = 16;
/** An agent's work: so many responses, the last of which is its answer. */
const responses = 3;

interface Round {
  arrived: number;
  all: Promise<void>;
  open: () => void;
}

function round(): Round {
  let open = (): void => undefined;
  const all = new Promise<void>((resolve) => (open = resolve));
  return { arrived: 0, all, open };
}

it("sixteen agents work at the same time: none is answered before all have asked, and all come to their end", async () => {
  const rounds = Array.from({ length: responses }, round);
  const counts = new Map<string, number>();
  let asked = false;
  const live = await startLiveThread(
    async (request) => {
      const id = request.headers["thread-id"]!;
      if (request.headers["x-openai-subagent"] === undefined) {
        if (asked) return respond([message("msg_end", "made")]);
        asked = true;
        return respond(
          Array.from({ length: count }, (_, index) => call(String(index), "spawn_agent", { message: "work" }, by)),
        );
      }
      const number = counts.get(id) ?? 0;
      counts.set(id, number + 1);
      const current = rounds[number]!;
      if (++current.arrived === count) current.open();
      await current.all;
      if (number === responses - 1) return respond([message("msg_done", "done")]);
      return respond([call(`x${number}`, "exec_command", { cmd: "true", login: false })]);
    },
    {
      stage: { config: `[agents]\nmax_threads = ${count}` },
      thread: { model: "unknown-model", sandbox: "danger-full-access" },
    },
  );
  try {
    let left = count;
    const ended = new Promise<void>((resolve) => {
      live.client.subscribe(live.info.threadId, (event) => {
        if (event.type === "agent.changed" && typeof event.agent.status === "object" && --left === 0) resolve();
      });
    });
    await Promise.all([live.say("go"), ended]);
    const { agents } = await live.client.call("agent/children", { threadId: live.info.threadId });
    expect(agents.map(({ status }) => status)).toEqual(Array.from({ length: count }, () => ({ completed: "done" })));
    expect(rounds.map(({ arrived }) => arrived)).toEqual([count, count, count]);
  } finally {
    await live.close();
  }
});
