import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, symlinkSync, utimesSync } from "node:fs";
import { join, relative } from "node:path";
import { expect, test } from "vitest";
import { createGrepFilesTool } from "../../../src/tools/grep-files/grep-files.ts";
import { searchInWorker } from "../../../src/tools/grep-files/search.ts";
import { callTool, recordedContext } from "../call.ts";
import { temporaryDirectory, type TemporaryDirectory } from "../temporary-directory.ts";

const builtIn = createGrepFilesTool({ searchPath: "" });

async function grep(folder: TemporaryDirectory, args: Record<string, unknown>): Promise<string[]> {
  const { output } = await callTool(builtIn, args, recordedContext(folder.path).context);
  return String(output)
    .split("\n")
    .map((path) => (path.startsWith("/") ? relative(folder.path, path) : path));
}

test("files are found newest first, and no more than asked for", async () => {
  using folder = temporaryDirectory();
  for (const [index, name] of ["old.txt", "new.txt", "mid.txt"].entries()) {
    utimesSync(folder.write(name, "needle here\n"), 1000, [1000, 3000, 2000][index]!);
  }
  folder.write("other.txt", "hay\n");
  expect(await grep(folder, { pattern: "needle" })).toEqual(["new.txt", "mid.txt", "old.txt"]);
  expect(await grep(folder, { pattern: "needle", limit: 1 })).toEqual(["new.txt"]);
  expect(await grep(folder, { pattern: "absent" })).toEqual(["No matches found."]);
});

test("hidden, ignored, binary, big and linked files are left out", async () => {
  using folder = temporaryDirectory();
  folder.write(".git/config", "needle");
  folder.write(".hidden", "needle");
  folder.write(".gitignore", "*.log\n/build/\n!keep.log\n");
  folder.write("a.log", "needle");
  folder.write("keep.log", "needle");
  folder.write("build/out.txt", "needle");
  folder.write("sub/build/in.txt", "needle");
  folder.write("sub/.gitignore", "secret.txt\n");
  folder.write("sub/secret.txt", "needle");
  folder.write("binary", "needle\0");
  folder.write("big.txt", `needle\n${"x".repeat(8 * 1024 * 1024)}`);
  symlinkSync(folder.path, join(folder.path, "loop"));
  expect((await grep(folder, { pattern: "needle" })).sort()).toEqual(["keep.log", "sub/build/in.txt"]);
  expect(await grep(folder, { pattern: "needle", path: "sub" })).toEqual(["sub/build/in.txt"]);
});

test("ignore files that are a named pipe or a link to a device ignore nothing, and keep nobody waiting", async () => {
  using folder = temporaryDirectory();
  for (const name of ["one.txt", "sub/two.txt", "sub/three.txt"]) folder.write(name, "needle");
  folder.write("sub/rules", "three.txt\n");
  execFileSync("mkfifo", [join(folder.path, ".gitignore")]);
  symlinkSync("rules", join(folder.path, "sub/.gitignore"));
  symlinkSync("/dev/zero", join(folder.path, ".ignore"));
  expect((await grep(folder, { pattern: "needle" })).sort()).toEqual(["one.txt", "sub/two.txt"]);
});

test("an ignore file that is larger than anybody writes counts as far as it is read, by whole lines", async () => {
  using folder = temporaryDirectory();
  folder.write("hidden.txt", "needle");
  folder.write("shown.txt", "needle");
  const rest = (1 << 20) - "hidden.txt\n".length - "shown.txt".length;
  folder.write(".gitignore", `hidden.txt\n${"#".repeat(rest - 1)}\nshown.txt.old\n`);
  expect(await grep(folder, { pattern: "needle" })).toEqual(["shown.txt"]);
});

test("patterns are held against lines, as they stand", async () => {
  using folder = temporaryDirectory();
  folder.write("a.txt", "first line \r\nSecond line\n");
  for (const pattern of ["^Second", "line $", "(?i)second LINE$", "\\bline\\b", "[Ss]econd\\-*"]) {
    expect(await grep(folder, { pattern })).toEqual(["a.txt"]);
  }
  for (const pattern of ["line \n", "second", "first line$", " Second"])
    expect(await grep(folder, { pattern })).toEqual(["No matches found."]);
});

test("an include glob is held against the name, or against the path when it has a slash", async () => {
  using folder = temporaryDirectory();
  for (const name of ["a.ts", "src/b.ts", "src/deep/c.js", "d.md"]) folder.write(name, "x");
  const found = async (include: string) => (await grep(folder, { pattern: "x", include })).sort();
  expect(await found("*.ts")).toEqual(["a.ts", "src/b.ts"]);
  expect(await found("*.{ts,js}")).toEqual(["a.ts", "src/b.ts", "src/deep/c.js"]);
  expect(await found("{src/{b,x}.ts,[{]*,*.md}")).toEqual(["d.md", "src/b.ts"]);
  expect(await found("{a,d}.{md,ts}")).toEqual(["a.ts", "d.md"]);
  expect(await found("{**/c.js,src/b.ts}")).toEqual(["src/b.ts", "src/deep/c.js"]);
  expect(await found("src/*")).toEqual(["src/b.ts"]);
  expect(await found("src/**")).toEqual(["src/b.ts", "src/deep/c.js"]);
  expect(await found("!*.ts")).toEqual(["d.md", "src/deep/c.js"]);
  expect(await grep(folder, { pattern: "x", path: "src/b.ts", include: "b.*" })).toEqual(["src/b.ts"]);
});

