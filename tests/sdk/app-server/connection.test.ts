import { createServer } from "node:http";
import { createHash } from "node:crypto";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { afterEach, describe, expect, it } from "vitest";
import { createClient, type AppServerClient, type MemoryServer } from "../../../src/sdk/index.ts";
import { encodeFrame, FrameError, FrameReader } from "../../../src/sdk/app-server/transports/frames.ts";
import { failure, isAlive } from "../exec/scripted.ts";
import { kept, server, threadId } from "./scripted-server.ts";
import { until, untilPasses } from "../../support/until.ts";

describe("AS-113: what is kept, and how it ends", () => {
  it("the newest 500 lines of stderr", async () => {
    const { client, noted } = await server(
      `on["model/list"] = () => { for (let n = 0; n < 2000; n++) console.error("line " + n); note("written"); return {}; };`,
    );
    const one = client();
    await one.modelList();
    await until(() => noted("written") !== null && one.stderrTail.at(-1) === "line 1999");
    expect(one.stderrTail).toHaveLength(500);
    expect(one.stderrTail[0]).toBe("line 1500");
    await one.close();
    expect(one.stderrTail).toEqual([]);
  });

  it("events that were not read are forgotten by close, and their reader is told", async () => {
    const { client, noted } = await server(
      `after["turn/start"] = () => { for (let n = 0; n < 100; n++) delta("x" + n, "m" + n); note("written"); };`,
    );
    const one = client();
    const seen: string[] = [];
    const error = await failure(
      one.responsesCreate({
        prompt: "hi",
        onEvent: async ({ type }) => {
          seen.push(type);
          if (seen.length < 2) return;
          await until(() => noted("written") !== null);
          await one.close();
        },
      }),
    );
    expect(error).toMatchObject({ name: "AppServerConnectionError", code: "closed" });
    expect(seen).toHaveLength(2);
    expect(one.counters.streams).toBe(0);
  });

  it("a server that ends with its input is not signalled", async () => {
    // On a machine that is busy, one server may not be done within the time that it has.
    await untilPasses(async () => {
      const { client, noted } = await server(`process.on("SIGTERM", () => { note("signalled"); process.exit(1); });
        process.on("exit", () => note("ended"));`);
      const one = client();
      await one.connect();
      await one.close();
      expect(noted("ended")).not.toBeNull();
      expect(noted("signalled")).toBeNull();
      expect(one.counters.pending).toBe(0);
    });
  });

  it("one that listens to nothing is gone a while later, with its children", async () => {
    const { client, starts, noted } =
      await server(`process.stdin.removeAllListeners("end"); process.on("SIGTERM", () => {}); setInterval(() => {}, 1000);
      const child = require("node:child_process").spawn(process.execPath, ["-e", "setInterval(()=>{},1000)"], { stdio: "ignore" }); note("child", child.pid);`);
    const one = client();
    await one.connect();
    const waiting = failure(one.request("nothing/answers", {}).then(() => one.request("x", {})));
    const child = Number(await until(() => noted("child")));
    await waiting.catch(() => {});
    const start = performance.now();
    await one.close();
    expect(performance.now() - start).toBeLessThan(30_000);
    expect(isAlive(starts()[0]!.pid)).toBe(false);
    await until(() => !isAlive(child));
  });
});

describe("AS-9 to AS-14: what comes over the wire", () => {
  it("that is no message is told of, counted, and harms nobody", async () => {
    const { client } = await server(`on["model/list"] = () => {
      raw("not json\\n\\n[1]\\n42\\nnull\\n{}\\n"); raw('{"id":true,"method":"currentTime/read"}\\n{"id":1.5,"method":"x"}\\n');
      write({ id: 999, result: {} }); write({ id: "7", error: { code: 1, message: "x" } }); return { data: [] }; };`);
    const one = client();
    const problems: string[] = [];
    one.on("protocolError", ({ problem }) => problems.push(problem));
    expect(await one.modelList()).toEqual({ data: [] });
    expect(one.counters).toEqual({ malformed: 5, unknownResponses: 2, ignoredRequests: 2, pending: 0, streams: 0 });
    expect(problems).toHaveLength(7);
    expect(problems[0]).toBe("what came is not JSON");
  });

  it("may be long, up to the limit", async () => {
    const { client } = await server(`on["model/list"] = ({ limit }) => ({ data: "x".repeat(limit) });`);
    const one = client({ maxLineBytes: 5_000_000 });
    expect(((await one.modelList({ limit: 4_000_000 })).data as unknown as string).length).toBe(4_000_000);
    const error = await failure(one.modelList({ limit: 6_000_000 }));
    expect(error.message).toContain("a line of more than 5000000 bytes");
  });

  it("goes out whole and in order, however slow the reader", async () => {
    const { client, asked } = await server(`process.stdin.pause(); setTimeout(() => process.stdin.resume(), 200);`);
    const one = client();
    const texts = [1, 2, 3, 4].map((n) => String(n).repeat(200_000));
    await Promise.all(texts.map((text) => one.request("echo", { text })));
    expect(asked("echo")).toEqual(texts.map((text) => ({ text })));
  });

  it("to a server that reads no more is an error, and no crash", async () => {
    const { client } = await server(`on["model/list"] = () => { fs.closeSync(0); setInterval(() => {}, 1000); };`);
    const one = client();
    const first = failure(one.modelList());
    const rest = failure(one.request("echo", { text: "x".repeat(2_000_000) }));
    expect(await first).toMatchObject({ name: "AppServerConnectionError" });
    expect(await rest).toMatchObject({ name: "AppServerConnectionError" });
  });
});

