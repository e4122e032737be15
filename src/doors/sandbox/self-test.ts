import { execFileSync, spawn } from "node:child_process";
import {
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createServer, type Server } from "node:net";
import { homedir } from "node:os";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { WalledCommand } from "../../host/walls/walled-command.ts";
import { carryLoaderVariables } from "../../policy/sandbox/loader-variables.ts";
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
  /** For the shell, or for Perl. */
  readonly script: string;
  readonly by?: "bash" | "perl";
  /** Whether it got through, once the script has ended. */
  passed(output: string): boolean | Promise<boolean>;
}

/** Opens walls for workspace-write in the workspace, with further settings. */
export type OpenWalls = (overrides: readonly string[]) => Promise<WalledCommand>;

const programs = { sh: "/bin/sh", bash: "/bin/bash", perl: "/usr/bin/perl" };
const limits = { memory_mb: 200, processes: 60, file_mb: 4 };
const mebibyte = 2 ** 20;

/**
 * Tries to get out of the walls in plain ways, one or more for each, and looks from outside whether it worked. `runtime` is
 * the folder that is hidden from commands.
 */
export async function selfTest(open: OpenWalls, workspace: string, runtime: string): Promise<Trial[]> {
  const outside = new Outside(workspace, runtime);
  await outside.listen();
  const plain = await open([]);
  const bounded = Object.entries(limits).map(([name, value]) => `codex_agent.sandbox.limits.${name}=${value}`);
  const gated = await open([...bounded, `codex_agent.network.allow=["127.0.0.1:${outside.ports.allowed}"]`]);
  try {
    const trials: Trial[] = [];
    for (const each of plainAttempts(outside)) trials.push(await run(each, plain, workspace));
    for (const each of gatedAttempts(outside)) trials.push(await run(each, gated, workspace));
    return trials;
  } finally {
    await plain.close();
    await gated.close();
    outside.remove();
  }
}

async function run({ wall, attempt, script, by, passed }: Attempt, walled: WalledCommand, cwd: string): Promise<Trial> {
  const program = programs[by ?? "sh"];
  if (!existsSync(program)) return { wall, attempt, result: "not tried" };
  const output = await outputOf(walled, [program, by === "perl" ? "-e" : "-c", script], cwd);
  return { wall, attempt, result: (await passed(output)) ? "passed" : "held" };
}

/** Milliseconds that a connection through the gate may take to be seen. */
const reachMs = 5000;

/** What lies and listens outside of the walls for the time of the test. */
class Outside {
  readonly workspace: string;
  readonly secret = `secret-${process.pid}-${Date.now()}`;
  readonly scratch: string;
  /** Below the home directory. */
  readonly path = join(homedir(), `.codex-agent-self-test-${process.pid}`);
  readonly pipe = `${this.path}-pipe`;
  readonly visits = { tcp: 0, unix: 0, abstract: 0, allowed: 0 };
  readonly ports = { tcp: 0, allowed: 0 };
  readonly abstract = `codex-agent-self-test-${process.pid}`;
  readonly victim = spawn("/bin/cat", { stdio: ["pipe", "pipe", "ignore"], env: { SECRET: this.secret } });
  readonly #servers: Server[] = [];
  readonly #reached = Promise.withResolvers<void>();
  #reader: number | null = null;

  constructor(workspace: string, runtime: string) {
    this.workspace = workspace;
    this.scratch = mkdtempSync(join(runtime, "self-test-"));
    writeFileSync(join(this.scratch, "secret"), this.secret, { mode: 0o600 });
  }

  async listen(): Promise<void> {
    this.ports.tcp = await this.#serve("tcp", { host: "127.0.0.1", port: 0 });
    this.ports.allowed = await this.#serve("allowed", { host: "127.0.0.1", port: 0 });
    await this.#serve("unix", { path: join(this.workspace, "socket") });
    if (process.platform === "linux") await this.#serve("abstract", { path: `\0${this.abstract}` });
    execFileSync("mkfifo", ["-m", "666", this.pipe]);
    this.#reader = openSync(this.pipe, constants.O_RDWR | constants.O_NONBLOCK);
  }

  async #serve(name: keyof Outside["visits"], where: object): Promise<number> {
    const server = createServer((socket) => {
      this.visits[name]++;
      if (name === "allowed") this.#reached.resolve();
      socket.destroy();
    });
    this.#servers.push(server);
    await new Promise<void>((resolve, reject) => server.once("error", reject).listen(where, resolve));
    const address = server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  heardByPipe(): boolean {
    try {
      return this.#reader !== null && readSync(this.#reader, Buffer.alloc(1)) > 0;
    } catch {
      return false;
    }
  }

  /** Whether the victim still answers: one that was killed can take a while to be gone, but it says nothing more. */
  answers(): Promise<boolean> {
    const { victim } = this;
    return new Promise((resolve) => {
      victim.stdout.once("data", () => resolve(true)).once("close", () => resolve(false));
      victim.stdin.on("error", () => {}).write("?");
      if (victim.stdout.closed) resolve(false);
    });
  }

