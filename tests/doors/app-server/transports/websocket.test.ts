import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { WebSocket } from "ws";
import { serveTcp, type Place } from "../../../../src/doors/app-server/transports/tcp.ts";
import type { WebSocketOptions } from "../../../../src/doors/app-server/transports/websocket.ts";
import { Outgoing } from "../../../../src/doors/app-server/wire.ts";
import { echo } from "./echo.ts";
import { until, untilPasses } from "../../../support/until.ts";

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

async function start(options: Partial<WebSocketOptions> = {}, place: Place = { address: "127.0.0.1", port: 0 }) {
  const server = echo();
  const said: string[] = [];
  const tell = (line: string): void => void said.push(line);
  const serving = await serveTcp(server.accept, place, { authorize: null, tell, ...options });
  ends.push(() => serving.close());
  const port = Number(/listening on: ws:\/\/\S+:(\d+)/.exec(said[0]!)![1]);
  return { server, serving, said, port, url: `ws://127.0.0.1:${port}` };
}

async function open(url: string, headers: Record<string, string> = {}) {
  const socket = new WebSocket(url, { headers });
  const texts: string[] = [];
  socket.on("message", (data) => texts.push((data as Buffer).toString()));
  await once(socket, "open");
  return { socket, texts };
}

/** The head and body of what a server answers to a request written by hand. */
function ask(port: number, lines: string[]): Promise<{ status: number; text: string; head: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string; head: string }>();
  const socket = connect(port, "127.0.0.1");
  let all = "";
  socket.on("error", reject);
  socket.on("data", (chunk) => {
    all += chunk.toString();
    const [head, text = ""] = all.split("\r\n\r\n");
    const size = Number(/content-length: (\d+)/i.exec(head!)?.[1] ?? 0);
    if (!all.includes("\r\n\r\n") || text.length < size) return;
    socket.destroy();
    resolve({ status: Number(head!.split(" ")[1]), text, head: head! });
  });
  socket.write(`${lines.join("\r\n")}\r\n\r\n`);
  return promise;
}

const upgrade = [
  "GET /any/path HTTP/1.1",
  "Host: localhost",
  "Connection: keep-alive, Upgrade",
  "Upgrade: websocket",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  "Sec-WebSocket-Version: 13",
];
const without = (name: string): string[] => upgrade.filter((line) => !line.startsWith(`${name}:`));

test("text frames carry messages both ways, whatever their size; no extension is agreed upon", async () => {
  const { url, server } = await start();
  const { socket, texts } = await open(url, { "x-codex-app-server-compression": "zstd-stream-v1" });
  expect(socket.extensions).toBe("");
  for (const size of [1, 124, 125, 126, 60_000, 65_535, 65_536, 3_000_000]) {
    const before = texts.length;
    const message = { text: "é".repeat(size) };
    socket.send(JSON.stringify(message));
    await until(() => texts.length > before);
    expect(JSON.parse(texts.at(-1)!)).toEqual({ method: "echo", params: message });
  }
  socket.close();
  await until(() => server.gone === 1);
});

test("binary frames and what is no JSON are passed over", async () => {
  const { url, server } = await start();
  const { socket, texts } = await open(url);
  socket.send(Buffer.from('{"binary":true}'));
  for (const text of ["not json", "", "[1", '{"a":1}\n{"b":2}', '{"good":1}']) socket.send(text);
  await until(() => texts.length > 0);
  expect(server.received).toEqual([{ good: 1 }]);
});

test("a ping is answered between messages", async () => {
  const { url } = await start();
  const { socket, texts } = await open(url);
  for (let index = 0; index < 50; index++) {
    socket.send(JSON.stringify({ index, text: "x".repeat(10_000) }));
    socket.ping(String(index));
  }
  const [pong] = await once(socket, "pong");
  expect(String(pong)).toBe("0");
  await until(() => texts.length === 50);
  expect(texts.map((text) => JSON.parse(text).params.index)).toEqual(Array.from({ length: 50 }, (_, index) => index));
});

test("the banner names the port and where health is asked; both paths answer with 200 and nothing", async () => {
  const { said, port } = await start();
  expect(said[0]).toBe(
    [
      "codex app-server (WebSockets)",
      `  listening on: ws://127.0.0.1:${port}`,
      `  readyz: http://127.0.0.1:${port}/readyz`,
      `  healthz: http://127.0.0.1:${port}/healthz`,
      "  note: binds localhost only (use SSH port-forwarding for remote access)",
    ].join("\n"),
  );
  for (const path of ["/healthz", "/readyz", "/healthz?now"]) {
    expect(await ask(port, [`GET ${path} HTTP/1.1`, "Host: localhost"])).toMatchObject({ status: 200, text: "" });
  }
});

