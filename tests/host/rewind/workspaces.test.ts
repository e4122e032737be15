import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { git, picture, rewindable, type Rewindable } from "./support.ts";
import { until } from "../../support/until.ts";

let thread: Rewindable;
afterEach(() => thread.close());

const read = (name: string): string => readFileSync(thread.path(name), "utf8");
const isRoot = process.getuid?.() === 0;

describe("a repository of the user's", () => {
  it("keeps its index, stash, refs and hooks byte by byte, and what was not committed", async () => {
    thread = await rewindable({ stage: { git: true, files: { "a.txt": "one\n", "b.txt": "one\n" } } });
    const { workspace } = thread.stage;
    git(workspace, "add", ".");
    git(workspace, "commit", "-qm", "first");
    writeFileSync(thread.path("a.txt"), "stashed\n");
    git(workspace, "stash");
    writeFileSync(thread.path("a.txt"), "staged\n");
    git(workspace, "add", "a.txt");
    writeFileSync(thread.path("a.txt"), "not staged\n");
    const before = picture(workspace);
    await thread.turn({ run: "echo agent > a.txt; echo agent > b.txt; echo agent > c.txt" });
    expect(await thread.diff()).toMatchObject({ files: [{ path: "a.txt" }, { path: "b.txt" }, { path: "c.txt" }] });
    expect(await thread.rewind(0)).toMatchObject({ done: true });
    expect(picture(workspace)).toEqual(before);
  });

  it("keeps a commit that the agent made: its own folder is not covered", async () => {
    thread = await rewindable({ stage: { git: true, files: { "a.txt": "one\n" } } });
    await thread.turn({
      run: "echo two > a.txt; git -c user.name=a -c user.email=a@b add . && git -c user.name=a -c user.email=a@b commit -qm agent",
    });
    expect(await thread.rewind(0)).toMatchObject({ done: true, files: [{ path: "a.txt" }] });
    expect(read("a.txt")).toBe("one\n");
    expect(git(thread.stage.workspace, "log", "--format=%s")).toBe("agent\n");
  });

  it("runs nothing of what it brings: filters, hooks, monitors, drivers, pagers", async () => {
    const mark = "touch ran-";
    thread = await rewindable({
      stage: {
        git: true,
        files: {
          ".gitattributes": "* filter=evil diff=evil merge=evil working-tree-encoding=UTF-16 text eol=crlf ident\n",
          "a.txt": "one $Id$\r\n",
          git: "#!/bin/sh\ntouch ran-git\n",
        },
      },
    });
    const { workspace } = thread.stage;
    chmodSync(thread.path("git"), 0o755);
    for (const [key, value] of [
      ["core.fsmonitor", `${mark}fsmonitor`],
      ["core.hooksPath", ".hooks"],
      ["core.sshCommand", `${mark}ssh`],
      ["core.pager", `${mark}pager`],
      ["core.editor", `${mark}editor`],
      ["credential.helper", `!${mark}credentials`],
      ["filter.evil.clean", `${mark}clean`],
      ["filter.evil.smudge", `${mark}smudge`],
      ["filter.evil.process", `${mark}process`],
      ["filter.evil.required", "true"],
      ["diff.evil.command", `${mark}diff`],
      ["diff.evil.textconv", `${mark}textconv`],
      ["diff.external", `${mark}external`],
    ]) {
      git(workspace, "config", key!, value!);
    }
    mkdirSync(thread.path(".hooks"));
    for (const folder of [".hooks", ".git/hooks"]) {
      for (const hook of [
        "post-index-change",
        "post-checkout",
        "reference-transaction",
        "pre-auto-gc",
        "fsmonitor-watchman",
      ]) {
        mkdirSync(thread.path(folder), { recursive: true });
        writeFileSync(thread.path(`${folder}/${hook}`), `#!/bin/sh\n${mark}${hook}\n`, { mode: 0o755 });
      }
    }
    const before = picture(workspace);
    await thread.turn({ run: "printf 'two $Id$\\r\\n' > a.txt; echo '* filter=evil' > sub.txt" });
    const { diff } = await thread.diff();
    expect(diff).toContain("-one $Id$\r\n+two $Id$\r\n");
    expect(await thread.rewind(0)).toMatchObject({ done: true, conflicts: [] });
    expect(picture(workspace)).toEqual(before);
  });

  it("may hold others, and worktrees and submodules: their files are covered, their own folders are not", async () => {
    thread = await rewindable({ stage: { git: true, files: { "a.txt": "one\n" } } });
    const { workspace, root } = thread.stage;
    git(workspace, "add", ".");
    git(workspace, "commit", "-qm", "first");
    mkdirSync(thread.path("nested/inner"), { recursive: true });
    for (const folder of ["nested", "nested/inner"]) {
      git(thread.path(folder), "init", "-q");
      writeFileSync(thread.path(`${folder}/.gitignore`), "ignored\n");
      writeFileSync(thread.path(`${folder}/f`), "one\n");
      git(thread.path(folder), "add", "f");
      git(thread.path(folder), "commit", "-qm", "nested");
    }
    git(workspace, "worktree", "add", "-q", "tree");
    execFileSync("cp", ["-r", thread.path("nested/inner"), join(root, "library")]);
    git(workspace, "-c", "protocol.file.allow=always", "submodule", "add", "-q", join(root, "library"), "module");
    const before = picture(workspace);
    await thread.turn({
      run: "for d in nested nested/inner tree module; do echo two > $d/f; echo new > $d/new; done; rm nested/inner/f",
    });
    expect(await thread.rewind(0)).toMatchObject({ done: true, conflicts: [], failed: [] });
    expect(picture(workspace, (path) => path === "tree/f")).toEqual(before);
    expect(existsSync(thread.path("tree/f"))).toBe(false);
  });
});

