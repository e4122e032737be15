import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { fetchJson, type JsonAnswer, type JsonRequest } from "../../../src/model/http/fetch-json.ts";
import { nodeSystem } from "../../../src/system/node.ts";
import { busyUntil } from "../../support/busy.ts";
import { scratchFolder } from "../../support/scratch.ts";
import { until } from "../../support/until.ts";

async function serverOf(answer: RequestListener): Promise<{ url: string; server: Server; connections: Socket[] }> {
  const connections: Socket[] = [];
  const server = createServer(answer);
  server.on("connection", (socket) => connections.push(socket));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/models`, server, connections };
}

const ask = (request: Partial<JsonRequest> & { url: string }): Promise<JsonAnswer> =>
  fetchJson({ timeoutMs: 20_000, ...request }, nodeSystem());

test("one connection serves one request after the other", async () => {
  const { url, connections } = await serverOf((request, response) => {
    request.resume();
    request.on("end", () => response.end(JSON.stringify({ asked: `${request.method} ${request.headers["x-key"]}` })));
  });
  const first = await ask({ url, headers: { "x-key": "k" } });
  expect(first).toEqual({ status: 200, body: { asked: "GET k" }, text: '{"asked":"GET k"}' });
  expect((await ask({ url, body: { a: 1 } })).body).toEqual({ asked: "POST undefined" });
  expect(connections).toHaveLength(1);
});

test("a kept connection that the server has closed is replaced without a word", async () => {
  let count = 0;
  const { url, connections } = await serverOf((request, response) => {
    // The second request meets a server that hangs up as it arrives.
    if (++count === 2) return void request.socket.resetAndDestroy();
    response.end("[]");
  });
  await ask({ url });
  expect(await ask({ url })).toMatchObject({ status: 200, body: [] });
  expect(connections).toHaveLength(2);
});

test("an answer that has begun on a kept connection and is reset is not asked for again", async () => {
  let count = 0;
  const { url, connections } = await serverOf((request, response) => {
    if (++count === 1) return void response.end("[]");
    response.write("[1", () => setImmediate(() => request.socket.resetAndDestroy()));
  });
  await ask({ url });
  expect(await ask({ url, body: {} })).toMatchObject({ status: 0 });
  await ask({ url });
  expect([count, connections.length]).toEqual([3, 2]);
});

test.each<[string, RequestListener, Partial<JsonAnswer>]>([
  [
    "a page",
    (_request, response) => response.writeHead(404).end("<html>"),
    { status: 404, body: null, text: "<html>" },
  ],
  [
    "an answer that breaks off",
    (_request, response) => {
      response.writeHead(200, { "content-length": "10" }).write("[1", () => response.destroy());
    },
    { status: 0, body: null },
  ],
  ["silence", () => undefined, { status: 0, body: null, text: "no answer within 30 ms" }],
  [
    "more than anybody would read",
    (_request, response) => {
      response.end(`["${"x".repeat(9 << 20)}"]`);
    },
    { status: 200, body: null },
  ],
])("%s is no JSON", async (_name, answer, expected) => {
  const { url } = await serverOf(answer);
  expect(await ask({ url, ...(expected.text?.startsWith("no answer") && { timeoutMs: 30 }) })).toMatchObject(expected);
});

test("nobody there is no answer", async () => {
  expect(await ask({ url: "http://127.0.0.1:9/models" })).toMatchObject({ status: 0, body: null });
});

test("who no longer waits gets the signal's reason, before and meanwhile", async () => {
  const { url } = await serverOf(() => stop.abort(new Error("enough")));
  const stop = new AbortController();
  await expect(ask({ url, signal: stop.signal })).rejects.toThrow("enough");
  await expect(ask({ url, signal: stop.signal })).rejects.toThrow("enough");
});

test("an answer that came in time counts, though we were busy and look up late", async () => {
  const folder = mkdtempSync(join(scratchFolder, "late-"));
  const at = (name: string): string => join(folder, name);
  // Answers while this process does nothing.
  const script = `
import { createServer } from "node:http";
import { existsSync, writeFileSync } from "node:fs";
const server = createServer((request, response) => {
  writeFileSync("asked", "");
  const looking = setInterval(() => {
    if (!existsSync("go")) return;
    clearInterval(looking);
    response.end("[]", () => writeFileSync("answered", ""));
  }, 5);
}).listen(0, "127.0.0.1", () => console.log(server.address().port));`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    cwd: folder,
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const [port] = (await once(child.stdout, "data")) as [Buffer];
  const answer = ask({ url: `http://127.0.0.1:${Number(port)}/`, timeoutMs: 2000 });
  await until(() => existsSync(at("asked")));
  writeFileSync(at("go"), "");
  await busyUntil(() => existsSync(at("answered")), 2000);
  expect(await answer).toMatchObject({ status: 200, body: [] });
});
