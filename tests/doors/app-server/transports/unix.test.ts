import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, lstatSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { WebSocket } from "ws";
import { defaultSocket, serveUnix } from "../../../../src/doors/app-server/transports/unix.ts";
import { echo } from "./echo.ts";
import { until } from "../../../support/until.ts";

let home: string;
const ends: (() => Promise<void>)[] = [];
beforeEach(() => {
  home = mkdtempSync("/var/tmp/unix-");
});
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
  rmSync(home, { recursive: true });
});

const mode = (path: string): string => (statSync(path).mode & 0o777).toString(8);

async function start(path = defaultSocket(home)) {
  const server = echo();
  const serving = await serveUnix(server.accept, path, home, { tell: () => {} });
  let closing: Promise<void> | null = null;
  const close = (): Promise<void> => (closing ??= serving.close());
  ends.push(close);
  return { server, path, close };
}

async function say(path: string, message: object): Promise<unknown> {
  const socket = new WebSocket(`ws+unix://${path}`);
  await once(socket, "open");
  socket.send(JSON.stringify(message));
  const [data] = await once(socket, "message");
  socket.close();
  return JSON.parse(String(data)).params;
}

/** Leaves a socket whose server has died. */
async function leaveStale(path: string): Promise<void> {
  const program = `require("net").createServer().listen(process.argv[1], () => process.kill(process.pid, "SIGKILL"))`;
  await once(spawn(process.execPath, ["-e", program, path], { stdio: "ignore" }), "exit");
  expect(existsSync(path)).toBe(true);
}

test("the socket of the home is its user's alone, and is gone after the end", async () => {
  const { path, close, server } = await start();
  expect(path).toBe(join(home, "app-server-control", "app-server-control.sock"));
  expect(mode(path)).toBe("600");
  expect(mode(join(home, "app-server-control"))).toBe("700");
  expect(await say(path, { id: 1 })).toEqual({ id: 1 });
  await close();
  expect(existsSync(path)).toBe(false);
  expect(server.gone).toBe(1);
});

test("a socket in a folder that is not there yet makes it", async () => {
  const { path } = await start(join(home, "a", "b", "s.sock"));
  expect(mode(join(home, "a", "b"))).toBe("700");
  expect(await say(path, { id: 2 })).toEqual({ id: 2 });
});

test("what a dead server left is replaced, also where it is a link that leads nowhere", async () => {
  const stale = join(home, "stale.sock");
  await leaveStale(stale);
  expect(await say((await start(stale)).path, { id: 3 })).toEqual({ id: 3 });
  const link = join(home, "link.sock");
  symlinkSync(join(home, "nowhere"), link);
  expect(await say((await start(link)).path, { id: 4 })).toEqual({ id: 4 });
});

test("a second server is refused, and the first goes on", async () => {
  const { path } = await start();
  await expect(start()).rejects.toThrow(`app-server control socket is already in use at ${path}`);
  expect(await say(path, { id: 5 })).toEqual({ id: 5 });
});

test("of servers that start at once on a stale socket, one comes to serve", async () => {
  const path = join(home, "race.sock");
  await leaveStale(path);
  const started = await Promise.allSettled([start(path), start(path), start(path)]);
  const [one] = started.filter((each) => each.status === "fulfilled");
  expect(started.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected", "rejected"]);
  await say(path, { id: 6 });
  expect(one!.value.server.received).toEqual([{ id: 6 }]);
});

test("another file is left alone", async () => {
  const path = join(home, "file.txt");
  writeFileSync(path, "mine");
  await expect(start(path)).rejects.toThrow(`app-server control socket path exists and is not a socket: ${path}`);
  expect(lstatSync(path).isFile()).toBe(true);
});

test("the socket of the server that came after is not removed", async () => {
  const first = await start();
  rmSync(first.path);
  const second = await start();
  await first.close();
  expect(await say(second.path, { id: 7 })).toEqual({ id: 7 });
});

test("a path too long for a socket is refused with what to do", async () => {
  const path = join(home, "x".repeat(100));
  await expect(start(path)).rejects.toThrow(
    /bytes too long for this system: name a shorter one with --listen unix:\/\/PATH$/,
  );
});

test("any Host is right here, and a page still is not", async () => {
  const { path, server } = await start();
  const socket = new WebSocket(`ws+unix://${path}`, { headers: { host: "evil.example" } });
  await once(socket, "open");
  const page = new WebSocket(`ws+unix://${path}`, { origin: "http://localhost" });
  const [error] = await once(page, "error");
  expect(String(error)).toContain("403");
  socket.terminate();
  await until(() => server.gone === 1);
});
