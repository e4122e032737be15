import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Action } from "../../src/policy/action.ts";
import { decide, type PolicyContext } from "../../src/policy/decide.ts";
import type { Sandbox } from "../../src/policy/sandbox/sandbox.ts";
import { strengthBut, type Strength } from "../../src/policy/sandbox/strength.ts";
import { realTarget } from "../../src/policy/paths.ts";
import { nodeFiles } from "../../src/system/node-files.ts";

let base: string;
let work: string;
let outside: string;
beforeEach(() => {
  base = realpathSync(mkdtempSync(join(tmpdir(), "policy-")));
  work = join(base, "work");
  outside = join(base, "outside");
  for (const folder of [work, outside, join(work, "sub"), join(work, ".git"), join(base, "home")])
    mkdirSync(folder, { recursive: true });
  writeFileSync(join(base, "home", "auth.json"), "{}");
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

type Settings = Partial<PolicyContext["permissions"]> &
  Partial<Pick<PolicyContext, "homes" | "secrets" | "cwd" | "temporaryDirectory" | "standing" | "required">>;

// The temporary folders are left out by default: the test's own place lies in one.
function judge(action: Action, settings: Settings = {}): string {
  const decision = decide(action, contextOf(settings));
  return decision.type === "deny" ? decision.reason : decision.type;
}

function contextOf(settings: Settings): PolicyContext {
  const { homes, secrets, cwd, temporaryDirectory, standing, required, ...permissions } = settings;
  return {
    cwd: cwd ?? work,
    temporaryDirectory: temporaryDirectory ?? "",
    homes: homes ?? [join(base, "home")],
    secrets: secrets ?? [join(base, "home", "auth.json")],
    files: nodeFiles,
    standing: standing ?? { sandbox: null, why: "nothing works here" },
    required: required ?? [],
    permissions: {
      sandbox: "workspace-write",
      networkAccess: false,
      writableRoots: [],
      excludeTmpdir: true,
      excludeSlashTmp: true,
      approvalPolicy: "never",
      ...permissions,
    },
  };
}

const write = (path: string, settings?: Settings): string => judge({ kind: "write", paths: [path] }, settings);
const read = (path: string, settings?: Settings): string => judge({ kind: "read", paths: [path] }, settings);

describe("writing", () => {
  test("below the working directory is allowed, also in folders that do not exist yet", () => {
    expect(write(join(work, "a"))).toBe("allow");
    expect(write(join(work, "new/deep/a"))).toBe("allow");
    expect(write(work)).toBe("allow");
  });

  test("elsewhere is not, however the path is put", () => {
    expect(write(join(outside, "a"))).toBe("outside");
    expect(write(`${work}-sibling/a`)).toBe("outside");
    expect(write(`${work}/../outside/a`)).toBe("outside");
    expect(write(`${work}/sub/../../outside/a`)).toBe("outside");
    expect(write(`${work}/missing/../../outside/a`)).toBe("outside");
    expect(write("/")).toBe("outside");
    expect(write("/etc/passwd")).toBe("outside");
  });

  test("one path outside refuses them all", () => {
    expect(judge({ kind: "write", paths: [join(work, "a"), join(outside, "b")] })).toBe("outside");
  });

  test("follows links: out of the workspace, into it, and nowhere", () => {
    symlinkSync(outside, join(work, "out"));
    symlinkSync(join(work, "sub"), join(outside, "in"));
    symlinkSync(join(outside, "not-there"), join(work, "dangling"));
    symlinkSync(join(work, "loop"), join(work, "loop"));
    expect(write(join(work, "out"))).toBe("outside");
    expect(write(join(work, "out/new/a"))).toBe("outside");
    expect(write(join(outside, "in/a"))).toBe("allow");
    expect(write(join(work, "dangling"))).toBe("outside");
    expect(write(join(work, "loop/a"))).toBe("outside");
    expect(write(`${work}/out/../work/a`)).toBe("allow");
  });

  test("is judged anew each time: a link that is swapped is seen", () => {
    const link = join(work, "swapped");
    symlinkSync(join(work, "sub"), link);
    expect(write(join(link, "a"))).toBe("allow");
    unlinkSync(link);
    symlinkSync(outside, link);
    expect(write(join(link, "a"))).toBe("outside");
  });

  test("a working directory that is a link means what it leads to", () => {
    symlinkSync(work, join(base, "link"));
    expect(write(join(base, "link", "a"), { cwd: join(base, "link") })).toBe("allow");
    expect(write(join(work, "a"), { cwd: join(base, "link") })).toBe("allow");
  });

  test("protected folders of every root stay as they are, whether they exist or not", () => {
    for (const name of [".git", ".codex", ".agents", ".aws"]) {
      expect(write(join(work, name, "config")), name).toBe("outside");
      expect(write(join(work, name)), name).toBe("outside");
      expect(write(join(outside, name, "x"), { writableRoots: [outside] }), name).toBe("outside");
    }
    expect(write(join(work, ".gitignore"))).toBe("allow");
    expect(write(join(work, ".github/x"))).toBe("allow");
    expect(write(`${work}/sub/../.git/config`)).toBe("outside");
  });

  test("a protected folder that is a link is protected where it leads", () => {
    rmSync(join(work, ".git"), { recursive: true });
    mkdirSync(join(work, "real-git"));
    symlinkSync(join(work, "real-git"), join(work, ".git"));
    symlinkSync(join(work, "real-git"), join(work, "alias"));
    expect(write(join(work, ".git/config"))).toBe("outside");
    expect(write(join(work, "real-git/config"))).toBe("outside");
    expect(write(join(work, "alias/config"))).toBe("outside");
  });

  test("a root that is the whole machine has protected folders too", () => {
    expect(write("/.git/config", { writableRoots: ["/"] })).toBe("outside");
    expect(write(join(outside, "a"), { writableRoots: ["/"] })).toBe("allow");
  });

  test("a root inside another does not open the other's protected folders", () => {
    expect(write(join(work, ".git/hooks/x"), { writableRoots: [join(work, ".git/hooks")] })).toBe("outside");
  });

  test("homes inside the workspace are not written to", () => {
    const homes = [join(work, "codex-home")];
    expect(write(join(work, "codex-home/config.toml"), { homes })).toBe("outside");
    expect(write(join(work, "codex-home"), { homes })).toBe("outside");
    expect(write(join(work, "codex-homely"), { homes })).toBe("allow");
  });

  test("the temporary directories are writable unless they are excluded", () => {
    expect(write("/tmp/some-new-file", { excludeSlashTmp: false })).toBe("allow");
    expect(write("/tmp/some-new-file")).toBe("outside");
    expect(write(join(outside, "a"), { excludeTmpdir: false, temporaryDirectory: outside })).toBe("allow");
    expect(write(join(outside, "a"), { excludeTmpdir: true, temporaryDirectory: outside })).toBe("outside");
    expect(write(join(outside, "a"), { excludeTmpdir: false, temporaryDirectory: "" })).toBe("outside");
  });

  test("read-only refuses everything, full access nothing", () => {
    expect(write(join(work, "a"), { sandbox: "read-only", writableRoots: [work] })).toBe("sandbox");
    expect(write("/etc/passwd", { sandbox: "danger-full-access" })).toBe("allow");
  });
});

describe("reading", () => {
  test("is free but for secrets, however they are reached", () => {
    const secret = join(base, "home", "auth.json");
    symlinkSync(secret, join(work, "innocent"));
    symlinkSync(join(base, "home"), join(work, "house"));
    expect(read("/etc/passwd")).toBe("allow");
    expect(read(join(outside, "not-there"))).toBe("allow");
    for (const path of [secret, join(work, "innocent"), join(work, "house/auth.json"), `${work}/../home/auth.json`]) {
      expect(read(path), path).toBe("secret");
      expect(read(path, { sandbox: "read-only" }), path).toBe("secret");
    }
    expect(read(secret, { sandbox: "danger-full-access" })).toBe("allow");
  });

  test("the environment of a process is a secret: it holds keys", () => {
    symlinkSync(`/proc/${process.pid}`, join(work, "agent"));
    const threads = `/proc/${process.pid}/task/${process.pid}`;
    for (const folder of ["/proc/self", "/proc/thread-self", `/proc/${process.ppid}`, threads, join(work, "agent")]) {
      expect(read(`${folder}/environ`), folder).toBe("secret");
      expect(read(`${folder}/environ`, { sandbox: "danger-full-access" }), folder).toBe("allow");
      expect(read(`${folder}/status`), folder).toBe("allow");
    }
  });

  test("a folder of secrets is one as a whole", () => {
    expect(read(join(base, "home", "x"), { secrets: [join(base, "home")] })).toBe("secret");
  });
});

describe("commands", () => {
  const command = (escalate: boolean): Action => ({
    kind: "command",
    argv: ["ls"],
    cwd: work,
    escalate,
    justification: null,
  });

  const standing = (strength: Strength, rung: Sandbox["rung"] = "landlock"): Settings => ({
    standing: {
      sandbox: {
        rung,
        strength,
        views: [],
        enclose: (argv) => ({ argv: ["walls", ...argv], release: () => {} }),
        close: () => {},
      },
    },
  });

  test("run within the walls that stand, and bare with full access", () => {
    const context = contextOf(standing(strengthBut({})));
    const decision = decide(command(false), context);
    expect(decision.type === "allow" && decision.enclose?.(["ls"], work).argv).toEqual(["walls", "ls"]);
    const full = contextOf({ ...standing(strengthBut({})), sandbox: "danger-full-access" });
    expect(decide(command(false), full)).toEqual({ type: "allow", enclose: null });
  });

  test("are refused where a wall is missing that is required, with the reason", () => {
    const weak = standing(strengthBut({ guarded: "no exceptions" }));
    expect(judge(command(false), { ...weak, required: ["writes"] })).toBe("allow");
    const decision = decide(command(false), contextOf({ ...weak, required: ["writes", "guarded"] }));
    expect(decision).toMatchObject({ type: "deny", message: expect.stringContaining("guarded (no exceptions)") });
  });

  test("run bare where the user has said that something around is the wall", () => {
    const bare = standing(strengthBut({ writes: "not ours" }), "external");
    expect(decide(command(false), contextOf({ ...bare, required: ["writes"] }))).toEqual({
      type: "allow",
      enclose: null,
    });
  });

  test("run with full access alone where there are no walls", () => {
    expect(judge(command(false), { sandbox: "danger-full-access" })).toBe("allow");
    expect(judge(command(false), { sandbox: "read-only" })).toBe("walls");
    expect(judge(command(false))).toBe("walls");
  });

  test("cannot ask for more when nobody is there to ask", () => {
    expect(judge(command(true), { sandbox: "danger-full-access" })).toBe("escalation");
    expect(judge(command(true), { sandbox: "danger-full-access", approvalPolicy: "on-request" })).toBe("allow");
  });

  test("input for what runs, and what touches nothing, is free", () => {
    expect(judge({ kind: "stdin", sessionId: 1, text: "y" }, { sandbox: "read-only" })).toBe("allow");
    expect(judge({ kind: "none" }, { sandbox: "read-only" })).toBe("allow");
  });
});

test("a path below a file leads nowhere that could be written", () => {
  writeFileSync(join(work, "file"), "");
  expect(realTarget(join(work, "file/x"), nodeFiles)).toBe(join(work, "file/x"));
  expect(realTarget(`${work}/missing/../x`, nodeFiles)).toBeNull();
});
