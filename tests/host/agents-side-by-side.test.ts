import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { call, message, respond } from "../support/fake-model.ts";
import { startLiveThread } from "../support/live-thread.ts";

const by = { namespace: "multi_agent_v1" };
/** An agent's work: so many responses, each of which the model thinks about for so long. */
const [responses, thinkingMs] = [3, 1000];

/** Milliseconds from the call that makes so many agents to the end of the last one. */
async function wallOf(count: number): Promise<number> {
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
      const number = (counts.get(id) ?? 0) + 1;
      counts.set(id, number);
      await sleep(thinkingMs);
      if (number === responses) return respond([message("msg_done", "done")]);
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
    const begun = performance.now();
    await Promise.all([live.say("go"), ended]);
    expect(left).toBe(0);
    const { agents } = await live.client.call("agent/children", { threadId: live.info.threadId });
    expect(agents.map(({ status }) => status)).toEqual(agents.map(() => ({ completed: "done" })));
    return performance.now() - begun;
  } finally {
    await live.close();
  }
}

it(
  "sixteen agents take at most 1.3 times as long as one, where the model takes the time",
  { timeout: 120_000 },
  async () => {
    const ratios: number[] = [];
    // What else runs on the machine only ever adds.
    while (ratios.length < 4 && !ratios.some((ratio) => ratio <= 1.3))
      ratios.push((await wallOf(16)) / (await wallOf(1)));
    expect(Math.min(...ratios), `of one: ${ratios.map((ratio) => ratio.toFixed(2)).join(", ")}`).toBeLessThanOrEqual(
      1.3,
    );
  },
);
