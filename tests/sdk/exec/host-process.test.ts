/** A host of its own for each way to fail: it must live on, and when it goes, nothing of it may stay. */
import { spawn, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { isAlive, program } from "./scripted.ts";
import { until } from "../../support/until.ts";

const sdk = join(import.meta.dirname, "..", "..", "..", "src", "sdk", "index.ts");

/** Runs a program that has `codex` at hand, over the scripted one. */
async function host(child: string, code: string): Promise<{ file: string; noted: (name: string) => string | null }> {
  const { folder, path, noted } = await program(child);
  const file = join(folder, "host.ts");
  writeFileSync(
    file,
    `import { Codex } from ${JSON.stringify(sdk)};
     import { existsSync } from "node:fs";
     const codex = new Codex({ codexPathOverride: ${JSON.stringify(path)}, killTimeoutMs: 200 });
     const folder = ${JSON.stringify(folder)};
     const until = async (check: () => boolean) => { while (!check()) await new Promise((resolve) => setTimeout(resolve, 5)); };
     const caught = async (work: Promise<unknown>) => work.then(() => "resolved", (error: Error) => error.name);
     const big = "p".repeat(5_000_000);
     ${code}
    `,
  );
  return { file, noted };
}

const stubborn = `process.on("SIGTERM", () => {}); note("pid", process.pid); begin(); stay();`;
const endless = `note("pid", process.pid); begin(); const next = () => { say({ type: "item.completed", item: { id: "i", type: "reasoning", text: "x" } }); setTimeout(next, 5); }; next();`;

const rows: [string, string, string, string][] = [
  [
    "a signal that is aborted already",
    stubborn,
    `console.log(await caught(codex.startThread().run("go", { signal: AbortSignal.abort() })));`,
    "AbortError",
  ],
  [
    "an abort while it runs",
    endless,
    `const abort = new AbortController(); console.log(await caught(codex.startThread().run("go", { signal: abort.signal, onEvent: () => abort.abort() })));`,
    "AbortError",
  ],
  [
    "an abort of a program that ignores it",
    stubborn,
    `const abort = new AbortController(); console.log(await caught(codex.startThread().run("go", { signal: abort.signal, onEvent: () => abort.abort() })));`,
    "AbortError",
  ],
  [
    "an abort after the loop was left",
    endless,
    `const abort = new AbortController(); const { events } = await codex.startThread().runStreamed("go", { signal: abort.signal }); for await (const _ of events) break; abort.abort(); console.log("left");`,
    "left",
  ],
  [
    "a stdin that is closed early",
    `fs.closeSync(0); begin(); setTimeout(() => process.exit(3), 20);`,
    `console.log(await caught(codex.startThread().run(big)));`,
    "CodexExitError",
  ],
  [
    "a program that dies before it reads",
    `process.exit(1);`,
    `console.log(await caught(codex.startThread().run(big)));`,
    "CodexExitError",
  ],
  [
    "a program that is not there",
    ``,
    `console.log(await caught(new Codex({ codexPathOverride: "/nowhere" }).startThread().run(big)));`,
    "CodexNotFoundError",
  ],
  [
    "too many open files",
    `begin(); done();`,
    `import { openSync, closeSync } from "node:fs"; const open = []; try { for (;;) open.push(openSync("/dev/null")); } catch {} console.log(await caught(codex.startThread().run("go"))); for (const each of open) closeSync(each); console.log(await caught(codex.startThread().run("go")));`,
    "CodexSpawnError\nresolved",
  ],
  [
    "garbage",
    `begin(); write("garbage\\n"); stay();`,
    `console.log(await caught(codex.startThread().run("go")));`,
    "CodexProtocolError",
  ],
  [
    "a line that is too long",
    `write("x".repeat(200000)); stay();`,
    `console.log(await caught(new Codex({ codexPathOverride: folder + "/codex", maxLineBytes: 1000 }).startThread().run("go")));`,
    "CodexProtocolError",
  ],
  [
    "a death by signal",
    `begin(); process.kill(process.pid, "SIGSEGV");`,
    `console.log(await caught(codex.startThread().run("go")));`,
    "CodexExitError",
  ],
  [
    "much stderr",
    `begin(); process.stderr.write("e".repeat(8000000), () => process.exit(1));`,
    `console.log(await caught(codex.startThread().run("go")));`,
    "CodexExitError",
  ],
  [
    "a failed turn",
    `begin(); say({ type: "turn.failed", error: { message: "no" } }); process.exit(1);`,
    `console.log(await caught(codex.startThread().run("go")));`,
    "TurnFailedError",
  ],
  [
    "an end without a word",
    `begin();`,
    `console.log(await caught(codex.startThread().run("go")));`,
    "CodexProtocolError",
  ],
  [
    "odd events",
    `say({ type: "turn.completed", usage: 5 }); say({ type: "turn.failed" }); say({ type: "error" }); say({}); say({ type: "item.completed", item: {} });`,
    `console.log(await caught(codex.startThread().run("go")));`,
    "TurnFailedError",
  ],
  [
    "a stdout that is closed under a program that stays",
    `begin(); fs.closeSync(1); stay();`,
    `console.log(await caught(codex.startThread().run("go")));`,
    "CodexProtocolError",
  ],
  [
    "another thread than asked for",
    `say({ type: "thread.started", thread_id: "01a1fdc0-573b-7a60-a1cd-00ee41d6fef4" }); stay();`,
    `console.log(await caught(codex.resumeThread("01a1fdc0-573b-7a60-a1cd-00ee41d6fef3").run("go")));`,
    "ResumeMismatchError",
  ],
  [
    "limits of time",
    stubborn,
    `console.log(await caught(codex.startThread().run("go", { timeoutMs: 500 })), await caught(codex.startThread().run("go", { idleTimeoutMs: 500 })));`,
    "TurnTimeoutError TurnTimeoutError",
  ],
  [
    "a logger and a listener that throw",
    `begin(); done();`,
    `import { subscribe } from "node:diagnostics_channel"; const logger = { debug() { throw new Error("logger"); } }; console.log(await caught(new Codex({ codexPathOverride: folder + "/codex", logger }).startThread().run("go")));`,
    "resolved",
  ],
  [
    "a promise that nobody looks at for a while",
    `process.exit(1);`,
    `const { events } = await codex.startThread().runStreamed("go"); console.log(await caught(events.next()));`,
    "CodexExitError",
  ],
];

describe("the host outlives", () => {
  it.each(rows)("%s", async (_, child, code, expected) => {
    const { file, noted } = await host(child, code);
    const limited = spawnSync("sh", ["-c", 'ulimit -n 256; exec "$0" "$1"', process.execPath, file], {
      encoding: "utf8",
    });
    expect(limited.stderr).toBe("");
    expect(limited.stdout.trim()).toBe(expected);
    expect(limited.status).toBe(0);
    const pid = noted("pid");
    if (pid !== null) await until(() => !isAlive(Number(pid)));
  });
});

describe("no program outlives the host", () => {
  it.each([
    ["ends by process.exit", `process.exit(5);`, "SIGCONT"],
    ["throws", `throw new Error("mine");`, "SIGCONT"],
    ["is killed", ``, "SIGKILL"],
    ["is told to end", ``, "SIGTERM"],
    ["is interrupted", ``, "SIGINT"],
  ] as const)("that %s", async (_, code, signal) => {
    for (const child of [endless, stubborn]) {
      const { file, noted } = await host(
        child,
        `void codex.startThread().run("go").catch(() => {}); await until(() => existsSync(folder + "/pid")); ${code} setInterval(() => {}, 1000);`,
      );
      const running = spawn(process.execPath, [file], { stdio: "ignore" });
      const ended = new Promise((resolve) => running.once("exit", resolve));
      const pid = Number(await until(() => noted("pid")));
      expect(pid).toBeGreaterThan(0);
      running.kill(signal);
      await ended;
      await until(() => !isAlive(pid));
    }
  });
});

it("after a turn the host has nothing left that keeps it, and no process beside it", async () => {
  const { file } = await host(
    `begin(); done();`,
    `
    await codex.startThread().run("go");
    const children = () => (process.getActiveResourcesInfo().includes("ProcessWrap") ? 1 : 0);
    await until(() => children() === 0);
    console.log("over");
  `,
  );
  const ended = spawnSync(process.execPath, [file], { encoding: "utf8" });
  expect(ended).toMatchObject({ stdout: "over\n", stderr: "", status: 0 });
});