describe("AS-14: a server that dies", () => {
  const mortal = `on.die = () => { process.exit(9); }; after["turn/start"] = () => process.exit(7);`;

  it("is gone for good by default", async () => {
    const { client, starts } = await server(mortal);
    const one = client();
    const closed = new Promise((resolve) => one.on("closed", ({ error }) => resolve(error)));
    const error = await failure(one.request("die", {}));
    expect(error).toMatchObject({ name: "AppServerConnectionError", exitCode: 9 });
    expect(await closed).toBe(error);
    expect(await failure(one.threadStart())).toBe(error);
    expect(starts()).toHaveLength(1);
  });

  it("is started again where that was asked for, its threads resumed, its turns not repeated", async () => {
    const { client, starts, asked } = await server(mortal);
    const one = client({ reconnect: { attempts: 3, backoffMs: 10 } });
    await one.threadStart();
    const again = new Promise((resolve) => one.on("reconnected", resolve));
    expect(await failure(one.responsesCreate({ prompt: "hi", sessionId: threadId }))).toMatchObject({ exitCode: 7 });
    expect(await one.modelList()).toEqual({});
    expect(await again).toMatchObject({ resumed: [threadId], failed: [], serverInfo: { userAgent: "scripted/1.0" } });
    expect(starts()).toHaveLength(2);
    expect(asked("turn/start")).toHaveLength(1);
    expect(asked("thread/resume").at(-1)).toEqual({ threadId, excludeTurns: true });
  });

  it("while its threads are resumed is started once more", async () => {
    const { client, starts } = await server(
      `${mortal} if (fs.readFileSync(path.join(folder, "starts.jsonl"), "utf8").split("\\n").length === 3) on["thread/resume"] = () => process.exit(6);`,
    );
    const one = client({ reconnect: { attempts: 3, backoffMs: 10 } });
    const tries: unknown[] = [];
    one.on("disconnected", ({ error }) => tries.push(error.exitCode));
    await one.threadStart();
    const again = new Promise((resolve) => one.on("reconnected", resolve));
    await failure(one.request("die", {}));
    expect(await again).toMatchObject({ resumed: [threadId] });
    expect(starts()).toHaveLength(3);
    expect(tries).toEqual([9]);
  });

  it("again and again is given up after so many attempts", async () => {
    const { client, starts } = await server(
      `if (fs.readFileSync(path.join(folder, "starts.jsonl"), "utf8").split("\\n").length > 2) process.exit(5); ${mortal}`,
    );
    const one = client({ reconnect: { attempts: 2, backoffMs: 10 } });
    const closed = new Promise((resolve) => one.on("closed", resolve));
    await failure(one.request("die", {}));
    await closed;
    expect((await failure(one.modelList())).message).toContain("could not be started again in 2 attempts");
    expect(starts()).toHaveLength(3);
  });
});

describe("a server in this process", () => {
  const answering: MemoryServer = (wire) => ({
    receive(message) {
      const { id, method, params } = message as { id?: number; method: string; params: unknown };
      if (id === undefined) return;
      if (method === "close") return wire.close("enough");
      wire.send({ message: { id, result: method === "echo" ? { same: params } : { userAgent: "memory" } } });
    },
    gone: () => gone++,
  });
  let gone = 0;

  it("gets messages as they are, and is told when the client leaves", async () => {
    const client = kept(createClient({ transport: { type: "memory", accept: answering } }));
    const params = { a: 1 };
    expect((await client.requestRaw("echo", params))["same"]).toBe(params);
    await client.close();
    expect(gone).toBe(1);
  });

  it("may close", async () => {
    const client = kept(createClient({ transport: { type: "memory", accept: answering } }));
    expect((await failure(client.request("close", {}))).message).toBe("The app-server closed the connection: enough");
  });
});

