import { expect, test } from "vitest";
import { listRollouts } from "../../../src/journal/rollout-files.ts";
import { causesOf, foldFile } from "../../../src/journal/usage/file-usage.ts";
import type { FoldedRequest } from "../../../src/journal/usage/usage-fold.ts";
import { nodeSystem } from "../../../src/system/node.ts";
import { call, message, respond, startFakeModel } from "../../support/fake-model.ts";
import { makeStage, oracle, run } from "../../support/run.ts";

test("what the real Codex used is counted as its provider counted it, a fork by itself", async () => {
  const model = await startFakeModel([
    respond([call("1", "exec_command", { cmd: "seq 1 300" })], { usage: [16000, 0, 100, 10] }),
    respond([message("m1", "done")], { usage: [17000, 15872, 50, 0] }),
    respond([message("m2", "again")], { usage: [17100, 16896, 40, 0] }),
    respond([message("m3", "elsewhere")], { usage: [17200, 128, 30, 0] }),
  ]);
  const stage = await makeStage({ baseUrl: model.baseUrl, config: `model = "gpt-5.5"`, git: true });
  try {
    for (const argv of [["one"], ["resume", "--last", "two"]]) {
      expect((await run(oracle(), stage, ["exec", ...argv])).code).toBe(0);
    }
    const { files } = nodeSystem();
    const rolloutsNow = () => listRollouts(files, `${stage.codexHome}/sessions`);
    const [first] = rolloutsNow();
    expect((await run(oracle(), stage, ["exec", "fork", first!.threadId, "three"])).code).toBe(0);
    const used = (threadId: string): FoldedRequest[] => {
      const requests: FoldedRequest[] = [];
      const rollouts = rolloutsNow();
      const file = rollouts.find((each) => each.threadId === threadId)!;
      foldFile(files, rollouts, file, (request) => requests.push(request));
      return requests;
    };
    const own = used(first!.threadId);
    expect(own.map(({ usage }) => [usage.inputTokens, usage.cachedInputTokens, usage.outputTokens])).toEqual([
      [16000, 0, 100],
      [17000, 15872, 50],
      [17100, 16896, 40],
    ]);
    expect(own.map(({ miss }) => miss)).toEqual([null, null, null]);
    expect(own.every(({ model: name }) => name === "gpt-5.5")).toBe(true);
    for (const request of own) {
      const parts = causesOf(request);
      expect(parts.reduce((sum, [, [input, , output]]) => sum + input + output, 0)).toBe(request.usage.totalTokens);
    }
    expect(own[1]!.split.get("tool_outputs")!.input).toBeGreaterThan(100);
    expect(own[0]!.split.get("tools")!.input).toBeGreaterThan(1000);
    const fork = rolloutsNow().find(({ threadId }) => threadId !== first!.threadId)!;
    const forked = used(fork.threadId);
    expect(forked.map(({ usage }) => usage.totalTokens)).toEqual([17230]);
    expect(forked[0]?.miss).toMatchObject({ reason: "forked", tokens: 16972 });
  } finally {
    await model.close();
    await stage.dispose();
  }
});
