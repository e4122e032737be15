import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, it } from "vitest";
import { limitedFetch } from "../../../src/tools/mcp/transport/limited-fetch.ts";
import { LineReader } from "../../../src/tools/mcp/transport/lines.ts";

let server: Server | null = null;
afterEach(async () => {
  server?.closeAllConnections();
  await new Promise((resolve) => (server === null ? resolve(null) : server.close(resolve)));
  server = null;
});

async function serve(answer: (outgoing: ServerResponse) => void): Promise<string> {
  server = createServer((_, outgoing) => answer(outgoing));
  await new Promise<void>((resolve) => server!.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Writes until the other side has gone or it is enough. */
function pour(outgoing: ServerResponse, piece: string, bytes: number): void {
  let written = 0;
  const more = (): void => {
    while (written < bytes && !outgoing.destroyed) {
      written += piece.length;
      if (!outgoing.write(piece)) return void outgoing.once("drain", more);
    }
    outgoing.end();
  };
  more();
}

it("a body of more than 16 MiB ends with an error", async () => {
  const url = await serve((outgoing) => {
    outgoing.writeHead(200, { "content-type": "application/json" });
    pour(outgoing, "x".repeat(1 << 16), 50_000_000);
  });
  await expect((await limitedFetch(url)).text()).rejects.toThrow("longer than 16 MiB");
});

it("a stream of events goes on as long as no event is longer than 16 MiB", async () => {
  const event = `data: ${"x".repeat(1 << 20)}\r\n\r\n`;
  const url = await serve((outgoing) => {
    outgoing.writeHead(200, { "content-type": "text/event-stream" });
    pour(outgoing, event, 30 * event.length);
  });
  expect((await (await limitedFetch(url)).text()).length).toBe(30 * event.length);
});

it("an event without end ends with an error", async () => {
  const url = await serve((outgoing) => {
    outgoing.writeHead(200, { "content-type": "text/event-stream" });
    pour(outgoing, `data: ${"x".repeat(1 << 16)}\n`, 50_000_000);
  });
  await expect((await limitedFetch(url)).text()).rejects.toThrow("longer than 16 MiB");
});

it("lines are cut wherever the pieces end, and of a long one the edges are kept", () => {
  const told: unknown[] = [];
  const reader = new LineReader(
    1000,
    (line) => told.push(line),
    ({ bytes, head, tail }) => told.push([bytes, head.slice(0, 5), tail.slice(-5)]),
  );
  const text = `one\n\ntw\u00e9\n${"a".repeat(5000)}end\nlast\nno end`;
  for (const byte of Buffer.from(text)) reader.push(Buffer.from([byte]));
  expect(told).toEqual(["one", "", "tw\u00e9", [5003, "aaaaa", "aaend"], "last"]);
});