test.each([
  ["an Origin", ["GET /healthz HTTP/1.1", "Host: localhost", "Origin: http://localhost"], 403, ""],
  ["an Origin of an upgrade", [...upgrade, "Origin: null"], 403, ""],
  ["a plain path", ["GET /x HTTP/1.1", "Host: localhost"], 400, "Connection header did not include 'upgrade'"],
  ["another upgrade", [...without("Upgrade"), "Upgrade: h2c"], 400, "`Upgrade` header did not include 'websocket'"],
  [
    "an old version",
    [...without("Sec-WebSocket-Version"), "Sec-WebSocket-Version: 8"],
    400,
    "`Sec-WebSocket-Version` header did not include '13'",
  ],
  ["no key", without("Sec-WebSocket-Key"), 400, "`Sec-WebSocket-Key` header missing"],
  ["a POST", ["POST /x HTTP/1.1", "Host: localhost"], 405, "Request method must be `GET`"],
  ["a POST to health", ["POST /healthz HTTP/1.1", "Host: localhost"], 405, ""],
])("%s is refused as Codex does", async (_what, lines, status, text) => {
  const { port } = await start();
  expect(await ask(port, lines)).toMatchObject({ status, text });
});

test.each([
  ["evil.example", 403],
  ["127.0.0.1.evil.example:80", 403],
  ["localhost.evil.example", 403],
  ["", 403],
  ["localhost:1234", 101],
  ["LOCALHOST", 101],
  ["127.0.0.1", 101],
  ["[::1]:5", 101],
  ["a.localhost", 101],
])("a page whose own name points here does not get in: Host %j is answered with %i", async (host, status) => {
  const { port } = await start();
  const answer = await ask(port, [...without("Host"), `Host: ${host}`]);
  expect(answer.status).toBe(status);
  if (status === 403) expect(answer.text).toContain("Host header");
});

test("who knows the token may ask under any name; who does not is told why", async () => {
  const authorize = (header: string | undefined): string | null => (header === "Bearer good" ? null : "no good");
  const { port } = await start({ authorize });
  const asked = [...without("Host"), "Host: box.example"];
  expect(await ask(port, asked)).toMatchObject({ status: 401, text: "no good" });
  expect(await ask(port, [...asked, "Authorization: Bearer good"])).toMatchObject({ status: 101 });
  // Health is nobody's secret.
  expect(await ask(port, ["GET /readyz HTTP/1.1", "Host: box.example"])).toMatchObject({ status: 200 });
});

test("an address that others reach is refused without a token", async () => {
  await expect(start({}, { address: "0.0.0.0", port: 0 })).rejects.toThrow(
    "refusing to start non-loopback websocket listener 0.0.0.0:0 without auth; configure `--ws-auth capability-token` or `--ws-auth signed-bearer-token`",
  );
  const { said } = await start({ authorize: () => null }, { address: "0.0.0.0", port: 0 });
  expect(said[0]).toContain("  note: websocket auth is required for non-localhost listeners");
});

test("a port that is taken is named", async () => {
  const { port } = await start();
  await expect(start({}, { address: "127.0.0.1", port })).rejects.toThrow(
    new RegExp(`^cannot listen on ws://127\\.0\\.0\\.1:${port}: .*EADDRINUSE`),
  );
});

test("one connection more than there may be gets 503, until one leaves", async () => {
  const { url, port, server } = await start({ maxConnections: 2 });
  const [first] = [await open(url), await open(url)];
  expect(await ask(port, upgrade)).toMatchObject({ status: 503, text: "There are 2 connections already." });
  first.socket.close();
  await until(() => server.gone === 1);
  await open(url);
});

test("a message that is too large ends its connection with 1009, and no other", async () => {
  const { url } = await start({ maxMessageBytes: 1_000 });
  const [one, other] = [await open(url), await open(url)];
  one.socket.send("x".repeat(1_001));
  const [code] = await once(one.socket, "close");
  expect(code).toBe(1009);
  other.socket.send('{"id":1}');
  await until(() => other.texts.length === 1);
});

test("a connection that asks for nothing is closed", async () => {
  const { port } = await start({ handshakeMs: 50 });
  const silent = connect(port, "127.0.0.1").resume();
  const half = connect(port, "127.0.0.1").resume();
  half.write("GET / HTTP/1.1\r\nHost: local");
  await Promise.all([once(silent, "close"), once(half, "close")]);
  expect([silent.destroyed, half.destroyed]).toEqual([true, true]);
});

