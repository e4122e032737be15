import { spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { climb } from "../../../src/policy/sandbox/ladder.ts";
import type { RungName } from "../../../src/policy/sandbox/sandbox.ts";
import { accounts, becoming, systemFor } from "../escapes/account.ts";
import { createRig, openWalls, type Rig } from "./rig.ts";
import { withoutNamespaces } from "./without-namespaces.ts";
import { scratchFolder } from "../../support/scratch.ts";
import { until } from "../../support/until.ts";

describe.each(accounts)("the helper as $name", (account) => {
  let rig: Rig;
  let work: string;
  beforeAll(async () => {
    rig = await createRig("helper", account);
    work = rig.path("work");
  });
  afterAll(() => rig.close());

  test("settings and devices of the machine stay as they are, also where everything is writable", async () => {
    for (const walls of [{}, { writable: ["/"] }]) {
      const script = `for file in /proc/sys/kernel/core_pattern /proc/sysrq-trigger /proc/irq/default_smp_affinity /sys/power/state; do
        test -e $file && (true >> $file) 2>/dev/null && echo BAD $file; done
        ls /dev; find /dev -type b; (true > /dev/new) 2>/dev/null && echo BAD; true > /dev/shm/new && echo ours`;
      const { output } = await rig.run(script, walls);
      expect(output.trim().split("\n")).toEqual(
        "fd full null ptmx pts random shm stderr stdin stdout tty urandom zero ours".split(" "),
      );
    }
    expect(fs.existsSync("/dev/shm/new")).toBe(false);
  });

  test("a named pipe outside takes nothing", async () => {
    const pipe = rig.path("outside/pipe");
    await once(spawn("mkfifo", ["-m", "666", pipe]), "exit");
    const reader = fs.openSync(pipe, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
    try {
      const { errors } = await rig.run(`echo x > ${pipe}`, { writable: [work] });
      expect(errors).toContain("Permission denied");
      expect(fs.readSync(reader, Buffer.alloc(8))).toBe(0);
    } finally {
      fs.closeSync(reader);
    }
  });

  test("only the processes of the command are seen, and the first of them is closed", async () => {
    const script = "ls -d /proc/[0-9]* | wc -l; cat /proc/1/environ; readlink /proc/1/fd/0; kill -KILL 1; echo on";
    const { output, errors } = await rig.run(script);
    expect(output).toMatch(/^[34]\non\n$/);
    expect(errors).toMatch(/environ: Permission denied/);
  });

  test("a workspace in shared memory or below hidden folders is laid in", async () => {
    const shared = fs.mkdtempSync("/dev/shm/walls-");
    try {
      fs.chownSync(shared, account.uid, account.gid);
      const inner = rig.make("home/deep/inner/");
      const walls = { writable: [shared, inner], hidden: [rig.path("home")] };
      const { output } = await rig.run(
        `echo x > ${shared}/made; echo x > ${inner}/made; find ${rig.path("home")}`,
        walls,
      );
      expect(output.split("\n").sort()).toEqual(
        ["", rig.path("home"), rig.path("home/deep"), inner, join(inner, "made")].sort(),
      );
      expect(fs.readdirSync(shared)).toEqual(["made"]);
    } finally {
      fs.rmSync(shared, { recursive: true });
    }
  });

  test("a folder that became a link after the walls were planned is not followed", async () => {
    const root = rig.make("work/root/");
    const { argv, release } = rig.sandbox.enclose(["/bin/sh", "-c", `echo x > ${root}/made`], work, {
      ...openWalls,
      writable: [root],
    });
    fs.rmdirSync(root);
    fs.symlinkSync(rig.path("outside"), root);
    const run = await systemFor(account).processes.run(argv);
    release();
    fs.unlinkSync(root);
    expect(run.code).toBe(125);
    expect(run.stderr).toMatch(
      /^codex-agent: the walls cannot be built: .*work\/root: Too many levels of symbolic links\n$/,
    );
    expect(fs.existsSync(rig.path("outside/made"))).toBe(false);
  });
});

const dying = (["helper", "landlock"] as const).flatMap((rung) =>
  accounts.map((account) => ({ rung, account, user: account.name })),
);

describe.each(dying)("$rung as $user", ({ rung, account }) => {
  let rig: Rig;
  beforeAll(async () => (rig = await createRig(rung, account)));
  afterAll(() => rig.close());

  const enclosed = (script: string): string[] => [
    ...becoming(account),
    ...rig.sandbox.enclose(["/bin/sh", "-c", script], rig.path("work"), { ...openWalls, writable: [rig.path("work")] })
      .argv,
  ];

  test("the command dies with who started it", async () => {
    const pid = rig.path("work/alive");
    const starter = spawn("/bin/sh", [
      "-c",
      '"$@" & wait',
      "sh",
      ...enclosed("while :; do echo x >> alive; sleep 0.01; done"),
    ]);
    await until(() => fs.existsSync(pid));
    expect(starter.kill("SIGKILL")).toBe(true);
    let size = -1;
    await until(async () => {
      const before = size;
      size = fs.statSync(pid).size;
      await new Promise((resolve) => setTimeout(resolve, 100));
      return size === before;
    });
    fs.rmSync(pid);
  });

  test("descriptors beyond the three streams are closed", async () => {
    const argv = enclosed("ls /proc/self/fd");
    const secret = fs.openSync("/etc/passwd", "r");
    try {
      const stdio = ["ignore", "pipe", "inherit", "pipe", secret, "pipe", ...Array(8).fill(secret)];
      const child = spawn(argv[0]!, argv.slice(1), { stdio });
      let output = "";
      child.stdout!.on("data", (bytes) => (output += String(bytes)));
      await once(child, "close");
      // The fourth is the listed folder itself.
      expect(output).toBe("0\n1\n2\n3\n");
    } finally {
      fs.closeSync(secret);
    }
  });

  test("nothing is started for an agent that is dead", async () => {
    const dead = spawn("true");
    await once(dead, "exit");
    const argv = enclosed("echo x > started").map((each) => (each === String(process.pid) ? String(dead.pid) : each));
    const [code] = (await once(spawn(argv[0]!, argv.slice(1)), "exit")) as [number];
    expect(code).toBe(137);
    expect(fs.existsSync(rig.path("work/started"))).toBe(false);
  });
});

test.each(accounts)("where namespaces are refused, $name gets Landlock", async (account) => {
  const directory = fs.mkdtempSync(`${scratchFolder}/walls-`);
  fs.chownSync(directory, account.uid, account.gid);
  const system = systemFor(account);
  const refusing = {
    ...system,
    processes: {
      ...system.processes,
      run: (argv: readonly string[]) => system.processes.run([...withoutNamespaces, ...argv]),
    },
  };
  const stand = (rung: RungName | "auto") =>
    climb({ rung, directory: join(directory, "own"), distrusted: [] }, refusing);
  try {
    const standing = await stand("auto");
    expect(standing.sandbox?.rung).toBe("landlock");
    expect(await stand("helper")).toEqual({
      sandbox: null,
      why: "helper: codex-agent: the walls cannot be built: namespaces: No space left on device",
    });
  } finally {
    fs.rmSync(directory, { recursive: true });
  }
});
