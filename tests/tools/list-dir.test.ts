import { execFileSync } from "node:child_process";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { listDirTool } from "../../src/tools/list-dir.ts";
import { callTool, recordedContext } from "./call.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

const { context } = recordedContext("/");
const list = async (dir_path: string, more: Record<string, unknown> = {}) =>
  callTool(listDirTool, { dir_path, ...more }, context);

test("children follow their directory", async () => {
  using folder = temporaryDirectory();
  folder.write("sub/f", "");
  folder.write("sub/deep/deeper/g", "");
  folder.write("sub.txt", "");
  folder.write("a\nb", "");
  symlinkSync("/", join(folder.path, "root"));
  execFileSync("mkfifo", [join(folder.path, "pipe")]);
  expect(await list(folder.path)).toEqual({
    ok: true,
    output: [`Absolute path: ${folder.path}`, "a\\nb", "pipe?", "root@", "sub/", "  deep/", "  f", "sub.txt"].join(
      "\n",
    ),
  });
  expect((await list(folder.path, { depth: 1 })).output).not.toContain("deep");
  expect((await list(folder.path, { depth: 9 })).output).toContain("\n      g\n");
});

test("a page of the entries", async () => {
  using folder = temporaryDirectory();
  for (let n = 1; n <= 5; n++) folder.write(`f${n}`, "");
  const head = `Absolute path: ${folder.path}\n`;
  expect((await list(folder.path, { limit: 2 })).output).toBe(`${head}f1\nf2\nMore than 2 entries found`);
  expect((await list(folder.path, { offset: 4, limit: 2 })).output).toBe(`${head}f4\nf5`);
  expect(await list(folder.path, { offset: 6 })).toEqual({
    ok: false,
    output: "Error: `offset` is 6, but there are only 5 entries.",
  });
});

test("an empty directory is no error", async () => {
  using folder = temporaryDirectory();
  expect(await list(folder.path)).toEqual({ ok: true, output: `Absolute path: ${folder.path}\n(empty directory)` });
});

test("a path longer than the system takes is marked, not fatal", async () => {
  using folder = temporaryDirectory();
  // Below this the kernel answers ENAMETOOLONG, for root too, unlike a permission.
  const name = "d".repeat(250);
  execFileSync("perl", [
    "-e",
    "chdir shift; for (1..18) { mkdir $ARGV[0] or die; chdir $ARGV[0] or die }",
    folder.path,
    name,
  ]);
  const { ok, output } = await list(folder.path, { depth: 40 });
  expect(ok).toBe(true);
  expect(output).toContain("(cannot be listed: its name is too long)");
  execFileSync("rm", ["-rf", join(folder.path, name)]);
});

test.each([
  [{ dir_path: "here" }, "`dir_path`"],
  [{ dir_path: "/", offset: 0 }, "`offset`"],
  [{ dir_path: "/", limit: 0 }, "`limit`"],
  [{ dir_path: "/", depth: 0 }, "`depth`"],
  [{ dir_path: "/nowhere at all" }, "cannot list `/nowhere at all`: it does not exist"],
  [{ dir_path: "/etc/passwd" }, "`/etc/passwd` is not a directory"],
])("%j is a soft error", async (args, text) => {
  expect(await callTool(listDirTool, args, context)).toEqual({
    ok: false,
    output: expect.stringContaining(`Error: ${text}`),
  });
});

test("wrong types cannot be prepared", () => {
  expect(() => listDirTool.prepare('{"dir_path":7}', context)).toThrow(
    "dir_path: invalid type: integer `7`, expected a string",
  );
});

test("an interrupt ends the listing", async () => {
  const { context: interrupted } = recordedContext("/", { signal: AbortSignal.abort() });
  expect(await callTool(listDirTool, { dir_path: "/" }, interrupted)).toEqual({
    ok: false,
    output: "Error: the listing was interrupted.",
  });
});
