import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { homedir } from "node:os";
import { join } from "node:path";
import type { WalledCommand } from "../../host/walled-command.ts";
import type { WallName } from "../../policy/sandbox/strength.ts";

export interface Trial {
  readonly wall: WallName;
  readonly attempt: string;
  /** Seen from outside. */
  readonly result: "held" | "passed" | "not tried";
}

interface Attempt {
  readonly wall: WallName;
  readonly attempt: string;
  readonly script: string;
  /** Program that the script needs beside the shell. */
  readonly needs?: string;
  /** Whether it got through, once the script has ended. */
  passed(output: string): boolean;
}

/**
 * Tries to get out of the walls in a few plain ways and looks from outside whether it worked. `walled` must be for
 * workspace-write in `workspace`; `runtime` is the folder that is hidden from commands.
 */
export async function selfTest(walled: WalledCommand, workspace: string, runtime: string): Promise<Trial[]> {
  const scratch = mkdtempSync(join(runtime, "self-test-"));
  const secret = `secret-${process.pid}`;
  const secretFile = join(scratch, "secret");
  const outside = join(homedir(), `.codex-agent-self-test-${process.pid}`);
  writeFileSync(secretFile, secret, { mode: 0o600 });
  const visits = { tcp: 0, unix: 0 };
  const tcp = await listen(
    createServer(() => visits.tcp++),
    { host: "127.0.0.1", port: 0 },
  );
  const socketPath = join(workspace, "socket");
  const unix = await listen(
    createServer(() => visits.unix++),
    { path: socketPath },
  );
  const victim = spawn("/bin/sleep", ["60"], { stdio: "ignore" });
  const port = (tcp.address() as { port: number }).port;
  const attempts: Attempt[] = [
    {
      wall: "writes",
      attempt: "a new file in the home directory",
      script: `echo x > '${outside}'`,
      passed: () => existsSync(outside),
    },
    {
      wall: "guarded",
      attempt: "a git hook in the workspace",
      script: "mkdir -p .git/hooks && echo x > .git/hooks/pre-commit",
      passed: () => existsSync(join(workspace, ".git/hooks/pre-commit")),
    },
    {
      wall: "secrets",
      attempt: "reading a file of the runtime directory",
      script: `cat '${secretFile}'`,
      passed: (output) => output.includes(secret),
    },
    {
      wall: "network",
      attempt: "a connection to a port of this machine",
      script: `exec 3<>/dev/tcp/127.0.0.1/${port}`,
      needs: "/bin/bash",
      passed: () => visits.tcp > 0,
    },
    {
      wall: "unixSockets",
      attempt: "a connection to a unix socket",
      script: `perl -e 'use Socket; socket(my $s, 1, 1, 0) or die; connect($s, sockaddr_un($ARGV[0])) or die' socket`,
      needs: "/usr/bin/perl",
      passed: () => visits.unix > 0,
    },
    {
      wall: "processes",
      attempt: "a signal to a process outside",
      script: `kill -KILL ${victim.pid}`,
      passed: () => victim.signalCode !== null,
    },
    {
      wall: "processes",
      attempt: "seeing the processes outside",
      script: `ls -d /proc/${victim.pid}`,
      passed: (output) => output.includes(`/proc/${victim.pid}`),
    },
  ];
  try {
    const trials: Trial[] = [];
    for (const { wall, attempt, script, needs, passed } of attempts) {
      if (needs !== undefined && !existsSync(needs)) {
        trials.push({ wall, attempt, result: "not tried" });
        continue;
      }
      const output = await outputOf(walled, [needs === "/bin/bash" ? needs : "/bin/sh", "-c", script], workspace);
      trials.push({ wall, attempt, result: passed(output) ? "passed" : "held" });
    }
    return trials;
  } finally {
    tcp.close();
    unix.close();
    victim.kill("SIGKILL");
    for (const path of [scratch, outside]) rmSync(path, { recursive: true, force: true });
  }
}

function listen(server: Server, where: object): Promise<Server> {
  return new Promise((resolve, reject) => {
    server.on("connection", (socket) => socket.destroy());
    server.once("error", reject).listen(where, () => resolve(server));
  });
}

async function outputOf(walled: WalledCommand, argv: readonly string[], cwd: string): Promise<string> {
  const enclosed = walled.enclose(argv);
  const [program = "", ...rest] = enclosed.argv;
  const child = spawn(program, rest, { cwd, env: { ...walled.environment }, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.resume();
  await new Promise<void>((resolve) => child.on("error", () => resolve()).on("close", () => resolve()));
  enclosed.release();
  return output;
}

/** A folder to try things out in, outside of the temporary folders that commands may write to anyway. */
export function makeWorkspace(runtime: string): string {
  mkdirSync(runtime, { recursive: true, mode: 0o700 });
  return mkdtempSync("/var/tmp/codex-agent-self-test-");
}
