import { createServer, type ClientRequest, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { HttpChannel, type Endpoint } from "../../../src/model/http/channel.ts";
import { nodeSystem } from "../../../src/system/node.ts";
import { startFakeModel } from "../../support/fake-model.ts";
import { until } from "../../support/until.ts";

const still: Omit<Endpoint, "baseUrl"> = {
  queryParams: {},
  headers: {},
  credential: () => null,
  requestMaxRetries: 0,
  streamMaxRetries: 0,
  streamIdleTimeoutMs: 60_000,
};

test("a stream that breaks, and whose reader fails over that, is over", async () => {
  const server = await startFakeModel(() => ({ parts: [{ raw: 'data: {"a":1}\n\n' }, { cut: true }] }));
  try {
    const endpoint = { ...still, baseUrl: server.baseUrl };
    const { signal } = new AbortController();
    const channel = new HttpChannel(endpoint, "/responses", nodeSystem());
    const opened = await channel.open("{}", () => ({}), signal);
    if ("failure" in opened) throw new Error(opened.failure.message);
    const read = channel.read<string>(opened.response, {
      signal,
      onEvent: () => null,
      onClose: () => "closed",
      failed: () => {
        throw new Error("the reader has no words for it");
      },
    });
    await expect(read).rejects.toThrow("the reader has no words for it");
  } finally {
    await server.close();
  }
});

test.each([
  ["before its end", "half"],
  ["right after its end", "end"],
])("a kept connection that is reset %s is not asked the same again", async (_, words) => {
  let asked = 0;
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(200, { "content-type": "text/event-stream" });
    if (++asked === 1) return void response.end('data: "end"\n\n');
    response.write(`data: "${words}"\n\n`, () => setImmediate(() => request.socket.resetAndDestroy()));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const channel = new HttpChannel({ ...still, baseUrl: `http://127.0.0.1:${port}` }, "/responses", nodeSystem());
  const ask = async (): Promise<{ end: string; socket: Socket; reused: boolean }> => {
    const { signal } = new AbortController();
    const opened = await channel.open("{}", () => ({}), signal);
    if ("failure" in opened) throw new Error(opened.failure.message);
    const { socket, req } = opened.response as IncomingMessage & { req: ClientRequest };
    const end = await channel.read<string>(opened.response, {
      signal,
      onEvent: ({ data }) => (data === '"end"' ? "ended" : null),
      onClose: () => "closed",
      failed: ({ code }) => code,
    });
    return { end, socket, reused: req.reusedSocket };
  };
  expect(await ask()).toMatchObject({ end: "ended" });
  const { end, socket, reused } = await ask();
  expect({ end, reused }).toEqual({ end: words === "end" ? "ended" : "stream_disconnected", reused: true });
  await until(() => socket.closed);
  // What would be asked again would be on its way before this.
  expect(await ask()).toMatchObject({ end });
  expect(asked).toBe(3);
});

test("a long request that a slow server takes piece by piece is no silence", async () => {
  let received = 0;
  const server = createServer((request, response) => {
    // All of it together takes longer than the limit, no piece does.
    request.on("data", (chunk: Buffer) => {
      received += chunk.length;
      request.pause();
      setTimeout(() => request.resume(), 6);
    });
    request.on("end", () => response.writeHead(200, { "content-type": "text/event-stream" }).end("data: done\n\n"));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const endpoint: Endpoint = {
    ...still,
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    streamIdleTimeoutMs: 4000,
  };
  const { signal } = new AbortController();
  const channel = new HttpChannel(endpoint, "/responses", nodeSystem());
  const body = "é".repeat(24 << 20);
  const began = performance.now();
  const opened = await channel.open(body, () => ({}), signal);
  if ("failure" in opened) throw new Error(opened.failure.message);
  expect(performance.now() - began).toBeGreaterThan(endpoint.streamIdleTimeoutMs);
  expect(received).toBe(Buffer.byteLength(body));
  opened.response.destroy();
});

test("a process that was held up for longer than the limit reads first what came meanwhile", async () => {
  const endpoint = { ...still, streamIdleTimeoutMs: 1000 };
  const held = new Int32Array(new SharedArrayBuffer(4));
  /** Everything here stands still when what was written is underway, as on a machine that is busy or sleeps. */
  const standStill = (): unknown => setImmediate(() => Atomics.wait(held, 0, 0, 1.5 * endpoint.streamIdleTimeoutMs));
  let answer: ServerResponse | undefined;
  const server = createServer((request, response) => {
    request.resume();
    answer = response;
    response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
    standStill();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const channel = new HttpChannel({ ...endpoint, baseUrl }, "/responses", nodeSystem());
  const { signal } = new AbortController();
  const opened = await channel.open("{}", () => ({}), signal);
  if ("failure" in opened) throw new Error(opened.failure.message);
  const end = channel.read<string>(opened.response, {
    signal,
    onEvent: ({ data }) => data,
    onClose: () => "closed",
    failed: ({ message }) => message,
  });
  answer!.end("data: said\n\n");
  standStill();
  expect(await end).toBe("said");
});