test.each([
  [{ pattern: "" }, "`pattern` is empty"],
  [{ pattern: "(" }, "invalid `pattern`"],
  [{ pattern: "x", limit: 0 }, "`limit`"],
  [{ pattern: "x", include: "[" }, "`include`"],
  [{ pattern: "x", include: "{a,b" }, "`include`"],
  [{ pattern: "x", include: "{a,b}".repeat(20) }, "`include`"],
  [{ pattern: "x", path: "none" }, "it does not exist"],
])("%j is a soft error", async (args, text) => {
  using folder = temporaryDirectory();
  const result = await callTool(builtIn, args, recordedContext(folder.path).context);
  expect(result).toEqual({ ok: false, output: expect.stringContaining(text) });
  expect(result.output).toMatch(/^Error: /);
});

test("an expression that would never end is ended, and the main thread goes on meanwhile", async () => {
  using folder = temporaryDirectory();
  folder.write("a.txt", `${"a".repeat(60)}b`);
  const tool = createGrepFilesTool({ searchPath: "", timeLimitMs: 3000 });
  let ticks = 0;
  const ticking = setInterval(() => ticks++, 5);
  const result = await callTool(tool, { pattern: "^(a+)+$" }, recordedContext(folder.path).context);
  clearInterval(ticking);
  expect(result).toEqual({ ok: false, output: expect.stringContaining("took longer than 3 seconds") });
  expect(ticks).toBeGreaterThan(5);
});

test("an interrupt ends a search", async () => {
  using folder = temporaryDirectory();
  folder.write("a.txt", `${"a".repeat(60)}b`);
  const controller = new AbortController();
  const running = callTool(
    builtIn,
    { pattern: "^(a+)+$" },
    recordedContext(folder.path, { signal: controller.signal }).context,
  );
  setImmediate(() => controller.abort());
  expect(await running).toEqual({ ok: false, output: "Error: the search was interrupted." });
});

test("an interrupt while a search begins ends it", async () => {
  using folder = temporaryDirectory();
  folder.write("a.txt", `${"a".repeat(60)}b`);
  const controller = new AbortController();
  const request = { root: folder.path, except: null, pattern: "^(a+)+$", include: null };
  const running = searchInWorker(request, { timeLimitMs: 3000, limit: 1, signal: controller.signal });
  controller.abort();
  expect(await running).toEqual({ type: "interrupted" });
});

/** A stand-in for ripgrep: a real program on a real PATH. */
function ripgrepThat(folder: TemporaryDirectory, script: string): string {
  chmodSync(folder.write("bin/rg", `#!/bin/sh\n${script}\n`), 0o755);
  return join(folder.path, "bin");
}

test("ripgrep is used when it is on the PATH, with its configuration off and the pattern kept from being a flag", async () => {
  using folder = temporaryDirectory();
  const searchPath = ripgrepThat(folder, 'for a in "$@"; do printf "%s\\n" "$a"; done; env');
  const tool = createGrepFilesTool({ searchPath: `relative:${searchPath}` });
  const lines = String(
    (await callTool(tool, { pattern: "--pre=sh" }, recordedContext(folder.path).context)).output,
  ).split("\n");
  expect(lines.slice(lines.indexOf("--regexp"), lines.indexOf("--regexp") + 4)).toEqual([
    "--regexp",
    "--pre=sh",
    "--",
    folder.path,
  ]);
  expect(lines).toContain("--no-config");
  expect(lines.some((line) => line.startsWith("PATH=/") || line.includes("VITEST"))).toBe(false);
});

test("ripgrep is not taken from a folder in which commands may write", async () => {
  using folder = temporaryDirectory();
  folder.write("found.txt", "needle\n");
  const searchPath = ripgrepThat(folder, `echo ran > ${folder.path}/ran; echo planted`);
  const tool = createGrepFilesTool({ searchPath, untrusted: [folder.path] });
  const { output } = await callTool(tool, { pattern: "needle" }, recordedContext(folder.path).context);
  expect(String(output)).toContain("found.txt");
  expect(existsSync(join(folder.path, "ran"))).toBe(false);
});

test("ripgrep: partial results count, complaints are told, a flood and a hang are ended", async () => {
  using folder = temporaryDirectory();
  const { context } = recordedContext(folder.path);
  const run = (script: string, args: Record<string, unknown> = {}, timeLimitMs = 60_000) =>
    callTool(
      createGrepFilesTool({ searchPath: ripgrepThat(folder, script), timeLimitMs }),
      { pattern: "x", ...args },
      context,
    );
  expect(await run("echo /a; echo bad >&2; exit 2")).toEqual({ ok: true, output: "/a" });
  expect(await run("echo bad regex >&2; exit 2")).toEqual({ ok: false, output: "Error: the search failed: bad regex" });
  expect(await run("exit 1")).toEqual({ ok: true, output: "No matches found." });
  expect(await run("exec yes /a", { limit: 2 })).toEqual({ ok: true, output: "/a\n/a" });
  expect(await run("exec sleep 60", {}, 500)).toEqual({ ok: false, output: expect.stringContaining("took longer") });
  expect(await run(`echo ${folder.path}/a.ts; echo ${folder.path}/b.js`, { include: "*.js" })).toEqual({
    ok: true,
    output: `${folder.path}/b.js`,
  });
});
