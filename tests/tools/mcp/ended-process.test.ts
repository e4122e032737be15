import { existsSync, readFileSync } from "node:fs";
import { expect, it, onTestFinished, vi } from "vitest";
import { StdioTransport } from "../../../src/tools/mcp/transport/stdio.ts";
import { until } from "../../support/until.ts";

/** A server, once it has ended by itself. */
async function ended(script: string): Promise<StdioTransport & { pid: number }> {
  const transport = new StdioTransport({ command: "/bin/sh", args: ["-c", script], env: {}, cwd: "/" });
  onTestFinished(() => transport.close());
  const over = new Promise<void>((resolve) => Object.assign(transport, { onclose: resolve }));
  await transport.start();
  await over;
  return transport as StdioTransport & { pid: number };
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
