import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { HttpChannel, type Endpoint } from "../../../src/model/http/channel.ts";
import { nodeSystem } from "../../../src/system/node.ts";
import { startFakeModel } from "../../support/fake-model.ts";

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

test("a long request that a slow server takes piece by piece is no silence", async () => {
  let received = 0;
  const server = createServer((request, response) => {
    // All of it together takes longer than the limit, no piece does.
    request.on("data", (chunk: Buffer) => {
      received += chunk.length;
      request.pause();
      setTimeout(() => request.resume(), 2);
    });
    request.on("end", () => response.writeHead(200, { "content-type": "text/event-stream" }).end("data: done\n\n"));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const endpoint: Endpoint = {
    ...still,
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    streamIdleTimeoutMs: 1500,
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
