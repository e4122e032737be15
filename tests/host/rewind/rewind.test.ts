import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { picture, rewindable, type Rewindable } from "./support.ts";

let thread: Rewindable;
afterEach(() => thread.close());

const read = (name: string): string => readFileSync(thread.path(name), "utf8");

describe("files", () => {
  it("are as they were before the turns that are taken back, whoever of the tools changed them", async () => {
    thread = await rewindable({
      stage: { files: { "a.txt": "one\n", "gone.txt": "still here\n", "run.sh": "echo\n" } },
    });
    const before = picture(thread.stage.workspace);
    await thread.turn({
      run: "echo two > a.txt; rm gone.txt; mkdir -p new/deep; echo x > new/deep/f; chmod 644 run.sh",
    });
    await thread.settled();
    const between = picture(thread.stage.workspace);
    await thread.reopen();
    await thread.turn(
      { patch: "*** Update File: a.txt\n@@\n-two\n+three\n*** Add File: b.txt\n+b" },
      { run: "ln -s /etc/passwd link; rm -r new" },
    );
    const second = await thread.rewind(1, { scope: "files" });
    expect(second).toMatchObject({ done: true, conflicts: [], failed: [], kept: 1 });
    expect(second.files.map(({ action, path }) => `${action} ${path}`)).toEqual([
      "restore a.txt",
      "delete b.txt",
      "delete link",
      "create new/deep/f",
    ]);
    expect(picture(thread.stage.workspace)).toEqual(between);
    expect(await thread.rewind(0, { scope: "files" })).toMatchObject({ done: true });
    expect(picture(thread.stage.workspace)).toEqual(before);
  });

  it("come back when the rewind is undone, step by step", async () => {
    thread = await rewindable({ stage: { files: { "a.txt": "one\n" } } });
    const pictures = [picture(thread.stage.workspace)];
    for (const text of ["two", "three"]) {
      await thread.turn({
        run: `echo ${text} > a.txt; echo ${text} > ${text}.txt; chmod 700 ${text}.txt; mkdir ${text}`,
      });
      await thread.reopen();
      pictures.push(picture(thread.stage.workspace));
    }
    await thread.rewind(1, { scope: "files" });
    await thread.rewind(0, { scope: "files" });
    expect(picture(thread.stage.workspace)).toEqual(pictures[0]);
    expect(await thread.undo()).toMatchObject({ done: true, conflicts: [] });
    expect(picture(thread.stage.workspace)).toEqual(pictures[1]);
    expect(await thread.undo()).toMatchObject({ done: true });
    expect(picture(thread.stage.workspace)).toEqual(pictures[2]);
    await expect(thread.undo()).rejects.toThrow("nothing to undo");
  });

  it("that the user changed since are shown, and left alone unless that is asked for", async () => {
    thread = await rewindable({ stage: { files: { "a.txt": "one\n", "b.txt": "one\n", "mine.txt": "mine\n" } } });
    await thread.turn({ run: "echo two > a.txt; echo two > b.txt; echo two > c.txt" });
    await thread.settled();
    writeFileSync(thread.path("a.txt"), "edited by hand\n");
    writeFileSync(thread.path("c.txt"), "edited by hand\n");
    writeFileSync(thread.path("mine.txt"), "mine, later\n");
    const before = picture(thread.stage.workspace);
    const refused = await thread.rewind(0);
    expect(refused.done).toBe(false);
    expect(refused.conflicts.map(({ path, why }) => `${path}: ${why}`)).toEqual([
      "a.txt: it was changed since",
      "c.txt: it was changed since",
    ]);
    expect(picture(thread.stage.workspace)).toEqual(before);
    expect(await thread.rewind(0, { overwrite: true })).toMatchObject({ done: true });
    expect([read("a.txt"), read("b.txt"), read("mine.txt")]).toEqual(["one\n", "one\n", "mine, later\n"]);
    expect(existsSync(thread.path("c.txt"))).toBe(false);
    // What was overwritten is not lost.
    await thread.undo();
    expect(picture(thread.stage.workspace)).toEqual(before);
  });

  it("that the user changed between two turns are shown, if both turns changed them, and else are not touched", async () => {
    thread = await rewindable({ stage: { files: { "a.txt": "one\n", "mine.txt": "mine\n" } } });
    await thread.turn({ run: "echo two > a.txt" });
    await thread.reopen();
    writeFileSync(thread.path("a.txt"), "by hand\n");
    writeFileSync(thread.path("mine.txt"), "by hand\n");
    await thread.turn({ run: "echo three >> a.txt" });
    const report = await thread.rewind(0);
    expect(report.conflicts.map(({ path, why }) => `${path}: ${why}`)).toEqual([
      "a.txt: somebody else changed it between the turns",
    ]);
    expect(report.files).toEqual([]);
    expect(await thread.rewind(1)).toMatchObject({ done: true, conflicts: [] });
    expect([read("a.txt"), read("mine.txt")]).toEqual(["by hand\n", "by hand\n"]);
  });

  it("are not touched by a preview, which says what would be done", async () => {
    thread = await rewindable({ stage: { files: { "a.txt": "one\n" } } });
    await thread.turn({ run: "echo two > a.txt" });
    await thread.settled();
    const before = picture(thread.stage.root, (path) => path.includes(".agent_runtime"));
    const preview = await thread.rewind(0, { preview: true });
    expect(preview).toMatchObject({
      done: false,
      files: [{ action: "restore", path: "a.txt" }],
      turns: [{ text: "do it" }],
    });
    expect(picture(thread.stage.root, (path) => path.includes(".agent_runtime"))).toEqual(before);
  });

  it("keep their rights, and empty folders are put back too", async () => {
    thread = await rewindable({ stage: { files: { secret: "s\n" } } });
    mkdirSync(thread.path("empty/inner"), { recursive: true });
    await thread.turn({ run: "true > started" });
    await thread.reopen();
    await thread.turn({ run: "chmod 600 secret; echo more >> secret" });
    await thread.reopen();
    const before = picture(thread.stage.workspace);
    await thread.turn({ run: "rm -r secret empty; mkdir other; touch other/f" });
    expect(await thread.rewind(2)).toMatchObject({ done: true });
    expect(picture(thread.stage.workspace)).toEqual(before);
    await thread.undo();
    expect(existsSync(thread.path("empty"))).toBe(false);
    expect(existsSync(thread.path("other/f"))).toBe(true);
  });

  it("that were all there was in a folder come back, and the folder is not said to go", async () => {
    thread = await rewindable({ stage: { files: { "d/f": "one\n" } } });
    await thread.turn({ run: "rm d/f; mkdir e" });
    const { files } = await thread.rewind(0);
    expect(files.map(({ action, path }) => `${action} ${path}`)).toEqual(["create d/f", "delete e/"]);
    expect(Object.keys(picture(thread.stage.workspace))).toEqual(["d", "d/f"]);
  });

  it("take each other's place: a file where a folder was, and the other way round", async () => {
    thread = await rewindable({ stage: { files: { f: "f\n", "d/x/one": "1\n", "d/two": "2\n" } } });
    const before = picture(thread.stage.workspace);
    await thread.turn({ run: "rm f; mkdir -p f/in; echo 1 > f/in/side; rm -r d; echo d > d" });
    expect(await thread.rewind(0)).toMatchObject({ done: true, conflicts: [], failed: [] });
    expect(picture(thread.stage.workspace)).toEqual(before);
    await thread.undo();
    expect(read("f/in/side")).toBe("1\n");
    expect(read("d")).toBe("d\n");
  });

  it("that a command makes or moves and a patch then edits are taken back, whichever of the tools came first", async () => {
    thread = await rewindable({ stage: { files: { "old.txt": "one\n" } } });
    const before = picture(thread.stage.workspace);
    await thread.turn(
      { run: "echo generated > new.txt; mv old.txt moved.txt; mkdir d; echo generated > d/new.txt" },
      { patch: ["new.txt", "d/new.txt"].map((name) => `*** Update File: ${name}\n@@\n-generated\n+edited`).join("\n") },
      { patch: "*** Update File: moved.txt\n@@\n-one\n+two" },
    );
    const report = await thread.rewind(0);
    expect(report).toMatchObject({ done: true, conflicts: [] });
    expect(report.files.map(({ action, path }) => `${action} ${path}`)).toEqual([
      "delete d/new.txt",
      "delete moved.txt",
      "delete new.txt",
      "create old.txt",
    ]);
    expect(picture(thread.stage.workspace)).toEqual(before);
  });

  it("of a turn without effects are not looked at, and nothing is written of it", async () => {
    thread = await rewindable({ stage: { files: { "a.txt": "one\n" } } });
    await thread.turn("answer");
    await thread.settled();
    writeFileSync(thread.path("a.txt"), "by hand\n");
    expect(await thread.rewind(0)).toMatchObject({ done: true, files: [], conflicts: [] });
    expect(read("a.txt")).toBe("by hand\n");
  });

  it("that were never looked at are said to be", async () => {
    thread = await rewindable({ thread: { keepSnapshots: false } });
    await thread.turn({ run: "echo two > a.txt" });
    expect((await thread.rewind(0)).conflicts[0]?.why).toContain("turn 1 ran tools while no snapshots were taken");
    expect(existsSync(`${thread.stage.home}/.agent_runtime/rewind`)).toBe(false);
    expect(await thread.rewind(0, { scope: "chat" })).toMatchObject({ done: true });
  });

  it("stay covered when the folder of snapshots is lost, from the next turn on", async () => {
    thread = await rewindable({ stage: { files: { "a.txt": "one\n" } } });
    await thread.turn({ run: "echo two > a.txt" });
    await thread.reopen();
    rmSync(`${thread.stage.home}/.agent_runtime/rewind`, { recursive: true });
    await thread.turn({ run: "echo three > a.txt" });
    expect(await thread.rewind(1)).toMatchObject({ done: true, files: [{ path: "a.txt" }] });
    expect(read("a.txt")).toBe("two\n");
  });
});
