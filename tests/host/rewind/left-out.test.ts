import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { limits } from "../../../src/journal/rewind/listing.ts";
import { git, picture, rewindable, type Rewindable } from "./support.ts";

let thread: Rewindable;
afterEach(() => thread.close());

const read = (name: string): string => readFileSync(thread.path(name), "utf8");

describe("a file that was there before the turn, and was not covered then, stays", () => {
  it("where the turn changes what is ignored; what the turn made goes", async () => {
    thread = await rewindable({
      stage: {
        files: { ".gitignore": "*.env\nmodules\n", "a.env": "KEY=one\n", "modules/x": "one\n", "sub/b.env": "" },
      },
    });
    mkdirSync(thread.path("modules/empty"));
    writeFileSync(Buffer.concat([Buffer.from(thread.path("modules/odd-")), Buffer.from([0xff])]), "one\n");
    for (let count = 0; count < 300; count++) writeFileSync(thread.path(`modules/${count}`), "one\n");
    const before = picture(thread.stage.workspace);
    await thread.turn({
      run: "echo '*.log' > .gitignore; mkdir new; for f in new.env new/f sub/new; do echo > $f; done",
    });
    const report = await thread.rewind(0);
    expect(report.files.map(({ path, action }) => `${action} ${path}`)).toEqual([
      "restore .gitignore",
      "delete new.env",
      "delete new/f",
      "delete sub/new",
    ]);
    expect(picture(thread.stage.workspace)).toEqual(before);
  });

  it("where the turn changes what the user's repository ignores without telling others", async () => {
    thread = await rewindable({ stage: { git: true, files: { private: "one\n", "a.txt": "one\n" } } });
    writeFileSync(thread.path(".git/info/exclude"), "private\n");
    await thread.turn({ run: "echo other > .git/info/exclude; echo two > a.txt" });
    expect(await thread.rewind(0)).toMatchObject({ done: true, files: [{ path: "a.txt" }] });
    expect(read("private")).toBe("one\n");
  });

  it("where a later turn changes it: it is as the later one found it", async () => {
    thread = await rewindable({ stage: { files: { ".gitignore": "*.env\n", "a.env": "KEY=one\n" } } });
    await thread.turn({ run: "echo '*.log' > .gitignore" });
    await thread.turn({ run: "echo KEY=two > a.env" });
    expect(await thread.rewind(0)).toMatchObject({ done: true, conflicts: [] });
    expect([read(".gitignore"), read("a.env")]).toEqual(["*.env\n", "KEY=one\n"]);
  });

  it("where the turn adds ignored ones to the user's repository", async () => {
    thread = await rewindable({
      stage: { git: true, files: { ".gitignore": "*.env\n", "a.env": "KEY=one\n", "b.env": "KEY=one\n" } },
    });
    await thread.turn({ run: "echo KEY=two > new && mv new b.env; git add -f a.env b.env; echo made > c.txt" });
    const report = await thread.rewind(0);
    expect(report).toMatchObject({ done: true, files: [{ path: "c.txt" }] });
    expect([read("a.env"), read("b.env")]).toEqual(["KEY=one\n", "KEY=two\n"]);
  });

  it("where it was too large and the turn makes it small", async () => {
    thread = await rewindable({ stage: { files: { "a.txt": "one\n" } } });
    writeFileSync(thread.path("big"), Buffer.alloc(limits.fileBytes + 1));
    await thread.turn({ run: "echo small > new && mv new big; echo two > a.txt" });
    expect(await thread.rewind(0)).toMatchObject({ done: true, files: [{ path: "a.txt" }] });
    expect([read("a.txt"), read("big")]).toEqual(["one\n", "small\n"]);
  });

  it("where a patch of another thread writes an ignored one meanwhile: only that thread takes the patch back", async () => {
    thread = await rewindable({
      stage: { files: { ".gitignore": "*.env\n", "a.env": "KEY=one\n", "a.txt": "one\n" } },
    });
    const { client, stage } = thread;
    const { threadId } = await client.call("thread/start", {
      cwd: stage.workspace,
      sandbox: "danger-full-access",
      approvalPolicy: "never",
      keepSnapshots: true,
    });
    const other = async (): Promise<void> => {
      await thread.turnOf(threadId, { patch: "*** Update File: a.env\n@@\n-KEY=one\n+KEY=two" });
      await client.call("thread/close", { threadId });
    };
    await thread.turn({ run: "echo two > a.txt" }, { wait: other });
    expect(await thread.rewind(0)).toMatchObject({ done: true, files: [{ path: "a.txt" }] });
    expect(read("a.env")).toBe("KEY=two\n");
    expect(await client.call("thread/rewind", { threadId, to: 0 })).toMatchObject({ files: [{ path: "a.env" }] });
    expect(read("a.env")).toBe("KEY=one\n");
  });
});

describe("what a command moved is taken back to its old place, as old as it is", () => {
  it("also where it was edited", async () => {
    thread = await rewindable({ stage: { files: { ".gitignore": "*.env\n", "a.txt": "one\n", "d/f": "one\n" } } });
    const before = picture(thread.stage.workspace);
    await thread.turn({ run: "mv a.txt b.txt; echo more >> b.txt; mv d e" });
    expect(await thread.rewind(0)).toMatchObject({ done: true, conflicts: [] });
    expect(picture(thread.stage.workspace)).toEqual(before);
  });

  it("also where the turn changes what is ignored, or it is a repository", async () => {
    thread = await rewindable({ stage: { files: { ".gitignore": "*.env\n", "d/f": "one\n", "nested/f": "two\n" } } });
    git(thread.path("nested"), "init", "-q");
    const skip = (path: string): boolean => path.includes(".git/") || path.endsWith(".git");
    const before = picture(thread.stage.workspace, skip);
    await thread.turn({ run: "mv nested other" });
    await thread.turn({ run: "mv d e; echo '*.log' > .gitignore" });
    expect(await thread.rewind(0)).toMatchObject({ done: true, conflicts: [] });
    expect(picture(thread.stage.workspace, (path) => skip(path) || path === "other")).toEqual(before);
  });
});
