import { PassThrough, Writable } from "node:stream";
import { expect, test } from "vitest";
import { serveStdio, type StdioOptions } from "../../../../src/doors/app-server/transports/stdio.ts";
import { Outgoing, type Accept } from "../../../../src/doors/app-server/wire.ts";
import { echo } from "./echo.ts";
import { until } from "../../../support/until.ts";

function start(options: Partial<StdioOptions> = {}) {
  const server = echo();
  const stdin = new PassThrough();
  const stdout = new PassThrough();
  const said: string[] = [];
  let text = "";
  stdout.on("data", (chunk: Buffer) => (text += chunk.toString()));
  const serving = serveStdio(server.accept, { stdin, stdout, tell: (line) => said.push(line), ...options });
  return { server, stdin, stdout, serving, said, text: () => text };
}

test("a message per line, both ways; blank lines and what is no JSON are passed over", async () => {
  const { server, stdin, serving, text } = start();
  stdin.write('{"id":1}\n\n   \nnot json\n{"half":\n');
  stdin.write(Buffer.from([0x22, 0xff, 0xfe, 0x22, 0x0a]));
  stdin.write('[2]\r\n"a"\nnull\n{"no":"line break"}');
  stdin.end();
  expect(await serving.ended).toBe(0);
  expect(server.received).toEqual([{ id: 1 }, [2], "a", null, { no: "line break" }]);
  expect(
    text()
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).params),
  ).toEqual(server.received);
  expect(server.gone).toBe(1);
});

test("the end of input ends the server with exit code 0", async () => {
  const { server, stdin, serving } = start();
  stdin.end();
  expect(await serving.ended).toBe(0);
  expect(server.gone).toBe(1);
});

test("what was asked before the end of input is answered, and what takes long is not waited for", async () => {
  const [stdin, stdout] = [new PassThrough(), new PassThrough()];
  const asked: string[] = [];
  const accept: Accept = (wire) => ({
    receive(message) {
      const { id, method } = message as { id: number; method: string };
      asked.push(method);
      const answer = (): void => wire.send(new Outgoing({ id, result: null }));
      if (method === "soon") setImmediate(() => setImmediate(answer));
    },
    gone: () => {},
  });
  const serving = serveStdio(accept, { stdin, stdout, tell: () => {} });
  stdin.end('{"id":1,"method":"soon"}\n{"id":2,"method":"never"}');
  expect(await serving.ended).toBe(0);
  expect(asked).toEqual(["soon", "never"]);
  expect(String(stdout.read())).toBe('{"id":1,"result":null}\n');
});

test("a line that is too long is answered with an error, and the next one is read", async () => {
  const { server, stdin, text } = start({ maxLineBytes: 100 });
  stdin.write(`{"id":1,"text":"${"x".repeat(500)}"}\n{"id":2}\n`);
  await until(() => text().split("\n").length > 2);
  expect(server.received).toEqual([{ id: 2 }]);
  expect(JSON.parse(text().split("\n")[0]!)).toEqual({
    error: { code: -32600, message: "Invalid request: a message of more than 100 bytes was skipped" },
    id: null,
  });
});

test("a client that closed our output has left", async () => {
  const { server, stdin, stdout, serving } = start();
  stdout.destroy(Object.assign(new Error("write EPIPE"), { code: "EPIPE" }));
  stdin.write('{"id":1}\n');
  expect(await serving.ended).toBe(0);
  expect(server.gone).toBe(1);
});

test("a client that never reads ends the server when too much waits, and standard error says so", async () => {
  const stuck = new Writable({ highWaterMark: 10, write: () => {} });
  const { server, serving, said } = start({ stdout: stuck, bounds: { soft: 500, hard: 1_000 } });
  const wire = server.wires[0]!;
  wire.send(new Outgoing({ method: "first" }));
  await until(() => stuck.writableLength > 0);
  for (let index = 0; index < 100; index++) wire.send(new Outgoing({ method: "more", params: index }));
  expect(await serving.ended).toBe(1);
  expect(said).toEqual([
    expect.stringMatching(/^app-server: The client does not read: \d+ bytes wait for it\. Ending\.$/),
  ]);
});

test("closing it sends what waits, and the client is gone", async () => {
  const { server, serving, text } = start();
  server.wires[0]!.send(new Outgoing({ method: "bye" }));
  await serving.close();
  expect(await serving.ended).toBe(0);
  expect(text()).toBe('{"method":"bye"}\n');
  expect(server.gone).toBe(1);
});
