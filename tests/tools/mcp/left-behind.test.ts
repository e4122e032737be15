import { readFileSync } from "node:fs";
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { message, respond, startFakeModel, type FakeModel } from "../../support/fake-model.ts";
import { handmade, mcpCall } from "../../support/mcp/servers.ts";
import { makeStage, oracle, ours, run, type Stage } from "../../support/run.ts";
import { until } from "../../support/until.ts";

const last = respond([message("msg_last", "answer")]);
const argv = ["exec", "--json", "--skip-git-repo-check", "-m", "gpt-5.5"];
let stage: Stage | null = null;
let model: FakeModel | null = null;
afterEach(async () => {
  await model?.close();
  await stage?.dispose();
});

const alive = (pid: number): boolean => {
  try {
    return !/^\d+ \(.*\) [ZX]/s.test(readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch {
    return false;
  }
};

it("servers of a run that was killed end by themselves, or with the next start", async () => {
  model = await startFakeModel([
    respond([mcpCall("1", "mcp__stubborn", "child", {})]),
    respond([mcpCall("2", "mcp__stubborn", "hang", {})]),
    last,
  ]);
  stage = await makeStage({ baseUrl: model.baseUrl, config: handmade("stubborn") });
  let child = 0;
  await run(ours(), stage, [...argv, "go"], {
    stdin: null,
    onEvent: (event, process) => {
      const { item } = event as { item?: { tool?: string; status?: string; result?: { content: { text: string }[] } } };
      if (item?.tool === "child" && item.status === "completed") child = Number(item.result!.content[0]!.text);
      if (item?.tool === "hang") process.kill("SIGKILL");
    },
  });
  expect(alive(child)).toBe(true);
  const again = await run(ours(), stage, [...argv, "resume", "--last", "go on"], {
    stdin: null,
  });
  expect(again).toMatchObject({ code: 0 });
  await until(() => !alive(child));
});

it("the real Codex goes on with a thread that has calls of servers, and ours with one of its", async () => {
  const script = [
    respond([mcpCall("1", "mcp__demo", "both", {})]),
    respond([mcpCall("2", "mcp__demo", "fail_rpc", {})]),
    last,
    last,
  ];
  for (const [first, second] of [
    [ours(), oracle()],
    [oracle(), ours()],
  ] as const) {
    model = await startFakeModel(script);
    stage = await makeStage({ baseUrl: model.baseUrl, config: handmade() });
    expect((await run(first, stage, [...argv, "go"], { stdin: null })).code).toBe(0);
    const resumed = await run(second, stage, [...argv, "resume", "--last", "on"], { stdin: null });
    expect(resumed.code).toBe(0);
    const { input } = model.requests.at(-1)!.body as { input: { type: string }[] };
    expect(input.filter(({ type }) => type === "function_call_output")).toHaveLength(2);
    const items = (await rolloutLines(stage)).filter(({ payload }) => payload.item?.type === "McpToolCall");
    expect(items.map(({ payload }) => withoutTime(payload.item!))).toEqual([
      {
        type: "McpToolCall",
        id: "call_1",
        server: "demo",
        tool: "both",
        arguments: {},
        readOnlyHint: true,
        status: "completed",
        result: {
          content: [{ type: "text", text: "human" }],
          structuredContent: { z: 1, a: [1, 2.5, "é"] },
          _meta: { k: 1 },
        },
      },
      expect.objectContaining({
        id: "call_2",
        status: "failed",
        error: { message: expect.stringContaining("it broke") },
      }),
    ]);
    await model.close();
    await stage.dispose();
  }
});

interface Line {
  payload: { item?: Record<string, unknown> };
}

async function rolloutLines({ codexHome }: Stage): Promise<Line[]> {
  const folder = join(codexHome, "sessions");
  const names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith(".jsonl"));
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), "utf8")));
  return texts.flatMap((text) => text.trim().split("\n")).map((line) => JSON.parse(line) as Line);
}

const withoutTime = ({ duration: _time, ...item }: Record<string, unknown>): Record<string, unknown> => item;
