import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { join } from "node:path";
import { Duplex } from "node:stream";
import { expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { makeStage, oracle, ours, run, type Stage } from "../../../support/run.ts";

async function staged(): Promise<Stage> {
  const stage = await makeStage({ baseUrl: "http://127.0.0.1:9/v1" });
  onTestFinished(() => stage.dispose());
  return stage;
}

function start(path: string, stage: Stage, ...argv: string[]): ChildProcessWithoutNullStreams {
  const child = spawn(path, argv, { cwd: stage.workspace, env: stage.env });
  onTestFinished(() => void child.kill("SIGKILL"));
  child.stdin.on("error", () => {});
  return child;
}

test.each([
  ["our server", ours().path],
  ["the real one", oracle().path],
])("a client at the other end of the two streams talks to %s", async (_name, server) => {
  const stage = await staged();
  const socket = join(stage.root, "s.sock");
  const serving = start(server, stage, "app-server", "--listen", `unix://${socket}`);
  serving.stderr.resume();
  let proxy: ChildProcessWithoutNullStreams;
  // Until the server listens, there is nobody.
  for (;;) {
    proxy = start(ours().path, stage, "app-server", "proxy", "--sock", socket);
    const client = new WebSocket("ws://localhost/", {
      createConnection: () => Duplex.from({ readable: proxy.stdout, writable: proxy.stdin }) as Socket,
    });
    const opened = await new Promise<boolean>((resolve) => {
      client.on("open", () => resolve(true)).on("error", () => resolve(false));
    });
    if (!opened) continue;
    const reply = once(client, "message");
    client.send(JSON.stringify({ id: 1, method: "initialize", params: { clientInfo: { name: "x", version: "1" } } }));
    const [data] = (await reply) as [Buffer];
    expect(JSON.parse(String(data))).toMatchObject({ id: 1, result: { codexHome: stage.codexHome } });
    break;
  }
  const ended = once(proxy, "close");
  serving.kill("SIGTERM");
  expect(await ended).toEqual([0, null]);
});

test("bytes go both ways as they are, and the end of the input is told", async () => {
  const stage = await staged();
  const path = join(stage.root, "s.sock");
  const all = Buffer.from(Array.from({ length: 70_000 }, (_, index) => index % 256));
  const listener = createServer({ allowHalfOpen: true }, (socket) => {
    const chunks: Buffer[] = [];
    socket
      .on("data", (chunk: Buffer) => chunks.push(chunk))
      .on("end", () => socket.end(Buffer.concat(chunks).reverse()));
  }).listen(path);
  onTestFinished(() => void listener.close());
  await once(listener, "listening");
  const proxy = start(ours().path, stage, "app-server", "proxy", "--sock", path);
  const heard: Buffer[] = [];
  proxy.stdout.on("data", (chunk: Buffer) => heard.push(chunk));
  proxy.stdin.end(all);
  expect(await once(proxy, "close")).toEqual([0, null]);
  expect(Buffer.concat(heard).equals(Buffer.from(all).reverse())).toBe(true);
});

test("where no server is, it says so and how to start one", async () => {
  const stage = await staged();
  const { code, stdout, stderr } = await run(ours(), stage, ["app-server", "proxy"]);
  expect([code, stdout]).toEqual([1, ""]);
  expect(stderr).toContain(`${stage.codexHome}/app-server-control/app-server-control.sock`);
  expect(stderr).toContain("codex-agent app-server --listen unix://");
});

test("a daemon that installs itself is refused with what to do instead", async () => {
  const stage = await staged();
  const { code, stderr } = await run(ours(), stage, ["app-server", "daemon", "start", "--enable", "x"]);
  expect(code).toBe(2);
  expect(stderr).toContain("--listen unix://");
});
