import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { expect, test } from "vitest";
import { message, respond, startFakeModel, type RecordedRequest } from "../../support/fake-model.ts";
import { makeStage, oracle, ours, type Binary } from "../../support/run.ts";

/** What a model is asked when a client runs a turn over stdio. */
async function askedBy(binary: Binary, flags: string[] = [], config = ""): Promise<RecordedRequest> {
  const model = await startFakeModel(() => respond([message("m", "done")]));
  const stage = await makeStage({ baseUrl: model.baseUrl, config });
  const server = spawn(binary.path, ["app-server", ...flags], {
    cwd: stage.workspace,
    env: stage.env,
    stdio: ["pipe", "pipe", "ignore"],
  });
  try {
    const lines = createInterface({ input: server.stdout })[Symbol.asyncIterator]();
    const reply = async (id: number, method: string, params: object): Promise<Record<string, { id: string }>> => {
      server.stdin.write(`${JSON.stringify({ id, method, params })}\n`);
      for (;;) {
        const { value, done } = await lines.next();
        if (done === true) throw new Error(`${binary.name} ended before it answered ${method}`);
        const said = JSON.parse(value);
        if (said.id === id && "result" in said) return said.result;
        if (said.id === id && "error" in said) throw new Error(`${method}: ${said.error.message}`);
      }
    };
    await reply(1, "initialize", { clientInfo: { name: "first_client", title: null, version: "2.5" } });
    server.stdin.write('{"method":"initialized"}\n');
    const { thread } = await reply(2, "thread/start", { config: { model_reasoning_summary: "detailed" } });
    await reply(3, "turn/start", { threadId: thread!.id, input: [{ type: "text", text: "hello" }] });
    await model.seen(1);
    return model.requests[0]!;
  } finally {
    server.stdin.end();
    if (server.exitCode === null) await once(server, "exit");
    await stage.dispose();
    await model.close();
  }
}

test("the first client speaks for the process to the model's server, as in Codex", async () => {
  const [mine, theirs] = await Promise.all([askedBy(ours()), askedBy(oracle())]);
  expect(theirs.headers["originator"]).toBe("first_client");
  expect(mine.headers["originator"]).toBe("first_client");
  for (const { headers } of [mine, theirs]) {
    expect(headers["user-agent"]).toMatch(/^first_client\/[\d.]+ \(.*\) \S+ \(first_client; 2\.5\)$/);
  }
});

test("the flags of the command line hold for threads, below what a client says", async () => {
  const flags = [
    "-c",
    'model_reasoning_effort="low"',
    "-c",
    'model_reasoning_summary="concise"',
    "-c",
    'model="flagged"',
  ];
  for (const binary of [ours(), oracle()]) {
    const { body } = await askedBy(binary, flags, 'model = "of-the-file"');
    expect(body).toMatchObject({ model: "flagged", reasoning: { effort: "low", summary: "detailed" } });
  }
});
