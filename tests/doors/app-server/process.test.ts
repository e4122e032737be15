import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import { startFakeModel } from "../../support/fake-model.ts";
import { configFile, makeStage, oracle, ours, type Binary, type Stage } from "../../support/run.ts";

let stage: Stage;
const children: ChildProcess[] = [];
beforeAll(async () => {
  stage = await makeStage();
  writeFileSync(join(stage.root, "token"), "secret\n");
  writeFileSync(join(stage.root, "empty"), "\n");
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});
afterAll(() => stage.dispose());

const start = (...flags: string[]): ReturnType<typeof startWith> => startWith({}, ...flags);

function startWith(env: Record<string, string>, ...flags: string[]) {
  const child = spawn(ours().path, ["app-server", ...flags], {
    cwd: stage.workspace,
    env: { ...stage.env, ...env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  children.push(child);
  const said = { out: "", err: "" };
  child.stdin.on("error", () => {});
  child.stdout.on("data", (chunk: Buffer) => (said.out += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (said.err += chunk.toString()));
  // Not "close", which waits for what nobody reads.
  const ended = once(child, "exit").then(([code, signal]) => ({
    code: code as number | null,
    signal: signal as string | null,
  }));
  const until = async (condition: () => boolean): Promise<void> => {
    while (!condition()) {
      if (child.exitCode !== null) throw new Error(`ended with ${child.exitCode}: ${said.err}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  return { child, said, ended, until };
}

const initialize = {
  id: "a",
  method: "initialize",
  params: { clientInfo: { name: "probe", title: null, version: "1.0" }, capabilities: null },
};
const line = (message: object): string => `${JSON.stringify(message)}\n`;

test("over stdio: a reply per request, and the end of input is the end, with exit code 0", async () => {
  const { child, said, ended, until } = start();
  child.stdin.write(`\nnot json\n${line(initialize)}`);
  await until(() => said.out.includes("\n"));
  expect(JSON.parse(said.out)).toMatchObject({ id: "a", result: { codexHome: stage.codexHome } });
  child.stdin.end();
  expect(await ended).toEqual({ code: 0, signal: null });
  expect(said.err).toBe("");
});

test.each(["SIGTERM", "SIGINT"] as const)("over stdio: %s ends it with exit code 0", async (signal) => {
  const { child, said, ended, until } = start("--stdio");
  child.stdin.write(line(initialize));
  await until(() => said.out.includes("\n"));
  child.kill(signal);
  expect(await ended).toEqual({ code: 0, signal: null });
});

test("over stdio: a client that asks and never reads does not stop the server from reading, and is given up", async () => {
  const { child, said, ended } = start();
  child.stdout.pause();
  const id = "x".repeat(1_000_000);
  // Each is answered with its id.
  for (let count = 0; count < 90; count++) child.stdin.write(line({ ...initialize, id }));
  expect(await ended).toMatchObject({ code: 1 });
  expect(said.err).toMatch(/^app-server: The client does not read: \d+ bytes wait for it\. Ending\.\n$/);
});

test("over a WebSocket: the first client is served, SIGTERM says good-bye and ends with exit code 0", async () => {
  const { child, said, ended, until } = start("--listen", "ws://127.0.0.1:0");
  await until(() => said.err.includes("note:"));
  const socket = new WebSocket(/listening on: (\S+)/.exec(said.err)![1]!);
  await once(socket, "open");
  socket.send(JSON.stringify(initialize));
  const [reply] = await once(socket, "message");
  expect(JSON.parse(String(reply))).toMatchObject({ id: "a", result: { platformFamily: "unix" } });
  const closed = once(socket, "close");
  child.kill("SIGTERM");
  expect((await closed)[0]).toBe(1001);
  expect(await ended).toEqual({ code: 0, signal: null });
});

test("a signal that comes with the first word of where it listens ends it with exit code 0", async () => {
  const impatient = `const write = process.stderr.write.bind(process.stderr);
    process.stderr.write = (text) => {
      if (String(text).includes("listening on")) process.kill(process.pid, "SIGTERM");
      return write(text);
    };`;
  const NODE_OPTIONS = `--import data:text/javascript,${encodeURIComponent(impatient)}`;
  const { ended } = startWith({ NODE_OPTIONS }, "--listen", "ws://127.0.0.1:0");
  expect(await ended).toEqual({ code: 0, signal: null });
});

test("over a WebSocket with a token: who has it comes in", async () => {
  const { said, until } = start(
    "--listen",
    "ws://127.0.0.1:0",
    "--ws-auth",
    "capability-token",
    "--ws-token-file",
    join(stage.root, "token"),
  );
  await until(() => said.err.includes("note:"));
  const url = /listening on: (\S+)/.exec(said.err)![1]!;
  const stranger = new WebSocket(url);
  expect(String((await once(stranger, "error"))[0])).toContain("401");
  const friend = new WebSocket(url, { headers: { authorization: "Bearer secret" } });
  await once(friend, "open");
  friend.terminate();
});

test("over a unix socket: the socket is there until SIGINT, and a second server is refused", async () => {
  const { child, ended, until } = start("--listen", "unix://");
  const path = join(stage.codexHome, "app-server-control/app-server-control.sock");
  await until(() => existsSync(path));
  const socket = new WebSocket(`ws+unix://${path}`);
  await once(socket, "open");
  const second = spawnSync(ours().path, ["app-server", "--listen", "unix://"], { env: stage.env, encoding: "utf8" });
  expect(second).toMatchObject({
    status: 1,
    stderr: `Error: app-server control socket is already in use at ${path}\n`,
  });
  child.kill("SIGINT");
  expect(await ended).toEqual({ code: 0, signal: null });
  expect(existsSync(path)).toBe(false);
});

const loopback = ["--listen", "ws://127.0.0.1:0"];
const file = (name: string): string => join(stage.root, name);
test.each<[string, () => string[]]>([
  ["a URL of no kind", () => ["--listen", "foo"]],
  ["a name for an address", () => ["--listen", "ws://localhost:0"]],
  ["a mode of no kind", () => [...loopback, "--ws-auth", "bogus"]],
  ["a mode without a token", () => [...loopback, "--ws-auth", "capability-token"]],
  ["a token without a mode", () => [...loopback, "--ws-token-file", file("token")]],
  ["a token of nothing", () => [...loopback, "--ws-auth", "capability-token", "--ws-token-file", file("empty")]],
  ["a digest of a wrong length", () => [...loopback, "--ws-auth", "capability-token", "--ws-token-sha256", "aa"]],
  [
    "a secret that is short",
    () => [...loopback, "--ws-auth", "signed-bearer-token", "--ws-shared-secret-file", file("token")],
  ],
  [
    "a skew that is no number",
    () => [...loopback, "--ws-auth", "signed-bearer-token", "--ws-max-clock-skew-seconds", "x"],
  ],
  ["an address for all without a token", () => ["--listen", "ws://0.0.0.0:0"]],
])("%s is refused with Codex's exit code and words", (_what, flags) => {
  const run = (binary: Binary) => {
    const { status, stderr } = spawnSync(binary.path, ["app-server", ...flags()], { env: stage.env, encoding: "utf8" });
    return { status, first: stderr.split("\n")[0]!.replace(/ \(os error \d+\)/, "") };
  };
  const [mine, theirs] = [run(ours()), run(oracle())];
  expect(mine.status).toBe(theirs.status);
  // Commander words a choice in its own way.
  if (!theirs.first.includes("bogus")) expect(mine.first).toBe(theirs.first);
});

test("what is no transport at all, and a flag for configuration that says nothing, end with a sentence", () => {
  const run = (...flags: string[]) => {
    const { status, stderr } = spawnSync(ours().path, ["app-server", ...flags], {
      env: stage.env,
      encoding: "utf8",
      input: "",
    });
    return { status, stderr };
  };
  expect(run("--listen", "off")).toEqual({ status: 1, stderr: "Error: no transport configured; use --listen\n" });
  expect(run("-c", "x").status).toBe(1);
  expect(run("--stdio", "--listen", "off").status).toBe(2);
});

test("a mistake in config.toml does not keep clients from connecting, with --strict-config it does", async () => {
  writeFileSync(join(stage.codexHome, "config.toml"), "bogus_key = 1\n");
  const { child, said, until } = start();
  child.stdin.write(line(initialize));
  await until(() => said.out.includes('"codexHome"'));
  const strict = start("--strict-config");
  expect(await strict.ended).toMatchObject({ code: 1 });
  expect(strict.said.err).toContain("bogus_key");
});

test.each(["SIGTERM", "the end of input"])("%s ends a turn that runs, and the server with exit code 0", async (how) => {
  const model = await startFakeModel(() => ({ parts: [{ hang: true }] }));
  try {
    writeFileSync(join(stage.codexHome, "config.toml"), configFile(model.baseUrl));
    const { child, said, ended, until } = start();
    child.stdin.write(
      line(initialize) + line({ method: "initialized" }) + line({ id: "b", method: "thread/start", params: {} }),
    );
    await until(() => said.out.includes('"id":"b"'));
    const reply = said.out.split("\n").find((each) => each.includes('"id":"b"'));
    const threadId: string = JSON.parse(reply!).result.thread.id;
    const input = [{ type: "text", text: "hello" }];
    child.stdin.write(line({ id: "c", method: "turn/start", params: { threadId, input } }));
    await model.seen(1);
    await until(() => said.out.includes('"id":"c"'));
    if (how === "SIGTERM") child.kill("SIGTERM");
    else child.stdin.end();
    expect(await ended).toEqual({ code: 0, signal: null });
  } finally {
    await model.close();
  }
});
