import { spawn } from "node:child_process";
import * as fs from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createLandlock } from "../../../src/policy/sandbox/landlock.ts";
import { missingWalls, wallNames } from "../../../src/policy/sandbox/strength.ts";
import { accounts, systemFor } from "../escapes/account.ts";
import { createRig, openWalls, type Rig } from "./rig.ts";

describe.each(accounts)("landlock as $name", (account) => {
  let rig: Rig;
  let work: string;
  beforeAll(async () => {
    rig = await createRig("landlock", account);
    work = rig.path("work");
  });
  afterAll(() => rig.close());

  test("others can be neither signalled nor looked into", async () => {
    const other = spawn("sleep", ["60"], { stdio: "ignore", uid: account.uid, gid: account.gid });
    try {
      const script = `kill ${other.pid} && echo BAD; cat /proc/${other.pid}/environ && echo BAD; ls /proc/${other.pid}/root/ && echo BAD
        kill $PPID && echo BAD; sleep 0 & wait; echo on`;
      expect((await rig.run(script)).output).toBe("on\n");
      expect(other.exitCode ?? other.signalCode).toBe(null);
    } finally {
      other.kill("SIGKILL");
    }
  });

  test("neither disks nor terminals of others can be opened", async () => {
    // Folders, which other tests may have there, can be listed.
    const script =
      "for each in /dev/ptmx /dev/pts/ptmx /dev/pts/* $(find /dev -type b) /dev/mem /dev/shm/*; do [ -d $each ] || ! (: < $each) || echo BAD $each; done";
    expect((await rig.run(`${script}; true`)).output).toBe("");
    expect((await rig.run("echo x > /dev/shm/new")).code).not.toBe(0);
  });

  test("nameless sockets of others are out of reach, also with network", async () => {
    const name = `walls-${process.pid}-${account.name}`;
    const server = createServer().listen(`\0${name}`);
    try {
      const script = `use Socket; socket(my $s, PF_UNIX, SOCK_STREAM, 0) or exit 3; connect($s, pack("S a*", AF_UNIX, "\\0${name}")) or exit 4`;
      expect((await rig.run(["perl", "-e", script])).code).not.toBe(0);
      expect((await rig.run(["perl", "-e", script], { network: true })).code).toBe(4);
    } finally {
      server.close();
    }
  });

  test("memory shared by number is refused", async () => {
    const script = "defined(shmget(0x5741, 16, 0600 | 01000)) ? exit 0 : exit 5";
    expect((await rig.run(["perl", "-e", script], { network: true })).code).toBe(5);
  });

  test("where a hidden home lies in the workspace, nothing new is made beside it or above", async () => {
    rig.make("work/a/home/secret", "hush");
    rig.make("work/a/beside/");
    rig.make("work/b/");
    const walls = { writable: [work], hidden: [join(work, "a/home")] };
    const script =
      "echo x > a/beside/made && echo 1; echo x > b/made && echo 2; echo x > made && echo 3; echo x > a/made && echo 4; mv a/home b/ && echo 5; ls a && echo 6; true";
    expect((await rig.run(script, walls)).output).toBe("1\n2\n");
    fs.rmSync(join(work, "a"), { recursive: true });
  });

  test("a link in the workspace leads nowhere", async () => {
    fs.symlinkSync(rig.path("outside"), join(work, "link"));
    rig.make("work/home/secret", "hush");
    const walls = { writable: [work], hidden: [join(work, "home")] };
    expect((await rig.run("echo x > link/made || cat home/../home/secret", walls)).output).toBe("");
    expect(fs.existsSync(rig.path("outside/made"))).toBe(false);
  });

  test.each([1, 2, 3, 4, 5, 6, 7])("version %i holds what it says", async (version) => {
    const [, , program, , , script, , filter] = rig.sandbox.enclose([], "/", openWalls).argv as string[];
    const filters = { offline: filter!, online: filter! };
    const older = createLandlock({ program: program!, script: script! }, process.pid, version, { filters });
    const missing = missingWalls(older.strength, wallNames).map(({ name }) => name);
    expect(missing).toEqual([...(version < 3 ? ["writes"] : []), "guarded", "processes", "limits", "hosts"]);
    rig.make("outside/kept", "old");
    const old = rig.path("outside/kept");
    const { argv } = older.enclose(
      [
        "/bin/sh",
        "-c",
        `echo x > made && cat made; echo x >> ${old}; perl -e 'truncate("${old}", 0)'; rm ${old}; cat ${old}; rm made`,
      ],
      work,
      { ...openWalls, writable: [work] },
    );
    const run = await systemFor(account).processes.run(argv, { cwd: work });
    expect(run.stdout).toBe(version < 3 ? "x\n" : "x\nold");
  });

  test("what left its session ends with a command that ends", async () => {
    const file = join(work, "ticks");
    await rig.run(
      "setsid sh -c 'while :; do echo x >> ticks; sleep 0.01; done' & until test -s ticks; do sleep 0.01; done",
      { writable: [work] },
    );
    const size = fs.statSync(file).size;
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(fs.statSync(file).size).toBe(size);
  });
});
