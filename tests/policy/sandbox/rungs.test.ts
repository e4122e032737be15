import * as fs from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { RungName } from "../../../src/policy/sandbox/sandbox.ts";
import { accounts } from "../escapes/account.ts";
import { createRig, type Rig } from "./rig.ts";
import { untilPasses } from "../../support/until.ts";

const rungs: readonly RungName[] = ["bubblewrap", "helper", "landlock"];
const cases = rungs.flatMap((rung) => accounts.map((account) => ({ rung, account, user: account.name })));

describe.each(cases)("walls of $rung as $user", ({ rung, account }) => {
  let rig: Rig;
  let work: string;
  beforeAll(async () => {
    rig = await createRig(rung, account);
    work = rig.path("work");
  });
  afterAll(() => rig.close());

  test("files are written in writable folders and nowhere else", async () => {
    rig.make("outside/kept", "old");
    const script = `echo new > made && cat made && rm made
      for target in ../outside/kept ../outside/made /var/tmp/walls-made; do echo x > $target && echo BAD; done
      rm ../outside/kept && echo BAD; mv ../outside ../elsewhere && echo BAD; mkdir ../made && echo BAD
      ln ../outside/kept linked && echo x > linked && echo BAD; truncate -s 0 ../outside/kept && echo BAD; true`;
    const { output } = await rig.run(script, { writable: [work] });
    expect(output).toBe("new\n");
    expect(fs.readFileSync(rig.path("outside/kept"), "utf8")).toBe("old");
    expect(fs.readdirSync(rig.path("outside"))).toEqual(["kept"]);
    fs.rmSync(join(work, "linked"), { force: true });
  });

  test("nothing is written in read-only", async () => {
    const { code, output } = await rig.run("cat /etc/passwd >/dev/null && echo read; echo x > made");
    expect(output).toBe("read\n");
    expect(code).not.toBe(0);
    expect(fs.existsSync(join(work, "made"))).toBe(false);
  });

  test("files are moved and linked between writable folders below one root", async () => {
    const script =
      "mkdir -p one two && echo x > one/file && mv one/file two/file && ln two/file one/again && cat one/again";
    expect(await rig.run(script, { writable: [work] })).toMatchObject({ code: 0, output: "x\n" });
  });

  test("guarded folders stay as they are, also those that do not exist", async ({ skip }) => {
    if (!rig.sandbox.strength.guarded.held) skip(rig.sandbox.strength.guarded.why);
    rig.make("work/deep/.git/config", "old");
    const guarded = [join(work, ".codex"), join(work, "deep/.git")];
    const script = `echo x > deep/.git/config && echo BAD; echo x > .codex/new && echo BAD; rm -rf deep/.git && echo BAD
      mv deep deeper && echo BAD; mv .codex away && echo BAD; cat deep/.git/config`;
    const { output } = await rig.run(script, { writable: [work], guarded });
    expect(output).toBe("old");
    // Its placeholder stands for a moment longer.
    await untilPasses(() => expect(fs.existsSync(guarded[0]!)).toBe(false));
    expect(fs.readFileSync(join(work, "deep/.git/config"), "utf8")).toBe("old");
  });

  test.each([
    { layout: "outside of the workspace", home: "home", writable: ["work"], cwd: "work" },
    { layout: "inside of the workspace", home: "work/home", writable: ["work"], cwd: "work" },
    { layout: "inside of a read-only workspace", home: "work/home", writable: [], cwd: "work" },
    { layout: "around the workspace", home: "home", writable: [], cwd: "home/project" },
    { layout: "being the workspace", home: "home", writable: [], cwd: "home" },
  ])("a hidden home $layout is neither seen nor written", async ({ home, writable, cwd }) => {
    rig.make(`${home}/secret`, "hush");
    rig.make(`${home}/inner/secret`, "hush");
    const shown = rig.make(`${home}/project/readme`, "shown");
    rig.make("work/beside/file", "beside");
    const at = rig.path(home);
    const script = `cat ${at}/secret ${at}/inner/secret; cat ${at}/*; ls ${at} ${at}/inner; find ${at}
      for name in secret new inner/new project/readme project/new; do echo x > ${at}/$name && echo BAD; done
      cat ${shown}; cat ${work}/beside/file`;
    const walls = { writable: writable.map((name) => rig.path(name)), hidden: [at], shown: [join(at, "project")] };
    const { output } = await rig.run(script, walls, { cwd: rig.path(cwd) });
    expect(output).not.toMatch(/hush|BAD/);
    expect(output).toContain("shown");
    expect(output).toMatch(/beside$/);
    if (rung === "landlock") expect(output).not.toContain("secret\n");
    expect(fs.readFileSync(rig.path(home, "project/readme"), "utf8")).toBe("shown");
    expect(fs.readdirSync(rig.path(home)).sort()).toEqual(["inner", "project", "secret"]);
    fs.rmSync(rig.path(home), { recursive: true });
  });

  test("what lies beside a hidden home in the workspace can be written", async () => {
    rig.make("work/home/secret", "hush");
    rig.make("work/beside/file", "old");
    const hidden = [join(work, "home")];
    const run = await rig.run("echo new > beside/file && echo x > beside/made && rm beside/made", {
      writable: [work],
      hidden,
    });
    expect(run).toMatchObject({ code: 0, errors: "" });
    expect(fs.readFileSync(join(work, "beside/file"), "utf8")).toBe("new\n");
  });

  test("sockets are refused without network, and opened with it", async () => {
    const script =
      "use Socket; socket(my $s, PF_INET, SOCK_STREAM, 0) or exit 3; bind($s, sockaddr_in(0, INADDR_LOOPBACK)) or exit 4; exit 0";
    expect((await rig.run(["perl", "-e", script])).code).toBe(3);
    expect((await rig.run(["perl", "-e", script], { network: true })).code).toBe(0);
  });

  test("codes and signals of the command are handed through", async () => {
    const env = { PATH: "/usr/bin:/bin" };
    expect((await rig.run("exit 0")).code).toBe(0);
    expect((await rig.run("exit 77")).code).toBe(77);
    expect((await rig.run("kill -KILL $$")).code).toBe(137);
    expect((await rig.run("kill -FPE $$")).code).toBe(136);
    expect((await rig.run("kill -TERM $$")).code).toBe(143);
    expect((await rig.run(["no-such-program"], {}, { env })).code).toBe(127);
    expect((await rig.run(["/etc/passwd"], {}, { env })).code).toBe(126);
  });

  test.each(["SIGINT", "SIGTERM", "SIGQUIT", "SIGHUP"] as const)("%s to the group is for the command", async (name) => {
    const send = (output: string, running: Promise<{ signal(name: string): void }>): void => {
      if (output === "ready\n") void running.then((started) => started.signal(name));
    };
    const caught = `trap "echo caught; exit 9" ${name.slice(3)}; echo ready; while :; do sleep 0.02; done`;
    expect(await rig.run(caught, {}, { onOutput: send })).toMatchObject({ code: 9, output: "ready\ncaught\n" });
    const left = "echo ready; exec sleep 30";
    const codes = { SIGINT: 130, SIGTERM: 143, SIGQUIT: 131, SIGHUP: 129 };
    expect((await rig.run(left, {}, { onOutput: send })).code).toBe(codes[name]);
  });

  test("what the command leaves running ends with it", async () => {
    const marker = `8${process.pid}${Math.floor(Math.random() * 1e6)}`;
    await rig.run(`setsid sleep ${marker} & (setsid sh -c "sleep ${marker} & sleep ${marker}" &) & sleep 0.1`);
    const isAlive = (pid: string): boolean => {
      try {
        return /^\d+$/.test(pid) && fs.readFileSync(`/proc/${pid}/cmdline`, "utf8").startsWith(`sleep\0${marker}`);
      } catch {
        return false;
      }
    };
    // The kernel ends them when it has ended the rung's own process, which is what was waited for.
    await untilPasses(() => expect(fs.readdirSync("/proc").filter(isAlive)).toEqual([]));
  });

  test("the command sees its own environment, folder, streams and ids", async () => {
    const env = {
      "odd-name": "x y",
      "BASH_FUNC_f%%": "() { :; }",
      PERL5OPT: "-Mno_such",
      LC_ALL: "xx_XX.UTF-8",
      EMPTY: "",
    };
    const { output, errors } = await rig.run(["/usr/bin/env", "-0"], {}, { env, cwd: rig.path("outside") });
    const seen = output.split("\0").filter((line) => line !== "" && !line.startsWith("_="));
    const expected = { ...env, PATH: process.env["PATH"], PWD: rig.path("outside") };
    const lines = Object.entries(expected).map(([name, value]) => `${name}=${value}`);
    // A shell around bubblewrap drops names that it could not use itself, and counts itself.
    const kept = (line: string): boolean => rung !== "bubblewrap" || !/^(odd-name|BASH_FUNC_f%%|SHLVL)=/.test(line);
    expect(seen.filter(kept).sort()).toEqual(lines.filter(kept).sort());
    expect(errors).toBe("");
    const script = `pwd; id -u; readlink /proc/self/fd/0; cat; test $$ != 1 && echo child`;
    const own = await rig.run(script);
    expect(own).toMatchObject({ output: `${work}\n${account.uid}\n/dev/null\nchild\n`, errors: "" });
  });

  test("nothing is gained: no capability, no new privileges", async () => {
    const { output } = await rig.run("grep -E '^(CapPrm|CapEff|CapAmb|NoNewPrivs|Seccomp):' /proc/self/status");
    expect(output.replaceAll(/\s+/g, " ")).toBe(
      "CapPrm: 0000000000000000 CapEff: 0000000000000000 CapAmb: 0000000000000000 NoNewPrivs: 1 Seccomp: 2 ",
    );
  });

  test("a terminal works, and its interrupt reaches the command", async () => {
    const script = `stty -echo; test -t 0 && test -t 1 && echo x > /dev/tty && trap "echo caught; exit 9" INT; echo ready
      while :; do sleep 0.02; done`;
    let typed = false;
    const { code, output } = await rig.run(
      script,
      {},
      {
        terminal: true,
        onOutput(written, running) {
          if (typed || !written.includes("ready")) return;
          typed = true;
          void running.then((started) => started.write("\x03"));
        },
      },
    );
    expect({ code, output: output.replaceAll("\r", "") }).toMatchObject({
      code: 9,
      output: expect.stringMatching(/^x\nready\n(\^C)?caught\n$/),
    });
  });

  test("a job-controlling shell runs on a terminal", async () => {
    const { code, output } = await rig.run(
      ["bash", "--norc", "-i", "-c", "sleep 0 | cat; jobs; echo done $-"],
      {},
      { terminal: true },
    );
    expect(code).toBe(0);
    expect(output.replaceAll("\r", "")).toMatch(/^done \w*m?\w*\n$/);
  });

  test("arguments are handed on as they are", async () => {
    const odd = ["", " ", "a\nb", "--", "-x", "ü\u{1F600}", "$HOME `id`", "'\"\\"];
    const { output } = await rig.run(["perl", "-e", 'print join "\\0", @ARGV', "--", ...odd]);
    expect(output.split("\0")).toEqual(odd);
    const big = Array.from({ length: 10 }, () => "x".repeat(100_000));
    expect((await rig.run(["perl", "-e", "print length join '', @ARGV", ...big])).output).toBe("1000000");
  });

  test("a script without a first line that says how is the shell's", async () => {
    const path = rig.make("work/plain", 'echo "plain $1"');
    fs.chmodSync(path, 0o755);
    expect((await rig.run([path, "one"])).output).toBe("plain one\n");
  });

  test("paths may hold spaces, newlines and quotes", async () => {
    const names = ["with space", "with\nnewline", "quo'te\"s", "ümlaut", "--", "writable"];
    for (const name of names) {
      rig.make(`${name}/home/secret`, "hush");
      const walls = { writable: [rig.path(name)], hidden: [rig.path(name, "home")] };
      rig.make(`${name}/beside/`);
      const { code, output } = await rig.run("echo x > beside/made; cat home/secret", walls, { cwd: rig.path(name) });
      expect({ name, output, ended: code !== 0 }).toEqual({ name, output: "", ended: true });
      expect(fs.readFileSync(rig.path(name, "beside/made"), "utf8")).toBe("x\n");
    }
  });

  test("the usual devices work", async () => {
    const script = `echo x > /dev/null && head -c 4 /dev/zero | wc -c && head -c 2 /dev/urandom | wc -c && head -c 2 /dev/random | wc -c
      echo x > /dev/full && echo BAD; echo out > /dev/stdout; echo err > /dev/stderr; exec 3</dev/fd/0`;
    if (account.uid !== process.getuid?.()) {
      // The pipes are not the account's here.
      expect((await rig.run(script.replace(/echo out.*stderr;/, ""))).output).toBe("4\n2\n2\n");
      return;
    }
    const run = await rig.run(script);
    expect(run.output).toBe("4\n2\n2\nout\n");
    expect(run.errors).toMatch(/err\n$/);
  });
});
