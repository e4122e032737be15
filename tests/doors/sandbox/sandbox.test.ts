import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Permissions } from "../../../src/protocol/permissions.ts";
import { makeWorkspace, selfTest, type OpenWalls } from "../../../src/doors/sandbox/self-test.ts";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { makeStage, ours, type Stage } from "../../support/run.ts";

let stage: Stage;
beforeEach(async () => {
  const made = await makeStage();
  onTestFinished(() => made.dispose());
  stage = made;
});

function sandbox(...argv: string[]): { code: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(ours().path, ["sandbox", ...argv], {
    cwd: stage.workspace,
    env: stage.env,
    input: "from stdin\n",
    encoding: "utf8",
    timeout: 60_000,
  });
  return { code: status, stdout, stderr };
}

describe("codex-agent sandbox", () => {
  test("runs a command on the streams of the caller and ends with its exit code", () => {
    expect(sandbox("--", "sh", "-c", "cat; echo wrong >&2; exit 5")).toEqual({
      code: 5,
      stdout: "from stdin\n",
      stderr: "wrong\n",
    });
    expect(sandbox("--", "sh", "-c", "kill -9 $$").code).toBe(137);
  });

  test("lets nothing be written unless it is asked to", () => {
    expect(sandbox("--", "touch", "a").code).toBe(1);
    expect(sandbox("-s", "workspace-write", "--", "touch", "b").code).toBe(0);
    expect(readdirSync(stage.workspace)).toEqual(["b"]);
  });

  test("takes more writable folders, a working directory and settings", () => {
    const more = join(stage.root, "more");
    mkdirSync(more);
    mkdirSync(join(stage.workspace, "sub"));
    expect(
      sandbox("-s", "workspace-write", "--add-dir", more, "-C", "sub", "--", "sh", "-c", `touch ${more}/a b; pwd`),
    ).toEqual({
      code: 0,
      stdout: `${join(stage.workspace, "sub")}\n`,
      stderr: "",
    });
    expect(existsSync(join(more, "a"))).toBe(true);
    expect(sandbox("-c", 'sandbox_mode="workspace-write"', "--", "touch", "c").code).toBe(0);
  });

  test("keeps credentials from the command, also those in the environment", () => {
    writeFileSync(join(stage.codexHome, "auth.json"), '{"OPENAI_API_KEY":"sk-file"}');
    stage.env["OPENAI_API_KEY"] = "sk-environment";
    const { stdout } = sandbox("--", "sh", "-c", `env; cat ${stage.codexHome}/auth.json; cat /proc/*/environ`);
    expect(stdout).toContain("CODEX_SANDBOX_NETWORK_DISABLED=1");
    expect(stdout).not.toMatch(/sk-file|sk-environment/);
  });

  test("keeps the locks of the login from the command, which could hold them open", () => {
    const locks = ["auth.lock", "auth.json.lock", "auth.renewal.lock"].map((name) => join(stage.codexHome, name));
    for (const lock of locks) writeFileSync(lock, "reached");
    const { stdout } = sandbox("--", "sh", "-c", `cat ${locks.join(" ")}; echo tried`);
    expect(stdout).toBe("tried\n");
  });

  test("says what was wrong when there is no command, or none that could run", () => {
    expect(sandbox()).toMatchObject({ code: 2, stdout: "" });
    expect(sandbox("--", "no-such-program")).toMatchObject({
      code: 127,
      stderr: expect.stringContaining("no-such-program"),
    });
  });

  test("refuses to run where the walls that are asked for cannot be had", () => {
    const { code, stderr } = sandbox("-c", 'codex_agent.sandbox.require=["limits"]', "--", "true");
    expect(code).toBe(1);
    expect(stderr).toMatch(/do not hold limits/);
    expect(sandbox("-c", 'codex_agent.sandbox.rung="ladder"', "--", "true")).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("bubblewrap, helper, landlock, seatbelt, external"),
    });
  });

  test("runs bare where the user says that something around it is the wall", () => {
    const rung = ["-c", 'codex_agent.sandbox.rung="external"'];
    expect(sandbox(...rung, "--", "touch", "written").code).toBe(0);
    expect(existsSync(join(stage.workspace, "written"))).toBe(true);
  });

  test.each(["bubblewrap", "helper", "landlock"])("tests itself: %s holds what it states", (rung) => {
    const { code, stdout } = sandbox("--self-test", "--json", "-c", `codex_agent.sandbox.rung="${rung}"`);
    expect(code).toBe(0);
    const report = JSON.parse(stdout) as {
      rung: string;
      strength: Record<string, { held: boolean }>;
      trials: { wall: string; result: string }[];
    };
    expect(report.rung).toBe(rung);
    expect(report.trials.length).toBeGreaterThan(15);
    expect(Object.keys(report.strength).filter((wall) => !report.trials.some((trial) => trial.wall === wall))).toEqual(
      [],
    );
    const passed = new Set(report.trials.filter(({ result }) => result !== "held").map(({ wall }) => wall));
    const root = process.getuid?.() === 0;
    const open = {
      bubblewrap: ["pipes", ...(root ? ["limits"] : [])],
      helper: root ? ["limits"] : [],
      landlock: ["guarded", "processes", "hosts", "limits"],
    };
    expect([...passed].toSorted()).toEqual(open[rung as keyof typeof open].toSorted());
    for (const wall of passed) expect(report.strength[wall]?.held).toBe(false);
  });

  test("tests itself in earnest: where there are no walls, nearly everything comes through", async () => {
    const workspace = makeWorkspace(join(stage.root, "runtime"));
    const bare: OpenWalls = async () => ({
      cwd: workspace,
      environment: { PATH: process.env["PATH"] ?? "" },
      permissions: { sandbox: "workspace-write" } as Permissions,
      walls: null,
      enclose: (argv) => ({ argv, release: () => {} }),
      close: async () => {},
    });
    const trials = await selfTest(bare, workspace, join(stage.root, "runtime"));
    rmSync(workspace, { recursive: true });
    const held = trials.filter(({ result }) => result === "held").map(({ attempt }) => attempt);
    // The namespace that mounts is one of its own.
    expect(held.filter((attempt) => attempt !== "mounting something over the workspace")).toEqual([]);
  });

  test("leaves nothing behind", () => {
    sandbox("-s", "workspace-write", "--", "ls", "-A");
    expect(readdirSync(stage.workspace)).toEqual([]);
  });
});