describe("names", () => {
  it("may hold any byte, and are put back as they were", async () => {
    thread = await rewindable();
    const names = [
      "line\nbreak",
      "tab\there",
      '"quoted"',
      "-rf",
      ":(top)x",
      "*",
      "back\\slash",
      "\u001b[31mred",
      "é",
      " ",
      "#",
      "!x",
      ".GIT2",
      "a b",
      "ünï/cödé",
    ];
    for (const name of names) {
      mkdirSync(join(thread.path(name), ".."), { recursive: true });
      writeFileSync(thread.path(name), "one\n");
    }
    const odd = Buffer.concat([Buffer.from(thread.path("odd-")), Buffer.from([0xff, 0xfe, 0xe2, 0x82])]);
    writeFileSync(odd, "one\n");
    const folder = Buffer.concat([Buffer.from(thread.path("dir-")), Buffer.from([0xff])]);
    mkdirSync(folder);
    writeFileSync(Buffer.concat([folder, Buffer.from("/f")]), "one\n");
    const before = picture(thread.stage.workspace);
    await thread.turn({
      run: `find . -type f -exec sh -c 'echo two > "$1"' _ {} \\; ; rm -r dir-*; printf x > "$(printf 'new\\377')"`,
    });
    const changed = picture(thread.stage.workspace);
    expect(changed).not.toEqual(before);
    const report = await thread.rewind(0);
    expect(report).toMatchObject({ done: true, conflicts: [], failed: [] });
    expect(report.files).toHaveLength(names.length + 3);
    expect(picture(thread.stage.workspace)).toEqual(before);
    await thread.undo();
    expect(picture(thread.stage.workspace)).toEqual(changed);
  });
});

describe("links", () => {
  it("are kept as links and never followed, in either direction", async () => {
    thread = await rewindable({ stage: { files: { "d/f": "one\n", "e/f": "one\n" } } });
    const outside = join(thread.stage.root, "outside");
    mkdirSync(outside);
    writeFileSync(join(outside, "f"), "outside\n");
    symlinkSync(outside, thread.path("link"));
    symlinkSync("nowhere", thread.path("broken"));
    const before = picture(thread.stage.workspace);
    const away = picture(outside);
    await thread.turn({ run: "rm link broken; ln -s d link; echo two > d/f; echo two > e/f; rm -r e; ln -s d e" });
    await thread.settled();
    expect(await thread.rewind(0)).toMatchObject({ done: true, conflicts: [] });
    expect(picture(thread.stage.workspace)).toEqual(before);
    // The agent's folder becomes a link to somewhere else before it is to be written.
    await thread.reopen();
    await thread.turn({ run: "echo three > d/f" });
    await thread.settled();
    rmSync(thread.path("d"), { recursive: true });
    symlinkSync(outside, thread.path("d"));
    const refused = await thread.rewind(0);
    expect(refused.conflicts.map(({ path, why }) => `${path}: ${why}`)).toEqual([
      "d/f: a link is in the place of its folder",
    ]);
    const forced = await thread.rewind(0, { overwrite: true });
    expect(forced.files).toEqual([]);
    expect(picture(outside)).toEqual(away);
  });
});

