import * as fs from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { accounts } from "../escapes/account.ts";
import { createRig, type Rig } from "./rig.ts";

/** System calls of x86-64 that change a file by path, folder and path, or descriptor. */
const calls = {
  chmod: "syscall(90, $path, 0700)",
  fchmod: "syscall(91, fileno $file, 0700)",
  fchmodat: "syscall(268, -100, $path, 0700)",
  "fchmodat of a folder": "syscall(268, fileno $folder, $name, 0700)",
  fchmodat2: "syscall(452, -100, $path, 0700, 0)",
  "fchmodat2 of a descriptor": "syscall(452, fileno $file, $empty, 0700, 0x1000)",
  "chmod of a descriptor by name": "syscall(90, $alias, 0700)",
  chown: "syscall(92, $path, $<+0, $(+0)",
  fchown: "syscall(93, fileno $file, $<+0, $(+0)",
  lchown: "syscall(94, $path, $<+0, $(+0)",
  fchownat: "syscall(260, -100, $path, $<+0, $(+0, 0)",
  utime: "syscall(132, $path, $seconds)",
  utimes: "syscall(235, $path, $four)",
  futimesat: "syscall(261, -100, $path, $four)",
  utimensat: "syscall(280, -100, $path, $four, 0)",
  "utimensat of a descriptor": "syscall(280, fileno $file, 0, 0, 0)",
  setxattr: "syscall(188, $path, $attribute, $name, 1, 0)",
  "flags of a descriptor": "syscall(16, fileno $file, 0x40086602, $seconds)",
};

const prepare = `my ($path) = @ARGV; my ($parent, $name) = $path =~ m{(.*)/(.*)}; my $empty = ""; my $attribute = "user.x";
  open my $file, "<", $path or exit 3; open my $folder, "<", $parent; my $alias = "/proc/self/fd/" . fileno $file;
  my $seconds = pack "q2", 1000, 1000; my $four = pack "q4", 1000, 5, 1000, 5; $! = 0;`;

describe.runIf(process.arch === "x64").each(accounts)("modes, owners and times under landlock as $name", (account) => {
  let rig: Rig;
  let work: string;
  beforeAll(async () => {
    rig = await createRig("landlock", account);
    work = rig.path("work");
  });
  afterAll(() => rig.close());

  const apply = async (call: string, path: string) =>
    (await rig.run(["perl", "-e", `${prepare} exit(${call} == 0 ? 0 : $! + 0)`, path], { writable: [work] })).code;

  test.each(Object.entries(calls))("%s changes no file outside", async (_, call) => {
    const path = rig.make("outside/file");
    fs.chmodSync(path, 0o644);
    const before = fs.statSync(path, { bigint: true });
    expect([1, 13, 95]).toContain(await apply(call, path));
    expect(fs.statSync(path, { bigint: true })).toEqual({
      ...before,
      atimeNs: expect.anything(),
      atimeMs: expect.anything(),
    });
  });

  test.each(Object.entries(calls).slice(0, -2))("%s changes a file in the workspace", async (name, call) => {
    const path = rig.make("work/file");
    fs.chmodSync(path, 0o644);
    expect(await apply(call, path)).toBe(0);
    const after = fs.statSync(path);
    if (name.includes("chmod")) expect(after.mode & 0o777).toBe(0o700);
    if (name === "utime") expect(after.mtimeMs).toBe(1_000_000);
    if (name === "utimes" || name === "futimesat") expect(after.mtimeMs).toBeCloseTo(1_000_000.005, 3);
  });

  test("links are followed as the call says, and lead nowhere", async () => {
    const path = rig.make("outside/file");
    fs.chmodSync(path, 0o644);
    fs.symlinkSync(path, join(work, "link"));
    fs.lchownSync(join(work, "link"), account.uid, account.gid);
    const script =
      "chmod 777 link && echo BAD; touch link && echo BAD; touch -h -d @5 link && echo own; chown -h $(id -u) link && echo own";
    expect((await rig.run(script, { writable: [work] })).output).toBe("own\nown\n");
    expect(fs.lstatSync(join(work, "link")).mtimeMs).toBe(5000);
    expect(fs.statSync(path).mode & 0o777).toBe(0o644);
  });

  test("a path swapped in a race changes nothing outside", async () => {
    const path = rig.make("outside/raced");
    fs.chmodSync(path, 0o644);
    const script = `use Time::HiRes; my $end = Time::HiRes::time + 0.7; my $child = fork;
      if (!$child) { while (1) { unlink "raced"; symlink $ARGV[0], "raced"; unlink "raced"; open my $f, ">", "raced" } }
      my ($yes, $no); while (Time::HiRes::time < $end) { chmod(0777, "raced") ? $yes++ : $no++ } kill KILL => $child; print $yes > 0 && $no > 0 ? "both" : "one"`;
    expect((await rig.run(["perl", "-e", script, path], { writable: [work] })).output).toBe("both");
    expect(fs.statSync(path).mode & 0o777).toBe(0o644);
  });

  test("errors are those of the call", async () => {
    const script = `chmod 600 missing; chmod 600 ""; touch -c -d @5 missing && echo fine; chmod 600 /etc/passwd; perl -e 'syscall(91, 77, 0600) == 0 or print $!'`;
    const { output, errors } = await rig.run(script, { writable: [work] });
    expect(output).toBe("fine\nBad file descriptor");
    expect(errors).toMatch(
      /'missing': No such file.*\n.*'': No such file.*\n.*passwd': (Permission denied|Operation not permitted)/,
    );
  });

  test("what lives on modes and times works: tar, cp -p, git, a threaded program", async () => {
    const script = `mkdir tree && echo x > tree/run && chmod 755 tree/run && touch -d @1000 tree/run && tar cf tree.tar tree && rm -r tree && tar xpf tree.tar &&
      cp -p tree/run copied && stat -c '%a %Y' copied tree/run && git init -q repository && git -C repository config core.filemode &&
      node -e 'const fs = require("fs/promises"); fs.chmod("copied", 0o640).then(() => fs.utimes("copied", 7, 7))' && stat -c '%a %Y' copied`;
    const env = { PATH: `${process.env["PATH"]}`, HOME: work };
    const { output, errors } = await rig.run(script, { writable: [work] }, { env });
    expect({ output, errors }).toEqual({ output: "755 1000\n755 1000\ntrue\n640 7\n", errors: "" });
  });

  test("what is hidden or holds it keeps its modes", async () => {
    const secret = rig.make("work/home/secret");
    fs.chmodSync(secret, 0o600);
    const walls = { writable: [work], hidden: [join(work, "home")] };
    expect((await rig.run("chmod 777 home/secret home . && echo BAD; true", walls)).output).toBe("");
    expect(fs.statSync(secret).mode & 0o777).toBe(0o600);
  });

  test("in read-only nothing changes", async () => {
    const path = rig.make("work/file");
    fs.chmodSync(path, 0o644);
    expect((await rig.run("chmod 777 file")).code).not.toBe(0);
    expect(fs.statSync(path).mode & 0o777).toBe(0o644);
  });
});