  /** Whether the host that is allowed was reached: whoever asked for it may have its answer before we hear of them. */
  async isReached(): Promise<boolean> {
    const late = new AbortController();
    const never = sleep(reachMs, false, { signal: late.signal }).catch(() => false);
    const reached = await Promise.race([this.#reached.promise.then(() => true), never]);
    late.abort();
    return reached;
  }

  remove(): void {
    for (const server of this.#servers) server.close();
    this.victim.kill("SIGKILL");
    if (this.#reader !== null) closeSync(this.#reader);
    for (const path of [this.scratch, this.path, this.pipe]) rmSync(path, { recursive: true, force: true });
  }
}

function plainAttempts(outside: Outside): Attempt[] {
  const { workspace, path, pipe, secret, scratch, visits, ports, abstract, victim } = outside;
  const hook = join(workspace, ".git/hooks/pre-commit");
  const connect = (address: string): string =>
    `use Socket; socket(my $s, AF_UNIX, SOCK_STREAM, 0) or die; connect($s, ${address}) or die`;
  return [
    {
      wall: "writes",
      attempt: "a new file in the home directory",
      script: `echo x > '${path}'`,
      passed: () => existsSync(path),
    },
    {
      wall: "writes",
      attempt: "a new file in the home directory, through a link in the workspace",
      script: `ln -s '${homedir()}' link; echo x > 'link/${basename(path)}'; echo x > '/proc/self/root${path}'`,
      passed: () => existsSync(path),
    },
    {
      wall: "writes",
      attempt: "mounting something over the workspace",
      script: "unshare -rm mount -t tmpfs none . && echo mounted",
      passed: (output) => output.includes("mounted"),
    },
    {
      wall: "guarded",
      attempt: "a git hook in the workspace",
      script: "mkdir -p .git/hooks && echo x > .git/hooks/pre-commit",
      passed: () => existsSync(hook),
    },
    {
      wall: "pipes",
      attempt: "a word to a named pipe outside",
      script: `echo x > '${pipe}'`,
      passed: () => outside.heardByPipe(),
    },
    {
      wall: "secrets",
      attempt: "reading a file of the runtime directory",
      script: `cat '${join(scratch, "secret")}'`,
      passed: (output) => output.includes(secret),
    },
    {
      wall: "secrets",
      attempt: "reading the environment of a process outside",
      script: "cat /proc/[0-9]*/environ",
      passed: (output) => output.includes(secret),
    },
    {
      wall: "network",
      attempt: "a connection to a port of this machine",
      script: `exec 3<>/dev/tcp/127.0.0.1/${ports.tcp}`,
      by: "bash",
      passed: () => visits.tcp > 0,
    },
    {
      wall: "network",
      attempt: "sockets for datagrams, for lookups of names and to the kernel",
      script: `use Socket; for ([AF_INET, SOCK_DGRAM], [10, SOCK_DGRAM], [16, SOCK_RAW], [17, SOCK_RAW], [40, SOCK_STREAM]) { print "open $$_[0]\\n" if socket my $s, $$_[0], $$_[1], 0 }`,
      by: "perl",
      passed: (output) => output.includes("open"),
    },
    {
      wall: "unixSockets",
      attempt: "a connection to a unix socket in the workspace",
      script: connect(`sockaddr_un("socket")`),
      by: "perl",
      passed: () => visits.unix > 0,
    },
    {
      wall: "unixSockets",
      attempt: "a connection to an abstract unix socket",
      script: connect(`pack("S", AF_UNIX) . "\\0${abstract}"`),
      by: "perl",
      passed: () => visits.abstract > 0,
    },
    {
      wall: "processes",
      attempt: "seeing the processes outside",
      script: `ls -d /proc/${victim.pid}`,
      passed: (output) => output.includes(`/proc/${victim.pid}`),
    },
    {
      wall: "processes",
      attempt: "a signal to a process outside",
      script: `kill -KILL ${victim.pid}`,
      passed: async () => !(await outside.answers()),
    },
  ];
}

function gatedAttempts(outside: Outside): Attempt[] {
  const { workspace, visits, ports } = outside;
  const large = join(workspace, "large");
  return [
    {
      wall: "hosts",
      attempt: "a host that is not allowed, beside one that is",
      script: `use Socket; for my $port (${ports.allowed}, ${ports.tcp}) { socket my $s, AF_INET, SOCK_STREAM, 0; connect $s, pack_sockaddr_in(3128, INADDR_LOOPBACK); syswrite $s, "CONNECT 127.0.0.1:$port HTTP/1.1\\r\\n\\r\\n"; sysread $s, my $answer, 1000 }`,
      by: "perl",
      passed: async () => !(await outside.isReached()) || visits.tcp > 0,
    },
    {
      wall: "network",
      attempt: "a connection past the gate",
      script: `use Socket; socket my $s, AF_INET, SOCK_STREAM, 0; connect $s, pack_sockaddr_in(${ports.tcp}, INADDR_LOOPBACK)`,
      by: "perl",
      passed: () => visits.tcp > 0,
    },
    {
      wall: "limits",
      attempt: "more memory than there is for a command",
      script: `my $size = ${2 * limits.memory_mb} << 20; my $much = "x" x $size; print "got it"`,
      by: "perl",
      passed: (output) => output.includes("got it"),
    },
    {
      wall: "limits",
      attempt: "a larger file than there may be",
      script: `head -c ${2 * limits.file_mb * mebibyte} /dev/zero > large`,
      passed: () => existsSync(large) && statSync(large).size > limits.file_mb * mebibyte,
    },
    {
      wall: "limits",
      attempt: "more processes than there may be",
      script: `my $many = 0; for (1 .. ${2 * limits.processes}) { my $pid = fork; last unless defined $pid; if (!$pid) { sleep 5; exit } $many++; push @all, $pid } kill 9, @all; print "$many of them"`,
      by: "perl",
      passed: (output) => Number.parseInt(output, 10) >= limits.processes,
    },
  ];
}

async function outputOf(walled: WalledCommand, argv: readonly string[], cwd: string): Promise<string> {
  const carried = carryLoaderVariables(argv, walled.environment);
  const enclosed = walled.enclose(carried.argv);
  const [program = "", ...rest] = enclosed.argv;
  const child = spawn(program, rest, { cwd, env: { ...carried.env }, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString("latin1")));
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
