import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { installationId } from "../../src/host/installation-id.ts";
import { type IdentityFacts, requestIdentity } from "../../src/host/model/request-identity.ts";
import { turnInput } from "../../src/host/turn-input.ts";
import { userShell } from "../../src/host/user-shell.ts";
import { readWorkspace } from "../../src/host/workspace.ts";
import { createIds } from "../../src/system/ids.ts";
import { nodeFiles } from "../../src/system/node-files.ts";
import { nodeSystem } from "../../src/system/node.ts";
import type { System } from "../../src/system/ports.ts";

const system = nodeSystem();
const ids = createIds(system.clock, system.random);
let folder: string;
beforeEach(() => void (folder = realpathSync(mkdtempSync(join(tmpdir(), "host-")))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const png = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);

describe("turn input", () => {
  const make = (elements: Parameters<typeof turnInput>[0], imageDetail: "high" | "original" | null = "high") =>
    turnInput(elements, {
      cwd: folder,
      files: nodeFiles,
      imageDetail,
      attachments: (text) => [{ kind: "seen", text }],
    });

  test("input keeps its order, each image between its markers", () => {
    writeFileSync(join(folder, "a.png"), png);
    const input = make([
      { type: "text", text: "look" },
      { type: "localImage", path: "a.png" },
      { type: "image", url: "https://x/y.png" },
      { type: "text", text: "well" },
    ]);
    expect(input.content).toEqual([
      { type: "input_text", text: "look" },
      { type: "input_text", text: '<image name=[Image #1] path="a.png">' },
      { type: "input_image", image_url: `data:image/png;base64,${png.toString("base64")}`, detail: "high" },
      { type: "input_text", text: "</image>" },
      { type: "input_image", image_url: "https://x/y.png", detail: "high" },
      { type: "input_text", text: "well" },
    ]);
    expect(input.kinds).toEqual([
      "user.text",
      "user.image_open",
      "user.image",
      "user.image_close",
      "user.image",
      "user.text",
    ]);
    expect(input.attachments).toEqual([{ kind: "seen", text: "look\nwell" }]);
  });

  test("an image that cannot be shown is refused by name", () => {
    writeFileSync(join(folder, "not.png"), "text");
    writeFileSync(join(folder, "empty.png"), "");
    mkdirSync(join(folder, "dir.png"));
    const image = (path: string) => () => make([{ type: "localImage", path }]);
    expect(image("missing.png")).toThrow(/missing\.png/);
    expect(image("dir.png")).toThrow(/dir\.png/);
    expect(image("not.png")).toThrow(/not\.png/);
    expect(image("empty.png")).toThrow(/empty\.png/);
    writeFileSync(join(folder, "a.png"), png);
    expect(() => make([{ type: "localImage", path: join(folder, "a.png") }], null)).toThrow(/reads no images/);
  });
});

describe("the workspace", () => {
  const git = (...words: string[]): string =>
    execFileSync("git", words, { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  const look = () => readWorkspace(folder, system);
  const commit = (): string => {
    writeFileSync(join(folder, "f"), "x");
    git("add", "f");
    git("-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false", "commit", "-q", "-m", "m");
    return git("rev-parse", "HEAD").trim();
  };

  test("without a repository there is none", async () => {
    expect(await look()).toBeNull();
  });

  test("a repository without commits has no commit", async () => {
    git("init", "-q", "-b", "main");
    expect(await look()).toEqual({ root: folder, git: { branch: "main" }, hasChanges: false, remotes: {} });
  });

  test("commit, branch and changes are seen, from a folder below too", async () => {
    git("init", "-q", "-b", "main");
    const hash = commit();
    expect(await look()).toMatchObject({ git: { commitHash: hash, branch: "main" }, hasChanges: false });
    mkdirSync(join(folder, "sub"));
    writeFileSync(join(folder, "new"), "");
    expect(await readWorkspace(join(folder, "sub"), system)).toMatchObject({ root: folder, hasChanges: true });
    git("checkout", "-q", "--detach");
    expect((await look())!.git).toEqual({ commitHash: hash });
  });

  test("credentials never leave in the address of a remote", async () => {
    git("init", "-q");
    git("remote", "add", "origin", "https://user:s3cret@example.org/a.git");
    git("remote", "add", "token", "https://ghp_s3cret@example.org/b.git");
    git("remote", "add", "at", "https://user:s3c@ret@example.org/at.git");
    git("remote", "add", "dotted.name", "ssh://git@example.org/c.git");
    git("remote", "add", "short", "git@example.org:d.git");
    const workspace = await look();
    expect(workspace!.remotes).toMatchObject({
      origin: "https://example.org/a.git",
      token: "https://example.org/b.git",
      "dotted.name": "ssh://example.org/c.git",
      short: "git@example.org:d.git",
    });
    expect(workspace!.git.repositoryUrl).toBe("https://example.org/a.git");
    expect(JSON.stringify(workspace)).not.toMatch(/s3c|ret@/);
  });
});

describe("the installation id", () => {
  test("is made once and kept", () => {
    const home = join(folder, "new", "home");
    const made = installationId(home, nodeFiles, ids);
    expect(readFileSync(join(home, "installation_id"), "utf8").trim()).toBe(made);
    expect(installationId(home, nodeFiles, ids)).toBe(made);
  });

  test("of Codex is taken over; what is no id is replaced", () => {
    const theirs = "84b2dae7-e741-4d5e-a9a0-b3f1e03e5dda";
    writeFileSync(join(folder, "installation_id"), `${theirs}\n`);
    expect(installationId(folder, nodeFiles, ids)).toBe(theirs);
    writeFileSync(join(folder, "installation_id"), "garbage");
    expect(installationId(folder, nodeFiles, ids)).toMatch(/^[0-9a-f-]{36}$/);
  });

  test("is one for the moment where nothing can be written", () => {
    const blocked = join(folder, "file");
    writeFileSync(blocked, "");
    expect(installationId(join(blocked, "home"), nodeFiles, ids)).toMatch(/^[0-9a-f-]{36}$/);
    const readOnly = join(folder, "read-only");
    mkdirSync(readOnly);
    chmodSync(readOnly, 0o500);
    expect(installationId(readOnly, nodeFiles, ids)).toMatch(/^[0-9a-f-]{36}$/);
  });
});

test("the user's shell is the account's where it is POSIX and there, else bash, else sh", () => {
  const shell = (loginShell: string | null, SHELL: string | undefined, present: readonly string[]): string => {
    const stat = (path: string) =>
      present.includes(path) ? { kind: "file" as const, size: 1, modifiedMs: 0, mode: 0o755, ownerId: 0 } : null;
    const fake: System = {
      ...system,
      files: { ...nodeFiles, stat },
      environment: { ...system.environment, loginShell, variables: SHELL === undefined ? {} : { SHELL } },
    };
    return userShell(fake);
  };
  const all = ["/bin/bash", "/bin/zsh", "/usr/bin/fish", "/bin/sh"];
  expect(shell("/bin/zsh", "/bin/bash", all)).toBe("/bin/zsh");
  expect(shell("/usr/bin/fish", "/bin/zsh", all)).toBe("/bin/zsh");
  expect(shell("/usr/sbin/nologin", undefined, all)).toBe("/bin/bash");
  expect(shell("/bin/zsh", "zsh", ["/bin/sh"])).toBe("/bin/sh");
  expect(shell(null, undefined, ["/bin/bash"])).toBe("/bin/bash");
});

test("a request's metadata has Codex's keys in their order, and only those that mean something", () => {
  const facts: IdentityFacts = {
    autoReviewRequired: false,
    installationId: "i",
    threadId: "t",
    contextWindowId: "w",
    historyInitialization: "new",
    forkedFromId: null,
    forkedFromOrdinal: null,
    threadSource: "user",
    agent: null,
    permissions: {
      sandbox: "danger-full-access",
      networkAccess: false,
      writableRoots: [],
      excludeTmpdir: false,
      excludeSlashTmp: false,
      approvalPolicy: "never",
    },
    model: "m",
    effort: null,
    workspace: null,
  };
  const turn = { turnId: "u", startedAtMs: 5, windowNumber: 2, trigger: "exec", origin: null };
  const { metadata, ...rest } = requestIdentity(facts, turn);
  expect(rest).toEqual({
    installationId: "i",
    sessionId: "t",
    threadId: "t",
    turnId: "u",
    rootTurnId: "u",
    windowId: "t:2",
  });
  expect(Object.keys(metadata)).toEqual([
    "installation_id",
    "session_id",
    "thread_id",
    "agent_name",
    "turn_id",
    "window_id",
    "window_number",
    "context_window_id",
    "request_kind",
    "history_initialization",
    "root_turn_id",
    "thread_source",
    "turn_trigger",
    "sandbox",
    "sandbox_mode",
    "auto_review_enabled",
    "node_repl_auto_review_required",
    "node_repl_disabled",
    "turn_started_at_unix_ms",
    "analytics_enabled",
    "model",
  ]);
  expect(metadata).toMatchObject({
    sandbox: "none",
    sandbox_mode: "danger-full-access",
    turn_trigger: "exec",
    window_number: 2,
  });
  const workspace = { root: "/r", git: { commitHash: "h" }, hasChanges: true, remotes: { origin: "https://x/y" } };
  expect(requestIdentity({ ...facts, workspace, effort: "low", forkedFromId: "f" }, turn).metadata).toMatchObject({
    forked_from_thread_id: "f",
    reasoning_effort: "low",
    workspaces: {
      "/r": { associated_remote_urls: { origin: "https://x/y" }, latest_git_commit_hash: "h", has_changes: true },
    },
  });
  expect(
    requestIdentity({ ...facts, permissions: { ...facts.permissions, sandbox: "read-only" } }, turn).metadata,
  ).toMatchObject({ sandbox: "seccomp" });
});