describe("what is not covered", () => {
  it("is ignored files, but for those that a patch writes or the repository tracks", async () => {
    thread = await rewindable({
      stage: {
        git: true,
        files: { ".gitignore": "*.log\n.env*\n", "kept.log": "one\n", "a.log": "one\n", ".env": "KEY=one\n" },
      },
    });
    writeFileSync(thread.path(".git/info/exclude"), "private\n");
    writeFileSync(thread.path("private"), "one\n");
    git(thread.stage.workspace, "add", "-f", "kept.log");
    await thread.turn(
      { run: "for f in kept.log a.log private; do echo two > $f; done" },
      { patch: "*** Update File: .env\n@@\n-KEY=one\n+KEY=two\n*** Add File: .env.new\n+NEW=1" },
    );
    const report = await thread.rewind(0);
    expect(report).toMatchObject({ done: true, conflicts: [] });
    expect(report.files.map(({ path }) => path)).toEqual([".env", ".env.new", "kept.log"]);
    expect([".env", "kept.log", "a.log", "private"].map(read)).toEqual(["KEY=one\n", "one\n", "two\n", "two\n"]);
    expect(existsSync(thread.path(".env.new"))).toBe(false);
  });

  it("is ignored files; one that a patch removes comes back with its rights: a secret is read by nobody else", async () => {
    thread = await rewindable({
      stage: { files: { ".gitignore": ".env*\n", ".env": "KEY=one\n", ".env.all": "A=1\n" } },
    });
    chmodSync(thread.path(".env"), 0o600);
    const before = picture(thread.stage.workspace);
    await thread.turn({ patch: "*** Delete File: .env\n*** Delete File: .env.all" });
    expect(await thread.rewind(0)).toMatchObject({ done: true, conflicts: [], failed: [] });
    expect(picture(thread.stage.workspace)).toEqual(before);
    expect(statSync(thread.path(".env")).mode & 0o777).toBe(0o600);
  });

  it("is ignored files, also where the same turn changes what is ignored: those that a patch writes come back", async () => {
    thread = await rewindable({
      stage: { files: { ".gitignore": "*.env\n", "a.env": "one\n", "sub/.gitignore": "kept\n", "sub/kept": "one\n" } },
    });
    const before = picture(thread.stage.workspace);
    await thread.turn(
      { run: "echo '*.log' > .gitignore; rm sub/.gitignore; echo generated > new.env" },
      {
        patch: ["a.env", "sub/kept"].map((name) => `*** Update File: ${name}\n@@\n-one\n+two`).join("\n"),
      },
      { patch: "*** Update File: new.env\n@@\n-generated\n+edited" },
    );
    expect(await thread.rewind(0)).toMatchObject({ done: true, conflicts: [] });
    expect(picture(thread.stage.workspace)).toEqual(before);
  });

  it("is what lies in repositories too deep inside of each other, but for files that a patch writes", async () => {
    thread = await rewindable();
    const deep = "a/b/c/d/e/f/g/";
    for (let end = deep.indexOf("/"); end >= 0; end = deep.indexOf("/", end + 1)) {
      mkdirSync(thread.path(deep.slice(0, end)));
      git(thread.path(deep.slice(0, end)), "init", "-q");
    }
    writeFileSync(thread.path(`${deep}there`), "one\n");
    await thread.turn(
      { run: "git init -q new; echo generated > new/f" },
      { patch: `*** Update File: ${deep}there\n@@\n-one\n+two\n*** Update File: new/f\n@@\n-generated\n+edited` },
    );
    expect(await thread.rewind(0)).toMatchObject({ done: true, conflicts: [] });
    expect(read(`${deep}there`)).toBe("one\n");
    expect(existsSync(thread.path("new/f"))).toBe(false);
  });

  it("is files over ten mebibytes, which is said, and what is no file", async () => {
    thread = await rewindable({ stage: { files: { "a.txt": "one\n" } } });
    const big = Buffer.alloc(10 * 2 ** 20 + 1);
    writeFileSync(thread.path("big"), big);
    execFileSync("mkfifo", [thread.path("pipe")]);
    await thread.turn({ run: "echo more >> big; echo two > a.txt" });
    const report = await thread.rewind(0);
    expect(report).toMatchObject({ done: true, files: [{ path: "a.txt" }] });
    expect(report.notes).toEqual(["1 file is not covered (over 10 MiB, or unreadable): big"]);
    expect(readFileSync(thread.path("big"))).toHaveLength(big.length + 5);
    // One that grew so large since is a conflict, and stays.
    await thread.reopen();
    await thread.turn({ run: "echo small > grows" });
    await thread.settled();
    writeFileSync(thread.path("grows"), big);
    expect((await thread.rewind(0)).conflicts).toMatchObject([{ path: "grows", canOverwrite: false }]);
  });

  it("is a home directory, which is said when the first command runs", async () => {
    thread = await rewindable();
    const { client, stage } = thread;
    await thread.settled();
    const { threadId } = await client.call("thread/start", {
      cwd: stage.home,
      sandbox: "danger-full-access",
      approvalPolicy: "never",
      keepSnapshots: true,
    });
    const told = new Promise<string>((resolve) => {
      client.subscribe(threadId, (event) => {
        if (event.type === "warning" && event.message.includes("taken back")) resolve(event.message);
      });
    });
    await thread.turnOf(threadId, { run: "echo x > in-home" });
    expect(await told).toContain("it is, or holds, your home directory");
    expect((await client.call("thread/rewind", { threadId, to: 0, preview: true })).conflicts[0]?.why).toContain(
      "while no snapshots were taken",
    );
  });

  it("is everything where there is no git, while the conversation can still be taken back", async () => {
    thread = await rewindable({ stage: { env: { PATH: "/nonexistent" }, files: { "a.txt": "one\n" } } });
    await thread.turn({ patch: "*** Update File: a.txt\n@@\n-one\n+two" });
    expect(thread.events.find(({ type }) => type === "warning")).toMatchObject({
      message: expect.stringContaining("there is no git in PATH; install git"),
    });
    expect((await thread.rewind(0)).done).toBe(false);
    expect(await thread.rewind(0, { scope: "chat" })).toMatchObject({ done: true });
  });

  it.skipIf(isRoot)("is what cannot be read; a folder that cannot be written is a conflict", async () => {
    thread = await rewindable({ stage: { files: { secret: "s\n", "d/f": "one\n" } } });
    chmodSync(thread.path("secret"), 0o000);
    await thread.turn({ run: "echo two > d/f; rm d/f" });
    await thread.settled();
    chmodSync(thread.path("d"), 0o500);
    const report = await thread.rewind(0);
    expect(report.conflicts).toMatchObject([{ path: "d/f", why: "its folder cannot be written", canOverwrite: false }]);
    chmodSync(thread.path("d"), 0o700);
    expect(await thread.rewind(0)).toMatchObject({ done: true });
    chmodSync(thread.path("secret"), 0o600);
    expect(read("d/f")).toBe("one\n");
  });
});

it("changes to the folder while it is looked at cost no turn", async () => {
  thread = await rewindable({ stage: { files: { "a.txt": "one\n" } } });
  // Not the agent's: what a command leaves running ends with it.
  const restless =
    "while :; do for i in 1 2 3 4 5 6 7 8; do echo $RANDOM > t$i; mkdir -p u$i; echo 1 > u$i/f; rm -rf u$((9 - i)) t$((9 - i)); done; done";
  const changing = spawn("/bin/bash", ["-c", restless], { cwd: thread.stage.workspace, stdio: "ignore" });
  const ended = once(changing, "exit");
  try {
    await until(() => existsSync(thread.path("u1")));
    for (let count = 0; count < 4; count++) await thread.turn({ run: `echo ${count} > a.txt` });
    await thread.settled();
    expect(changing.exitCode).toBeNull();
  } finally {
    changing.kill("SIGKILL");
    await ended;
  }
  const report = await thread.rewind(1, { preview: true });
  expect(report.files.find(({ path }) => path === "a.txt")).toMatchObject({ action: "restore" });
});
