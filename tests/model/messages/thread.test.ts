/** A thread with a server that refuses what Anthropic's would, and caches as that does. */
import { expect, test } from "vitest";
import type { MessagesRequest } from "../../../src/protocol/messages/messages-api.ts";
import { answer, textBlock, thinkingBlock, toolUse, type AnswerBlock } from "../../support/fake-messages.ts";
import type { RecordedRequest, Reply } from "../../support/fake-model.ts";
import { startLiveThread } from "../../support/live-thread.ts";
import { PromptCache, type CacheUse } from "../../support/messages-cache.ts";
import { messagesFaults } from "../../support/messages-rules.ts";

const steps = 8;
const command = (step: number, index: number): AnswerBlock =>
  toolUse(`${step}_${index}`, "exec_command", { cmd: `echo ${step}.${index}` });

/** What the model answers as its n-th: commands, two at a time at every third, then words. */
function blocksOf(turn: number): AnswerBlock[] {
  const step = turn % (steps + 1);
  if (step === steps) return [thinkingBlock(`Enough, ${turn}.`), textBlock(`Done ${turn}.`)];
  const calls = [command(turn, 1), ...(step % 3 === 0 ? [command(turn, 2)] : [])];
  return [thinkingBlock(`Thought ${turn}.`), textBlock(`Step ${turn}.`), ...calls];
}

test("a thread's requests are taken, its thoughts come back, and only what is new is paid for", async () => {
  const cache = new PromptCache();
  const faults: string[][] = [];
  const uses: CacheUse[] = [];
  const bodies: MessagesRequest[] = [];
  const reply = (request: RecordedRequest): Reply => {
    const body = request.body as MessagesRequest;
    bodies.push(body);
    faults.push(messagesFaults(body, "adaptive"));
    const use = cache.ask(body);
    uses.push(use);
    const usage = { input: use.fresh, cacheRead: use.read, cacheWrite: use.written, output: 10 };
    return answer(blocksOf(request.index), { id: `msg_${request.index}`, usage });
  };
  const thread = await startLiveThread(reply, {
    thread: {
      model: "claude-opus-4-8",
      sandbox: "danger-full-access",
      overrides: ["codex_agent.providers.fake.wire_api=messages", "model_reasoning_effort=high"],
    },
  });
  try {
    for (const text of ["Begin.", "Again."]) expect((await thread.say(text)).type).toBe("turn.completed");
  } finally {
    await thread.close();
  }
  expect(faults).toEqual(faults.map(() => []));
  expect(bodies).toHaveLength(2 * (steps + 1));
  expect(bodies.at(-1)).toMatchObject({ thinking: { type: "adaptive" }, output_config: { effort: "high" } });
  for (const [index, { read, fresh }] of uses.entries()) {
    const before = uses[index - 1];
    expect(fresh, `request ${index}`).toBe(0);
    expect(read, `request ${index}`).toBe(before === undefined ? 0 : before.read + before.written);
  }
  // Everything but the results, which are the tools', as the model said it.
  const said = bodies.at(-1)!.messages.flatMap(({ role, content }) => (role === "assistant" ? content : []));
  expect(said).toEqual(bodies.slice(0, -1).flatMap((_body, index) => blocksOf(index)));
  expect(thread.model.requests[0]?.headers).toMatchObject({
    "x-api-key": "sk-fake",
    "anthropic-version": "2023-06-01",
  });
  expect(thread.model.requests[0]?.url).toBe("/v1/messages");
});
