import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, onTestFinished, test, vi } from "vitest";
import { linesOf, type Line } from "../../../src/sdk/launch/lines.ts";
import { until } from "../../support/until.ts";

/** Writes a line, then so many bytes of them, and when it is told so its last one. */
const program = `const { writeSync, readSync } = require("node:fs");
writeSync(1, "first\\n");
readSync(0, Buffer.alloc(1));
writeSync(1, "x".repeat(Number(process.argv[1]) - 1) + "\\n");
readSync(0, Buffer.alloc(1));
writeSync(1, "last\\n");`;

test("what a program had written is read to its last line, however late this process comes to it", async () => {
  const buffered = 64 * 1024;
  const child = spawn(process.execPath, ["-e", program, String(buffered)], { stdio: ["pipe", "pipe", "inherit"] });
  const exited = once(child, "exit");
  const { signal: stop } = new AbortController();
  const lines = linesOf(child.stdout, { maxBytes: 2 ** 20, exited, stop });
  const read: Line[] = [];
  read.push(...((await lines.next()).value ?? []));
  // The stream takes no more than this until it is asked: the last line stays in the pipe.
  expect(child.stdout.readableHighWaterMark).toBe(buffered);
  child.stdin.write("1");
  await until(() => child.stdout.readableLength === buffered);
  child.stdin.write("2");
  await exited;
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  onTestFinished(() => void vi.useRealTimers());
  for (let over = false; !over;) {
    const next = lines.next();
    // A process that was kept busy looks at its clock before it looks at its pipes.
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    vi.advanceTimersByTime(1000);
    const { value, done } = await next;
    read.push(...(value ?? []));
    over = done === true;
  }
  expect(read.map(({ bytes }) => bytes.toString().slice(0, 5))).toEqual(["first", "xxxxx", "last"]);
});