test("a client that stops reading is closed with 1013, is named on standard error, and slows no other", async () => {
  const { url, server, said } = await start({ bounds: { soft: 100_000, hard: 1_000_000 } });
  const [slow, quick] = [await open(url), await open(url)];
  slow.socket.pause();
  const text = "x".repeat(50_000);
  let sent = 0;
  // What the system keeps for a socket is large; the bound is ours.
  while (said.length < 2) {
    const outgoing = new Outgoing({ method: "item", params: { index: sent++, text } });
    for (const wire of server.wires) wire.send(outgoing);
    await until(() => quick.texts.length === sent);
  }
  expect(said[1]).toMatch(/^app-server: The client does not read: \d+ bytes wait for it\. Closing its connection\.$/);
  await until(() => server.gone === 1);
  expect(quick.texts.map((each) => JSON.parse(each).params.index)).toEqual(
    Array.from({ length: sent }, (_, index) => index),
  );
  slow.socket.terminate();
});

test("a slow client that catches up hears what it missed, and gets all that is not passing", async () => {
  const { url, server } = await start({ bounds: { soft: 100_000, hard: 1_000_000_000 } });
  const { socket, texts } = await open(url);
  const wire = server.wires[0]!;
  wire.tellMissed();
  socket.pause();
  let items = 0;
  for (let index = 0; index < 400; index++) {
    wire.send(new Outgoing({ method: "delta", params: "x".repeat(50_000) }, { passing: true, threadId: "t" }));
    if (index % 100 === 0) wire.send(new Outgoing({ method: "item", params: items++ }));
    await new Promise((resolve) => setImmediate(resolve));
  }
  socket.resume();
  const told = (): Told[] => texts.map((text): Told => JSON.parse(text));
  const deltas = (): number => told().filter(({ method }) => method === "delta").length;
  const missed = (): number => {
    const threads = told().flatMap(({ method, params }) => (method === "agent/missed" ? params.threads : []));
    expect(threads.every(({ threadId }) => threadId === "t")).toBe(true);
    return threads.reduce((sum, { notifications }) => sum + notifications, 0);
  };
  await until(() => missed() > 0 && deltas() + missed() === 400);
  await until(() => told().filter(({ method }) => method === "item").length === items);
  const kept = told().filter(({ method }) => method === "item");
  expect(kept.map(({ params }) => params)).toEqual([0, 1, 2, 3]);
});

interface Told {
  method: string;
  params: { threads: { threadId: string; notifications: number }[] };
}

test("a client that is closed with a reason hears it; one that vanishes is gone", async () => {
  const { url, server } = await start();
  const { socket } = await open(url);
  server.wires[0]!.close("é".repeat(200));
  const [code, reason] = await once(socket, "close");
  expect([code, String(reason)]).toEqual([1000, "é".repeat(61)]);
  const other = await open(url);
  other.socket.terminate();
  await until(() => server.gone === 2);
});

test("closing the server says good-bye to its clients, and does not wait for those who are silent", async () => {
  const { url, serving, server } = await start();
  const { socket, texts } = await open(url);
  const stuck = await open(url);
  stuck.socket.pause();
  server.wires[0]!.send(new Outgoing({ method: "last" }));
  const closed = once(socket, "close");
  await serving.close();
  const [code, reason] = await closed;
  expect([code, String(reason)]).toEqual([1001, "The server is shutting down."]);
  expect(texts).toEqual(['{"method":"last"}']);
  expect(server.gone).toBe(2);
  stuck.socket.terminate();
});

/** Asks for a WebSocket from a page, which nobody gets, and holds the connection when it has been answered. */
async function refusedAndHeld(port: number): Promise<Socket> {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  // It may be let go at any time.
  socket.on("error", () => {});
  socket.resume().write(`${[...upgrade, "Origin: http://page"].join("\r\n")}\r\n\r\n`);
  await once(socket, "end");
  return socket;
}

test("those who are refused take nobody's place, though they do not hang up", async () => {
  const { port } = await start({ maxConnections: 2 });
  const held = await Promise.all(Array.from({ length: 66 }, () => refusedAndHeld(port)));
  await untilPasses(async () => expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200));
  for (const socket of held) socket.destroy();
});

test("the server ends while somebody who was refused does not hang up", async () => {
  const { port, serving } = await start();
  const held = await refusedAndHeld(port);
  await expect(serving.close()).resolves.toBeUndefined();
  held.destroy();
});
