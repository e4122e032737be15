import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate as nextRound } from "node:timers/promises";
import type { AppClient, Json } from "../../support/app-client.ts";
import type { Desk, Dialogue } from "./dialogue.ts";

const sh = (line: string): string[] => ["/bin/sh", "-c", line];
const base64 = (text: string): string => Buffer.from(text).toString("base64");
const full = { sandboxPolicy: { type: "dangerFullAccess" } };

const dialogue = (
  name: string,
  play: (client: AppClient, desk: Desk) => Promise<void>,
  more: Partial<Dialogue> = {},
): Dialogue => ({
  name,
  script: () => [],
  async play(desk) {
    await play(await desk.connect(), desk);
  },
  ...more,
});

const executes = async (client: AppClient, all: readonly Json[]): Promise<void> => {
  for (const params of all) await client.request("command/exec", params);
};

/** Spawns, and waits for the end. */
async function spawned(client: AppClient, params: Json): Promise<void> {
  const { processHandle } = params;
  const exited = client.next("process/exited", (told) => told["processHandle"] === processHandle);
  await client.call("process/spawn", params);
  await exited;
}

export const commandsDialogues: Dialogue[] = [
  dialogue("commands with their output and codes", async (client, { stage }) => {
    await mkdir(join(stage.workspace, "folder"));
    await executes(client, [
      { command: sh("echo out; echo err >&2; exit 3") },
      { command: sh("pwd"), cwd: "folder", ...full },
      { command: sh("pwd"), cwd: join(stage.workspace, "folder"), ...full },
      { command: sh("pwd"), cwd: "", ...full },
      { command: sh("pwd"), cwd: join(stage.workspace, "nowhere"), ...full },
      { command: sh("kill -9 $$"), ...full },
      { command: sh("kill -15 $$"), ...full },
      { command: sh("cat; echo end; echo here > /dev/stderr"), ...full },
      { command: sh(`echo "$FOO-$HOME-$LANG"`), env: { FOO: "bar", HOME: null, LANG: "x" }, ...full },
      { command: ["/usr/bin/printf", "caf\\351 na\\357ve"], ...full },
      { command: sh("(sleep 60 >/dev/null 2>&1) & echo started"), ...full },
    ]);
  }),
  dialogue("commands that mean nothing", (client, { stage }) =>
    executes(client, [
      { command: [] },
      { command: [""], ...full },
      { command: ["no-such-program"], ...full },
      { command: ["a\0b"], ...full },
      { command: sh("x"), timeoutMs: -1 },
      { command: sh("x"), timeoutMs: 1, disableTimeout: true },
      { command: sh("x"), outputBytesCap: 1, disableOutputCap: true },
      { command: sh("x"), tty: true },
      { command: sh("x"), streamStdin: true },
      { command: sh("x"), streamStdoutStderr: true },
      { command: sh("x"), size: { cols: 1, rows: 1 } },
      { command: sh("x"), size: { cols: 0, rows: 1 }, tty: true, processId: "p" },
      { command: sh("x"), size: { cols: 70_000, rows: 1 }, tty: true, processId: "p" },
      { command: sh("x"), permissionProfile: ":read-only", ...full },
      { command: sh("x"), sandboxPolicy: { type: "workspaceWrite", writableRoots: ["rel"] } },
      { command: sh("x"), sandboxPolicy: { type: "what" } },
      { command: "x" },
      { cwd: stage.workspace },
    ]),
  ),
  dialogue("limits of time and output", (client) =>
    executes(client, [
      { command: sh("echo early; sleep 60"), timeoutMs: 3000, ...full },
      { command: sh("sleep 60"), timeoutMs: 0, ...full },
      { command: sh("echo 0123456789; echo abc >&2"), outputBytesCap: 4, ...full },
      { command: sh("echo 0123456789"), outputBytesCap: 0, ...full },
      { command: sh("echo 0123456789"), disableOutputCap: true, disableTimeout: true, ...full },
    ]),
  ),
  dialogue("walls", (client, { stage }) =>
    executes(client, [
      { command: sh("touch ro; echo $?; touch ../ro; echo $?"), sandboxPolicy: { type: "readOnly" } },
      { command: sh("touch none; echo $?") },
      { command: sh("touch ww; echo $?; touch ../ww; echo $?"), sandboxPolicy: { type: "workspaceWrite" } },
      {
        command: sh('touch "$TMPDIR/x"; echo $?'),
        sandboxPolicy: { type: "workspaceWrite", excludeTmpdirEnvVar: true, excludeSlashTmp: true },
      },
      {
        command: sh('touch "$HOME/x"; echo $?'),
        sandboxPolicy: { type: "workspaceWrite", writableRoots: [stage.home] },
      },
      { command: sh("touch ext; echo $?; touch ../ext; echo $?"), sandboxPolicy: { type: "externalSandbox" } },
      { command: sh("touch p1; echo $?"), permissionProfile: ":read-only" },
      { command: sh("touch p2; echo $?"), permissionProfile: ":workspace" },
      { command: sh("touch ../p3; echo $?"), permissionProfile: ":danger-full-access" },
      { command: sh('echo "$CODEX_SANDBOX_NETWORK_DISABLED"'), sandboxPolicy: { type: "readOnly" } },
      {
        command: sh('echo "$CODEX_SANDBOX_NETWORK_DISABLED"'),
        sandboxPolicy: { type: "workspaceWrite", networkAccess: true },
      },
    ]),
  ),
  dialogue("output as it comes", async (client) => {
    const exec = (params: Json): Promise<unknown> =>
      client.request("command/exec", { processId: "p", streamStdoutStderr: true, ...full, ...params });
    await exec({ command: sh("echo x") });
    await exec({ command: sh("echo z >&2") });
    await exec({ command: sh("echo 0123456789"), outputBytesCap: 5 });
    await exec({ command: sh("printf 01234"), outputBytesCap: 5 });
    await exec({ command: sh("exit 4") });
  }),
  dialogue("input, and who may write it", async (client) => {
    const ended = client.request("command/exec", {
      command: sh("cat; exit 7"),
      processId: "in",
      streamStdin: true,
      ...full,
    });
    // Until it runs, there is nothing to write to.
    const write = (params: Json): Promise<unknown> =>
      client.request("command/exec/write", { processId: "in", ...params });
    for (;;) {
      const reply = await client.request("command/exec/write", { processId: "in", deltaBase64: base64("hello") });
      if ("result" in reply) break;
      (client.replies as unknown[]).pop();
      // A server in this process answers before anything else can happen.
      await nextRound();
    }
    await client.request("command/exec", { command: sh("cat"), processId: "in", ...full });
    await write({ deltaBase64: "!" });
    await write({});
    await write({ deltaBase64: base64(" more"), closeStdin: true });
    await ended;
    await write({ closeStdin: true });
    await client.request("command/exec/resize", { processId: "nope", size: { cols: 1, rows: 1 } });
    await client.request("command/exec/resize", { processId: "nope", size: { cols: 0, rows: 1 } });
    await client.request("command/exec/terminate", { processId: "nope" });
  }),
  dialogue("a command without streamed input is terminated", async (client) => {
    const ended = client.request("command/exec", {
      command: sh("echo up; sleep 60"),
      processId: "p",
      streamStdoutStderr: true,
      ...full,
    });
    await client.next("command/exec/outputDelta");
    await client.request("command/exec/write", { processId: "p", deltaBase64: base64("x") });
    await client.request("command/exec/resize", { processId: "p", size: { cols: 1, rows: 2 } });
    await client.request("command/exec/terminate", { processId: "p" });
    await ended;
  }),
  dialogue(
    "a terminal has its size, and another one when it is told",
    async (client) => {
      const ended = client.request("command/exec", {
        command: sh("stty size; read line; stty size; cat; echo bye"),
        processId: "t",
        tty: true,
        size: { cols: 33, rows: 44 },
        ...full,
      });
      const heard = (text: string): Promise<unknown> =>
        client.next("command/exec/outputDelta", ({ deltaBase64 }) =>
          Buffer.from(String(deltaBase64), "base64").toString().includes(text),
        );
      await heard("44 33");
      await client.request("command/exec/resize", { processId: "t", size: { cols: 20, rows: 21 } });
      await client.request("command/exec/write", { processId: "t", deltaBase64: base64("\n") });
      await heard("21 20");
      await client.request("command/exec/write", { processId: "t", closeStdin: true });
      await ended;
    },
    { without: ["command/exec/outputDelta"] },
  ),
  dialogue("processes tell of their end", async (client, { stage }) => {
    const cwd = stage.workspace;
    await spawned(client, { processHandle: "a", cwd, command: sh("pwd; echo err >&2; exit 3") });
    await spawned(client, {
      processHandle: "b",
      cwd,
      command: sh('echo "$FOO-$LANG"'),
      env: { FOO: "bar", LANG: null },
    });
    await spawned(client, { processHandle: "c", cwd, command: sh("kill -9 $$") });
    await spawned(client, { processHandle: "d", cwd, command: sh("echo early; sleep 60"), timeoutMs: 3000 });
    await spawned(client, { processHandle: "e", cwd, command: sh("echo 0123456789"), outputBytesCap: 4 });
    await spawned(client, {
      processHandle: "f",
      cwd,
      command: sh("echo 0123456789"),
      outputBytesCap: null,
      timeoutMs: null,
    });
    await spawned(client, {
      processHandle: "g",
      cwd,
      command: sh("echo 0123456789"),
      outputBytesCap: 4,
      streamStdoutStderr: true,
    });
    await spawned(client, { processHandle: "h", cwd, command: sh("stty size"), tty: true, size: { cols: 5, rows: 6 } });
    await spawned(client, { processHandle: "i", cwd, command: sh("echo bg; sleep 60 & exit 0") });
    await spawned(client, { processHandle: "a", cwd, command: sh("echo again") });
  }),
  dialogue("processes that mean nothing", async (client, { stage }) => {
    const cwd = stage.workspace;
    for (const params of [
      { processHandle: "a", cwd, command: [] },
      { processHandle: "a", cwd, command: [""] },
      { processHandle: "a", cwd, command: ["no-such-program"] },
      { processHandle: "a", cwd: "rel", command: sh("x") },
      { processHandle: "a", cwd: join(cwd, "nowhere"), command: sh("x") },
      { processHandle: "", cwd, command: sh("x") },
      { processHandle: "a", cwd, command: sh("x"), timeoutMs: -1 },
      { processHandle: "a", cwd, command: sh("x"), size: { cols: 1, rows: 1 } },
      { processHandle: "a", cwd, command: sh("x"), size: { cols: 0, rows: 1 }, tty: true },
      { cwd, command: sh("x") },
    ])
      await client.request("process/spawn", params);
    await client.request("process/kill", { processHandle: "nope" });
    await client.request("process/resizePty", { processHandle: "nope", size: { cols: 1, rows: 1 } });
    await client.request("process/writeStdin", { processHandle: "nope", closeStdin: true });
  }),
  dialogue("a process reads its input and is killed", async (client, { stage }) => {
    const cwd = stage.workspace;
    await client.call("process/spawn", { processHandle: "in", cwd, command: sh("cat"), streamStdin: true });
    await client.request("process/spawn", { processHandle: "in", cwd, command: sh("cat") });
    await client.request("process/writeStdin", { processHandle: "in", deltaBase64: base64("hello") });
    await client.request("process/writeStdin", { processHandle: "in", deltaBase64: "!" });
    await client.request("process/writeStdin", { processHandle: "in" });
    await client.request("process/resizePty", { processHandle: "in", size: { cols: 1, rows: 1 } });
    const exited = client.next("process/exited");
    await client.request("process/writeStdin", { processHandle: "in", closeStdin: true });
    await exited;
    await client.call("process/spawn", { processHandle: "k", cwd, command: sh("trap '' TERM; sleep 60") });
    await client.request("process/writeStdin", { processHandle: "k", deltaBase64: base64("x") });
    const killed = client.next("process/exited");
    await client.request("process/kill", { processHandle: "k" });
    await killed;
  }),
];
