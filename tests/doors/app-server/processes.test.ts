import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { appServerInMemory, type AppClient, type AppServerUnderTest } from "../../support/app-client.ts";
import { makeStage, type Stage } from "../../support/run.ts";
import { untilPasses } from "../../support/until.ts";

let stage: Stage;
let server: AppServerUnderTest;
let client: AppClient;

beforeEach(async () => {
  stage = await makeStage();
  server = appServerInMemory(stage);
  client = await server.connect();
});

afterEach(async () => {
  await server.close();
  await stage.dispose();
});

const full = { sandboxPolicy: { type: "dangerFullAccess" } };
const sh = (line: string): string[] => ["/bin/sh", "-c", line];
const base64 = (text: string | Buffer): string => Buffer.from(text).toString("base64");
const decoded = (params: Record<string, unknown>): string =>
  Buffer.from(String(params["deltaBase64"]), "base64").toString();

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

it("what a client has started ends with its connection, children included", async () => {
  const other = await server.connect();
  const line = "sleep 600 & echo $$ $!; wait";
  void other.request("command/exec", {
    command: sh(line),
    processId: "p",
    streamStdoutStderr: true,
    disableTimeout: true,
    ...full,
  });
  const first = await other.next("command/exec/outputDelta");
  await other.call("process/spawn", {
    processHandle: "h",
    cwd: stage.workspace,
    command: sh(line),
    streamStdoutStderr: true,
    timeoutMs: null,
  });
  const second = await other.next("process/outputDelta");
  const pids = [first, second].flatMap(({ params }) => decoded(params).trim().split(/\s+/).map(Number));
  expect(pids.map(isAlive)).toEqual([true, true, true, true]);
  await other.close();
  await untilPasses(() => expect(pids.map(isAlive)).toEqual([false, false, false, false]));
});

it("two clients may call their processes the same", async () => {
  const other = await server.connect();
  const start = (who: AppClient): Promise<unknown> =>
    who.request("command/exec", {
      command: sh("read x; echo $x"),
      processId: "p",
      streamStdin: true,
      disableTimeout: true,
      ...full,
    });
  const ends = [start(client), start(other)];
  for (const [who, text] of [
    [client, "mine"],
    [other, "other"],
  ] as const)
    await untilPasses(
      async () => void (await who.call("command/exec/write", { processId: "p", deltaBase64: base64(`${text}\n`) })),
    );
  expect(await Promise.all(ends)).toMatchObject([{ result: { stdout: "mine\n" } }, { result: { stdout: "other\n" } }]);
});

it("bytes come through as they are, both ways", async () => {
  const bytes = Buffer.from(Array.from({ length: 100_000 }, (_, index) => (index * 7) % 256));
  const cwd = stage.workspace;
  const spawned = { processHandle: "h", cwd, command: ["/bin/cat"], streamStdin: true, streamStdoutStderr: true };
  await client.call("process/spawn", { ...spawned, timeoutMs: null });
  await client.call("process/writeStdin", {
    processHandle: "h",
    deltaBase64: bytes.toString("base64"),
    closeStdin: true,
  });
  await client.next("process/exited");
  const pieces = client.told.filter(({ method }) => method === "process/outputDelta");
  expect(
    Buffer.concat(pieces.map(({ params }) => Buffer.from(String(params["deltaBase64"]), "base64"))).equals(bytes),
  ).toBe(true);
});

it("a program that never reads its input is ended before it costs much memory", async () => {
  const spawned = { processHandle: "h", cwd: stage.workspace, command: ["/bin/sleep", "600"], streamStdin: true };
  await client.call("process/spawn", { ...spawned, timeoutMs: null });
  const deltaBase64 = Buffer.alloc(4 * 2 ** 20).toString("base64");
  const replies = [];
  for (let index = 0; index < 8; index++)
    replies.push(await client.request("process/writeStdin", { processHandle: "h", deltaBase64 }));
  expect(replies.filter((reply) => "error" in reply).length).toBeGreaterThan(0);
  expect((await client.next("process/exited")).params["exitCode"]).toBe(137);
});

it("output without end is cut, and the rest is not kept", async () => {
  const reply = await client.call("command/exec", {
    command: sh("yes | head -c 200000000"),
    disableTimeout: true,
    ...full,
  });
  expect(String(reply["stdout"])).toHaveLength(2 ** 20);
});

it("commands keep out of what the walls hide, whatever their folder", async () => {
  writeFileSync(join(stage.codexHome, "auth.json"), "secret");
  const command = sh(`cat ${join(stage.codexHome, "auth.json")} || echo no; touch ${stage.home}/x || echo neither`);
  for (const cwd of [stage.workspace, stage.home]) {
    const { stdout } = await client.call("command/exec", { command, cwd, sandboxPolicy: { type: "workspaceWrite" } });
    expect(stdout).toBe("no\nneither\n");
  }
});

it("a program that is not there: 127 in walls, and an error without them", async () => {
  const command = ["no-such-program"];
  const walled = await client.call("command/exec", { command, sandboxPolicy: { type: "workspaceWrite" } });
  expect(walled).toMatchObject({ exitCode: 127, stdout: "", stderr: expect.stringContaining("no-such-program") });
  expect(await client.request("command/exec", { command, ...full })).toHaveProperty("error");
});

it("keys of providers are kept from commands, and not from processes", async () => {
  const line = 'echo "key: $FAKE_KEY"';
  const stageWithKey = await makeStage({ baseUrl: "http://127.0.0.1:1" });
  const other = appServerInMemory(stageWithKey);
  try {
    const keyed = await other.connect();
    expect(await keyed.call("command/exec", { command: sh(line), ...full })).toMatchObject({ stdout: "key: \n" });
    await keyed.call("process/spawn", { processHandle: "h", cwd: stageWithKey.workspace, command: sh(line) });
    expect((await keyed.next("process/exited")).params["stdout"]).toBe("key: sk-fake\n");
  } finally {
    await other.close();
    await stageWithKey.dispose();
  }
});