test.each([
  { settings: "", seen: ["GITHUB_TOKEN", "MY_SECRET"] },
  { settings: '[codex_agent]\nmode = "auto"', seen: [] },
  {
    settings: '[codex_agent]\nmode = "auto"\n[shell_environment_policy]\nignore_default_excludes = true',
    seen: ["GITHUB_TOKEN", "MY_SECRET"],
  },
  {
    settings: '[codex_agent]\nmode = "auto"\n[shell_environment_policy.set]\nGITHUB_TOKEN = "given"',
    seen: ["GITHUB_TOKEN"],
  },
])(
  "variables with names of secrets stay outside in a mode of ours, not with Codex's settings: $settings",
  ({ settings, seen }) => {
    writeFileSync(join(stage.codexHome, "config.toml"), settings);
    Object.assign(stage.env, { GITHUB_TOKEN: "t", MY_SECRET: "s" });
    const { stdout } = sandbox("--", "env");
    expect(["GITHUB_TOKEN", "MY_SECRET"].filter((name) => stdout.includes(`${name}=`))).toEqual(seen);
  },
);

describe("hosts", () => {
  const ask = (host: string, port: number): string[] => [
    "/usr/bin/perl",
    "-MSocket",
    "-e",
    `socket my $s, AF_INET, SOCK_STREAM, 0 or die "no socket"; connect $s, pack_sockaddr_in(3128, INADDR_LOOPBACK) or die "no gate";
     syswrite $s, "GET http://${host}:${port}/ HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n"; local $/; print <$s>`,
  ];

  test("reaches the hosts that are allowed and no other", async () => {
    // In a process of its own: this one waits for the command without answering anybody.
    const program = `require("http").createServer((_, r) => r.end("reached")).listen(0, "127.0.0.1", function () { console.log(this.address().port) })`;
    const server = spawn(process.execPath, ["-e", program], { stdio: ["ignore", "pipe", "inherit"] });
    onTestFinished(() => void server.kill());
    const [line] = (await once(server.stdout, "data")) as [Buffer];
    const port = Number(line.toString());
    const allow = (list: string): string[] => ["-c", `codex_agent.network.allow=${list}`];
    const reached = sandbox(...allow(`["127.0.0.1:${port}"]`), "--", ...ask("127.0.0.1", port));
    expect(reached.stdout).toMatch(/^HTTP\/1.1 200 [^]*reached/);
    expect(reached.stderr).toBe("");
    const refused = sandbox(...allow('["allowed.test"]'), "--", ...ask("127.0.0.1", port));
    expect(refused.stdout).toMatch(/^HTTP\/1.1 403 /);
    expect(refused.stderr).toBe(
      `codex-agent: A command wanted to reach 127.0.0.1:${port} and was refused: codex_agent.network.allow does not name it.\n`,
    );
    // An empty list is no network, not every one.
    expect(sandbox(...allow("[]"), "--", ...ask("127.0.0.1", port)).stderr).toMatch(/no socket|no gate/);
    const bare = sandbox(
      "-c",
      'codex_agent.sandbox.rung="landlock"',
      ...allow('["a.test"]'),
      "--",
      ...ask("127.0.0.1", port),
    );
    expect(bare.stderr).toMatch(/hosts of codex_agent.network.allow cannot be reached here[^]*no (socket|gate)/);
    expect(
      readdirSync(
        join(stage.env["AGENT_RUNTIME_DIR"] ?? join(stage.env["HOME"] ?? "", ".agent_runtime"), "cache", "gates"),
      ),
    ).toEqual([]);
  });

  test.each([
    ["codex_agent.network.allow=[7]", "`codex_agent.network.allow.0` must be a string, found the integer 7"],
    ['codex_agent.network.deny=["a b"]', 'codex_agent.network.deny has "a b", which is no host'],
    ["codex_agent.network.only=[]", "`codex_agent.network.only` is not known; there are: allow, deny"],
    ["codex_agent.sandbox.limits.memory=1", "`codex_agent.sandbox.limits.memory` is not known; there are: memory_mb"],
    [
      "codex_agent.sandbox.limits.processes=1",
      "`codex_agent.sandbox.limits.processes` must be an integer from 8 on, found the integer 1",
    ],
  ])("settings that mean nothing are refused: %s", (setting, said) => {
    const { code, stderr } = sandbox("-c", setting, "--", "true");
    expect(code).toBe(1);
    expect(stderr).toContain(said);
  });

  test("a command that takes longer than it may is ended", () => {
    expect(sandbox("-c", "codex_agent.sandbox.limits.seconds=1", "--", "sleep", "60").code).toBe(137);
  });
});
