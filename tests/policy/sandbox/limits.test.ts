import * as fs from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { RungName } from "../../../src/policy/sandbox/sandbox.ts";
import { accounts } from "../escapes/account.ts";
import { createRig, type Rig } from "./rig.ts";

const rungs: readonly RungName[] = ["bubblewrap", "helper", "landlock"];
const cases = rungs.flatMap((rung) => accounts.map((account) => ({ rung, account, user: account.name })));

describe.each(cases)("limits within $rung as $user", ({ rung, account }) => {
  let rig: Rig;
  beforeAll(async () => void (rig = await createRig(rung, account)));
  afterAll(() => rig.close());
  const perl = (script: string): string[] => ["/usr/bin/perl", "-e", script];

  test("memory that is not there is not given", async () => {
    const script = `print "began\\n"; my $size = 200 << 20; my $much = "x" x $size; print "got it\\n"`;
    const { code, output } = await rig.run(perl(script), { limits: { memoryMb: 100 } });
    expect(output).toBe("began\n");
    expect(code).not.toBe(0);
    expect((await rig.run(perl(script), { limits: { memoryMb: 1000 } })).output).toBe("began\ngot it\n");
  });

  test("memory that is only reserved does not count", async () => {
    const node = [process.execPath, "-e", "new WebAssembly.Memory({ initial: 1 }); console.log('ran')"];
    const { output, errors } = await rig.run(node, { limits: { memoryMb: 1000 } });
    expect(errors).toBe("");
    expect(output).toBe("ran\n");
  });

  test("a file grows no further", async () => {
    const walls = { writable: [rig.path("work")], limits: { fileMb: 1 } };
    const { code } = await rig.run("head -c 3000000 /dev/zero > large", walls);
    expect(code).not.toBe(0);
    expect(fs.statSync(rig.path("work/large")).size).toBe(2 ** 20);
    fs.rmSync(rig.path("work/large"));
  });

  test("open files are counted", async () => {
    const script = `my @all; while (open my $f, "<", "/dev/null") { push @all, $f } print scalar @all`;
    const { output } = await rig.run(perl(script), { limits: { openFiles: 40 } });
    expect(Number(output)).toBeGreaterThan(20);
    expect(Number(output)).toBeLessThan(40);
  });

  test("who works for too long is ended", async () => {
    const { code } = await rig.run(perl("1 while 1"), { limits: { cpuSeconds: 1 } });
    expect([128 + 9, 128 + 24]).toContain(code);
  });

  test("who takes too long is ended with all that it started", async () => {
    let ended = { code: 0, output: "" };
    // On a busy machine the first may be over before the command begins.
    for (const seconds of [1, 10, 60]) {
      if (ended.output === "") ended = await rig.run("echo began; sleep 100 & sleep 100", { limits: { seconds } });
      expect(ended.code).toBe(137);
    }
    expect(ended.output).toBe("began\n");
  });

  test("a limit cannot be raised from within", async () => {
    const { output } = await rig.run("ulimit -n 100 2>/dev/null || echo no; ulimit -n", { limits: { openFiles: 60 } });
    expect(output).toBe("no\n60\n");
  });

  test("a bomb of processes stays small, command by command", async ({ skip }) => {
    const wall = rig.sandbox.strength.limits;
    if (!wall.held) skip(wall.why);
    // Each one notes that it is there; none of them starts anything once there are more than it takes to show it.
    const bomb = `my $many = 0; for (1 .. 200) { my $pid = fork; last unless defined $pid; if (!$pid) { sleep 100; exit } $many++ } print $many; kill 9, -getpgrp`;
    const both = await Promise.all(
      [30, 60].map((processes) => rig.run(perl(`setpgrp; $| = 1; ${bomb}`), { limits: { processes } })),
    );
    for (const [index, processes] of [30, 60].entries()) {
      expect(Number(both[index]!.output)).toBeGreaterThan(processes - 12);
      expect(Number(both[index]!.output)).toBeLessThan(processes);
    }
  });

  test("without limits nothing is bounded that was not", async () => {
    const own = (await rig.run("ulimit -a")).output;
    expect(own).toMatch(/time\(seconds\) +unlimited/);
    expect((await rig.run("ulimit -a", { limits: {} })).output).toBe(own);
  });
});
