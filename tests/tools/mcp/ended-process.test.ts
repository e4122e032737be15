import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished, vi } from "vitest";
import { readMcpServers } from "../../../src/config/mcp-servers.ts";
import { loadLibrary } from "../../../src/tools/mcp/library.ts";
import { McpServer } from "../../../src/tools/mcp/server.ts";
import { StdioTransport } from "../../../src/tools/mcp/transport/stdio.ts";
import { endsUnread } from "../../support/busy.ts";
import { scratchFolder } from "../../support/scratch.ts";
import { until } from "../../support/until.ts";

type Started = StdioTransport & { readonly pid: number };

function start(script: string): Started {
  const transport = new StdioTransport({ command: "/bin/sh", args: ["-c", script], env: {}, cwd: "/" });
  onTestFinished(() => transport.close());
  return transport as Started;
}

/** A server, once it has ended by itself. */
async function ended(script: string): Promise<Started> {
  const transport = start(script);
  const over = new Promise<void>((resolve) => Object.assign(transport, { onclose: resolve }));
  await transport.start();
  await over;
  return transport;
}

/** A server that says why it ends, while we are too busy to listen; and what has it end. */
function endsSoon(): { transport: Started; end: () => void } {
  const go = join(mkdtempSync(join(scratchFolder, "ended-")), "go");
  const script = `until [ -e ${go} ]; do /bin/sleep 0.01; done; echo no licence >&2; exit 1`;
  return { transport: start(script), end: () => writeFileSync(go, "") };
}

it("a server that has ended gets no signal when it is closed: its number may be somebody else's by then", async () => {
  const transport = await ended("true");
  const kill = vi.spyOn(process, "kill");
  onTestFinished(() => kill.mockRestore());
  await transport.close();
  expect(kill.mock.calls.filter(([pid]) => Math.abs(pid) === transport.pid)).toEqual([]);
});

it("what a server has started ends when the server does", async () => {
  const { lastWords } = await ended("sleep 600 >/dev/null 2>&1 & echo $! >&2");
  const left = `/proc/${Number(lastWords)}/stat`;
  expect(Number(lastWords)).toBeGreaterThan(0);
  await until(() => !existsSync(left) || / [ZX] /.test(readFileSync(left, "latin1")));
});

it("a server's last words are read when its end was noticed before them, and we were busy then", async () => {
  const { transport, end } = endsSoon();
  const over = new Promise<void>((resolve) => Object.assign(transport, { onclose: resolve }));
  await transport.start();
  await endsUnread(transport.pid, end, 300);
  await over;
  expect(transport.lastWords).toBe("no licence");
});

it("a server that ends before it is spoken to is told with its last words", async () => {
  await loadLibrary();
  const { transport, end } = endsSoon();
  const dial = async (): Promise<{ transport: Started; process: Started }> => {
    await transport.start();
    await endsUnread(transport.pid, end);
    return { transport, process: transport };
  };
  const [config] = readMcpServers({ mcp_servers: { ends: { command: "/bin/sh" } } });
  const server = new McpServer(config!, { dial, changed: () => {} });
  server.start();
  await server.settled;
  expect(server.failure).toMatch(/^handshaking with MCP server failed: .*; its last words: no licence$/);
});