describe("a WebSocket", () => {
  const sockets: Duplex[] = [];
  const closers: (() => void)[] = [];
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.destroy();
    for (const close of closers.splice(0)) close();
  });

  /** Answers upgrades, then hands the socket over; at once where it is to refuse them. */
  async function listening(
    talk: (socket: Duplex) => void,
    refuses = false,
  ): Promise<{ url: string; headers: Record<string, unknown>[] }> {
    const headers: Record<string, unknown>[] = [];
    const http = createServer();
    http.on("upgrade", (request, socket) => {
      headers.push(request.headers);
      sockets.push(socket);
      if (refuses) return talk(socket);
      const accept = createHash("sha1")
        .update(`${request.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
        .digest("base64");
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
      );
      talk(socket);
    });
    await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
    closers.push(() => http.close());
    return { url: `ws://127.0.0.1:${(http.address() as AddressInfo).port}/any?x=1`, headers };
  }

  const frame = (text: string, opcode = 1, final = true): Buffer => {
    const payload = Buffer.from(text);
    const head =
      payload.length < 126
        ? Buffer.from([payload.length])
        : Buffer.from([126, payload.length >> 8, payload.length & 255]);
    return Buffer.concat([Buffer.from([(final ? 0x80 : 0) | opcode]), head, payload]);
  };

  const refusal = "HTTP/1.1 401 Unauthorized\r\nContent-Length: 30\r\n\r\n";

  const open = (url: string, more = {}): AppServerClient =>
    kept(createClient({ transport: { type: "ws", url, ...more } }));

  it("carries a token and no origin, takes pieces of frames, and answers pings", async () => {
    let pong = "";
    const { url, headers } = await listening((socket) => {
      const whole = Buffer.concat([
        frame('{"id":1,', 1, false),
        frame("hi", 9),
        frame('"result":{"userAgent":"é"}}', 0),
      ]);
      socket.once("data", () => {
        for (const byte of whole) socket.write(Buffer.from([byte]));
      });
      // The client's frames are short: two bytes of head, four of the mask.
      socket.on("data", (bytes: Buffer) => {
        for (let at = 0; at + 2 <= bytes.length && bytes[at + 1]! < 0xfe; at += 6 + (bytes[at + 1]! & 127)) {
          if (bytes[at] !== 0x8a) continue;
          const payload = bytes.subarray(at + 6, at + 6 + (bytes[at + 1]! & 127));
          pong = payload.map((byte, index) => byte ^ bytes[at + 2 + (index & 3)]!).toString();
        }
      });
    });
    expect(await open(url, { token: "secret" }).connect()).toEqual({ userAgent: "é" });
    await until(() => pong === "hi");
    expect(headers[0]).toMatchObject({ authorization: "Bearer secret" });
    expect(headers[0]).not.toHaveProperty("origin");
  });

  it("that is refused says why, and nobody's token", async () => {
    const { url } = await listening((socket) => socket.end(`${refusal}missing websocket bearer token`), true);
    const error = await failure(open(url, { token: "sekret" }).connect());
    expect(error.message).toContain("refused the connection with status 401: missing websocket bearer token");
    expect(error.message).not.toContain("sekret");
  });

  it("that is refused in words that break off says what had come of them", async () => {
    const { url } = await listening((socket) => socket.end(`${refusal}missing`), true);
    const error = await failure(open(url).connect());
    expect(error.message).toBe(`${url.replace("?x=1", "")} refused the connection with status 401: missing`);
  });

  it("that is refused in words that never end is given up", async () => {
    const { url } = await listening((socket) => socket.write(`${refusal}missing`), true);
    const client = kept(createClient({ transport: { type: "ws", url }, connectTimeoutMs: 100 }));
    expect((await failure(client.connect())).message).toContain("was not ready within 100 ms");
  });

  it("to where nobody listens is an error", async () => {
    const error = await failure(open("ws://me:sekret@127.0.0.1:1/x?token=sekret").connect());
    expect(error.message).toBe("ws://127.0.0.1:1/x cannot be reached (ECONNREFUSED)");
    const missing = kept(createClient({ transport: { type: "unix", path: "/nowhere/sock" } }));
    expect((await failure(missing.connect())).message).toContain("cannot be reached (ENOENT)");
  });

  it("that closes says what the server said", async () => {
    const { url } = await listening((socket) => socket.once("data", () => socket.write(frame("xxgoing down", 8))));
    expect((await failure(open(url).connect())).message).toContain("closed the connection: going down");
  });

  it("that sends what is none is closed", async () => {
    const { url } = await listening((socket) =>
      socket.once("data", () => socket.write(Buffer.from([0xc1, 0x01, 0x20]))),
    );
    expect((await failure(open(url).connect())).message).toContain("an extension that was not agreed upon");
  });

  it("reads what it writes, in pieces of any size, up to its limit", () => {
    for (const size of [0, 1, 125, 126, 65_535, 65_536, 200_000]) {
      const sent = Buffer.alloc(size, "ab");
      const masked = encodeFrame(1, sent);
      const start = masked.length - size;
      const plain = Buffer.concat([masked.subarray(0, start - 4), sent]);
      plain[1] = plain[1]! & 0x7f;
      for (const step of [1, 7, 70_000].filter((each) => size / each < 40_000)) {
        const reader = new FrameReader(300_000);
        const read = [];
        for (let at = 0; at < plain.length; at += step) read.push(...reader.read(plain.subarray(at, at + step)));
        expect(read).toHaveLength(1);
        expect(read[0]!.payload.equals(sent)).toBe(true);
        const unmasked = masked.subarray(start).map((byte, at) => byte ^ masked[start - 4 + (at & 3)]!);
        expect(sent.equals(unmasked)).toBe(true);
      }
      if (size > 0) expect(() => [...new FrameReader(size - 1).read(plain)]).toThrow(FrameError);
    }
  });
});
