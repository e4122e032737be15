import { spawnSync } from "node:child_process";
import { chmodSync, linkSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { applyPlan } from "../../../src/tools/apply-patch/apply.ts";
import { applyPatchCommand } from "../../../src/tools/apply-patch/command.ts";
import { planPatch, touchedPaths } from "../../../src/tools/apply-patch/plan.ts";
import { contents, createWorkspace, file, snapshot } from "./support/workspace.ts";

const envelope = (body: string): string => `*** Begin Patch\n${body}\n*** End Patch\n`;
const updateA = "*** Update File: a.txt\n@@\n-one\n+ONE";

test("nothing is left behind beside the files of the patch, and modes are kept", () => {
  using workspace = createWorkspace({
    "a.txt": file("one\n", 0o755),
    "b.txt": file("b\n", 0o600),
    "c.txt": file("c\n", 0o755),
  });
  const body = `${updateA}\n*** Delete File: b.txt\n*** Add File: d/e/new\n+x\n*** Update File: c.txt\n*** Move to: moved\n@@\n c`;
  expect(applyPatchCommand(envelope(body), workspace.cwd).exitCode).toBe(0);
  expect(snapshot(workspace.cwd)).toEqual({ "a.txt": "755 ONE\n", "d/e/new": "644 x\n", moved: "755 c\n" });
});

test("bytes around a change are kept: byte order mark, line ends, odd characters", () => {
  using workspace = createWorkspace({ "a.txt": file("\ufefffirst\r\none\r\nmixed\n\0\f\u2028 \r\nlast") });
  expect(applyPatchCommand(envelope(updateA), workspace.cwd).exitCode).toBe(0);
  expect(readFileSync(join(workspace.cwd, "a.txt"), "utf8")).toBe(
    "\ufefffirst\r\nONE\r\nmixed\n\0\f\u2028 \r\nlast\r\n",
  );
});

test("a file that is not UTF-8 is never rewritten, but may be deleted or replaced", () => {
  const bytes = Buffer.from([0x6f, 0x6e, 0x65, 0x0a, 0xff, 0x0a]);
  using workspace = createWorkspace({ "a.txt": file(bytes), "b.bin": file(bytes), "c.bin": file(bytes) });
  const before = snapshot(workspace.cwd);
  expect(applyPatchCommand(envelope(updateA), workspace.cwd).stderr).toMatch(
    /^Failed to read file to update .*a\.txt: the file is not UTF-8 text\n$/,
  );
  expect(snapshot(workspace.cwd)).toEqual(before);
  expect(
    applyPatchCommand(envelope("*** Delete File: b.bin\n*** Add File: c.bin\n+text"), workspace.cwd).exitCode,
  ).toBe(0);
  expect(snapshot(workspace.cwd)).toEqual({ "a.txt": before["a.txt"], "c.bin": "644 text\n" });
});

test("a failure in the middle takes back everything: changed, moved, deleted and new files, new folders", () => {
  using workspace = createWorkspace({
    "a.txt": file("one\n", 0o755),
    "b.txt": file("b\n"),
    "c.txt": file("c\n", 0o600),
  });
  // The last name is too long for the file system, which shows when the folder has been made and not before.
  const body = `${updateA}\n*** Delete File: b.txt\n*** Update File: c.txt\n*** Move to: sub/moved\n@@\n c\n*** Add File: new/x\n+x\n*** Add File: new/${"n".repeat(300)}\n+x`;
  const before = snapshot(workspace.root);
  const inode = statSync(join(workspace.cwd, "a.txt")).ino;
  const result = applyPatchCommand(envelope(body), workspace.cwd);
  expect(result).toMatchObject({ exitCode: 1, stdout: "" });
  expect(result.stderr).toMatch(/^Failed to write file .*\/new\/n+: ENAMETOOLONG\n$/);
  expect(snapshot(workspace.root)).toEqual(before);
  expect(statSync(join(workspace.cwd, "a.txt")).ino).toBe(inode);
  expect(statSync(join(workspace.cwd, "new"), { throwIfNoEntry: false })).toBeUndefined();
  expect(statSync(join(workspace.cwd, "sub"), { throwIfNoEntry: false })).toBeUndefined();
});

const interferences: [name: string, body: string, interfere: (cwd: string) => void][] = [
  ["a changed file", updateA, (cwd) => writeFileSync(join(cwd, "a.txt"), "one\nsomebody's work\n")],
  ["a deleted file", updateA, (cwd) => rmSync(join(cwd, "a.txt"))],
  ["a file put where a new one is to go", "*** Add File: new\n+x", (cwd) => writeFileSync(join(cwd, "new"), "theirs")],
  [
    "a file to be deleted that has changed",
    "*** Delete File: a.txt",
    (cwd) => writeFileSync(join(cwd, "a.txt"), "theirs"),
  ],
  [
    "a file that has become a link",
    updateA,
    (cwd) => {
      rmSync(join(cwd, "a.txt"));
      writeFileSync(join(cwd, "../outside"), "one\n");
      symlinkSync("../outside", join(cwd, "a.txt"));
    },
  ],
  [
    "a folder that has become a link",
    "*** Add File: d/new\n+x",
    (cwd) => {
      rmSync(join(cwd, "d"), { recursive: true });
      mkdirSync(join(cwd, "../outside"));
      symlinkSync("../outside", join(cwd, "d"));
    },
  ],
];

test.each(interferences)("between plan and apply, %s ends the patch with nothing changed", (_name, body, interfere) => {
  using workspace = createWorkspace({ "a.txt": file("one\n"), "d/x": file("x\n"), "z.txt": file("z\n") });
  const plan = planPatch(envelope(`*** Update File: z.txt\n@@\n-z\n+Z\n${body}`), workspace.cwd);
  expect(plan.problems).toEqual([]);
  interfere(workspace.cwd);
  const before = snapshot(workspace.root);
  const result = applyPlan(plan);
  expect(result.ok ? "" : result.message).toMatch(
    /^Failed to (?:write|delete) file .*: it changed after the patch was checked$/,
  );
  expect(snapshot(workspace.root)).toEqual(before);
});

test("between plan and apply, a file that has become a named pipe ends the patch, and is not waited for", () => {
  using workspace = createWorkspace({ "a.txt": file("one\n") });
  const path = join(workspace.cwd, "a.txt");
  const plan = planPatch(envelope(updateA), workspace.cwd);
  rmSync(path);
  spawnSync("mkfifo", [path]);
  const result = applyPlan(plan);
  expect(result.ok ? "" : result.message).toBe(`Failed to write file ${path}: it changed after the patch was checked`);
  expect(statSync(path).isFIFO()).toBe(true);
});

test("a move onto the same file keeps it, whatever the target is called", () => {
  for (const target of ["a.txt", "./a.txt", "d/../a.txt", "folder/a.txt", "link"]) {
    using workspace = createWorkspace({ "a.txt": file("one\n"), folder: { link: "." }, link: { link: "a.txt" } });
    const body = `*** Update File: a.txt\n*** Move to: ${target}\n@@\n-one\n+ONE`;
    expect(applyPatchCommand(envelope(body), workspace.cwd).exitCode).toBe(0);
    expect(readFileSync(join(workspace.cwd, "a.txt"), "utf8")).toBe("ONE\n");
  }
});

test("links are written through, and deleting or moving one leaves its target", () => {
  const tree = { "t.txt": file("one\n"), "a.txt": { link: "t.txt" } };
  const after = (body: string): Record<string, string> => {
    using workspace = createWorkspace(tree);
    expect(applyPatchCommand(envelope(body), workspace.cwd).exitCode).toBe(0);
    return contents(snapshot(workspace.cwd));
  };
  expect(after(updateA)).toEqual({ "a.txt": "-> t.txt", "t.txt": "ONE\n" });
  expect(after("*** Add File: a.txt\n+new")).toEqual({ "a.txt": "-> t.txt", "t.txt": "new\n" });
  expect(after("*** Delete File: a.txt")).toEqual({ "t.txt": "one\n" });
  expect(after("*** Update File: a.txt\n*** Move to: m\n@@\n-one\n+ONE")).toEqual({ m: "ONE\n", "t.txt": "one\n" });
});

test("the touched paths are those of the patch and those behind links", () => {
  using workspace = createWorkspace({
    "a.txt": { link: "../outside.txt" },
    "../outside.txt": file("one\n"),
    folder: { link: "../../" },
    "c.txt": file("c\n"),
  });
  const plan = planPatch(
    envelope(`${updateA}\n*** Add File: folder/new\n+x\n*** Update File: c.txt\n*** Move to: ../d.txt\n@@\n c`),
    workspace.cwd,
  );
  expect(plan.problems).toEqual([]);
  const at = (path: string): string => join(workspace.cwd, path);
  expect(touchedPaths(plan).toSorted()).toEqual(
    [at("a.txt"), at("../outside.txt"), at("folder/new"), at("../../new"), at("c.txt"), at("../d.txt")].toSorted(),
  );
  const allowed = new Set(touchedPaths(plan));
  expect(plan.edits.map((edit) => edit.path).filter((path) => !allowed.has(path))).toEqual([]);
});

test("another name of the same file sees the change too", () => {
  using workspace = createWorkspace({ "a.txt": file("one\n") });
  linkSync(join(workspace.cwd, "a.txt"), join(workspace.cwd, "other"));
  expect(applyPatchCommand(envelope(updateA), workspace.cwd).exitCode).toBe(0);
  expect(contents(snapshot(workspace.cwd))).toEqual({ "a.txt": "ONE\n", other: "ONE\n" });
});

test("devices are not written", () => {
  using workspace = createWorkspace({});
  expect(applyPatchCommand(envelope("*** Add File: /dev/null\n+x"), workspace.cwd).stderr).toBe(
    "Failed to write file /dev/null\n",
  );
  expect(statSync("/dev/null").isCharacterDevice()).toBe(true);
});

test("a file may give way to a folder of its name, and one file may be worked on several times", () => {
  using workspace = createWorkspace({ "a.txt": file("one\n"), "b.txt": file("b\n") });
  const body =
    "*** Delete File: a.txt\n*** Add File: a.txt/x\n+1\n*** Update File: a.txt/x\n@@\n-1\n+2\n*** Update File: b.txt\n*** Move to: c.txt\n@@\n-b\n+c\n*** Update File: c.txt\n*** Move to: b.txt\n@@\n-c\n+d";
  const plan = planPatch(envelope(body), workspace.cwd);
  expect(
    plan.fileChanges().map(({ path, ...change }) => ({ path: path.slice(workspace.cwd.length + 1), ...change })),
  ).toEqual([
    { path: "a.txt", kind: "delete", diff: "one\n" },
    { path: "a.txt/x", kind: "add", diff: "2\n" },
    { path: "b.txt", kind: "update", diff: "@@ -1 +1 @@\n-b\n+d\n" },
  ]);
  expect(applyPlan(plan)).toEqual({ ok: true });
  expect(contents(snapshot(workspace.cwd))).toEqual({ "a.txt/x": "2\n", "b.txt": "d\n" });
});

/** Applies a patch as a user to whom permissions apply; the tests themselves may run as root. */
function applyAsUser(patch: string, cwd: string): { exitCode: number; stdout: string; stderr: string } {
  const command = new URL("../../../src/tools/apply-patch/command.ts", import.meta.url).href;
  const script = `const { applyPatchCommand } = await import(${JSON.stringify(command)}); console.log(JSON.stringify(applyPatchCommand(process.argv[1], process.argv[2])));`;
  const user = process.getuid!() === 0 ? { uid: 65534, gid: 65534 } : {};
  const child = spawnSync(process.execPath, ["--input-type=module", "-e", script, patch, cwd], {
    ...user,
    encoding: "utf8",
  });
  if (child.status !== 0) throw new Error(child.stderr);
  return JSON.parse(child.stdout) as ReturnType<typeof applyAsUser>;
}

test("permissions hold: protected files and folders stay as they are, and so does everything else", () => {
  using workspace = createWorkspace({
    "a.txt": file("one\n", 0o666),
    "protected.txt": file("p\n", 0o444),
    "closed/a.txt": file("one\n", 0o666),
  });
  for (const path of ["../../..", "../..", "..", "."]) chmodSync(join(workspace.cwd, path), 0o755);
  chmodSync(workspace.cwd, 0o777);
  chmodSync(join(workspace.cwd, "closed"), 0o755);
  const closed = join(workspace.cwd, "closed");
  const before = snapshot(workspace.root);
  if (process.getuid!() !== 0) chmodSync(closed, 0o555);
  for (const refused of [
    "*** Update File: protected.txt\n@@\n-p\n+q",
    "*** Add File: closed/new\n+x",
    "*** Delete File: closed/a.txt",
  ]) {
    const result = applyAsUser(envelope(`${updateA}\n${refused}`), workspace.cwd);
    expect(result).toMatchObject({ exitCode: 1, stdout: "" });
    expect(result.stderr).toMatch(/^Failed to (?:write|delete) file /);
    expect(snapshot(workspace.root)).toEqual(before);
  }
  // Nothing can be put beside this one, so it is written in place.
  const result = applyAsUser(envelope("*** Update File: closed/a.txt\n@@\n-one\n+ONE"), workspace.cwd);
  expect(result.stderr).toBe("");
  chmodSync(closed, 0o755);
  expect(snapshot(workspace.cwd)["closed/a.txt"]).toBe("666 ONE\n");
});
