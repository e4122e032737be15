import { spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeEach, expect, test } from "vitest";
import { productVersion } from "../../src/protocol/version.ts";

const root = join(import.meta.dirname, "..", "..");
const program = join(root, "bin", "codex-agent");
const versionLine = `codex-agent ${productVersion}\n`;
const all = mkdtempSync(join(tmpdir(), "codex-agent-start-"));
/** A Node that will do, for machines where the clone did not have to bring its own. */
const path = `${dirname(process.execPath)}:/usr/bin:/bin`;
let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(all, "case-"));
});

afterAll(() => rmSync(all, { recursive: true, force: true }));

function start(file: string, args: string[], env: Record<string, string>, cwd = folder) {
  return spawnSync(file, args, { cwd, env, encoding: "utf8", input: "" });
}

test("it starts through links, absolute and relative, from any folder, with nothing but a PATH", () => {
  mkdirSync(join(folder, "deep"));
  symlinkSync(program, join(folder, "first"));
  symlinkSync("../first", join(folder, "deep", "second"));
  for (const file of [program, join(folder, "first"), "./deep/second"]) {
    expect(start(file, ["--version"], { PATH: path })).toMatchObject({ status: 0, stdout: versionLine, stderr: "" });
  }
});

test("where no Node lies beside it, it takes none from the folder where one stands", () => {
  const published = join(folder, "published");
  const repository = join(folder, "repository");
  cpSync(join(root, "bin"), join(published, "bin"), { recursive: true });
  cpSync(join(root, "package.json"), join(published, "package.json"));
  for (const planted of ["node", "node_modules/.bin/node"]) {
    mkdirSync(dirname(join(repository, planted)), { recursive: true });
    writeFileSync(join(repository, planted), "#!/bin/sh\necho planted\n", { mode: 0o755 });
  }
  const file = join(published, "bin", "codex-agent");
  const begun = start(file, ["--version"], { PATH: `:.:node_modules/.bin:${path}` }, repository);
  expect(begun).toMatchObject({ status: 0, stdout: versionLine, stderr: "" });
  const without = start(file, ["--version"], { PATH: ":.:node_modules/.bin" }, repository);
  expect(without).toMatchObject({
    status: 1,
    stdout: "",
    stderr: expect.stringContaining("Node 22.18 or newer is needed"),
  });
});

test("it starts when the folder where it stands was deleted", () => {
  const gone = `mkdir gone && cd gone && rmdir ../gone && "${program}" --version`;
  expect(start("sh", ["-c", gone], { PATH: path })).toMatchObject({ status: 0, stdout: versionLine });
});

test("compiled code is kept in the runtime directory, which is closed to others", () => {
  const runtime = join(folder, "runtime");
  expect(start(program, ["--help"], { PATH: path, AGENT_RUNTIME_DIR: runtime }).status).toBe(0);
  expect(readdirSync(join(runtime, "cache", "compile"))).toHaveLength(1);
  for (const part of ["", "cache", "cache/compile"]) expect(statSync(join(runtime, part)).mode & 0o777).toBe(0o700);
});

test("compiled code is not taken from where others may write", () => {
  const cache = join(folder, "cache", "compile");
  mkdirSync(cache, { recursive: true });
  chmodSync(cache, 0o777);
  expect(start(program, ["--help"], { PATH: path, AGENT_RUNTIME_DIR: folder }).status).toBe(0);
  expect(readdirSync(cache)).toEqual([]);
});

test("it starts with no home, and with a home that is a file", () => {
  expect(start(program, ["--help"], { PATH: path })).toMatchObject({ status: 0, stderr: "" });
  expect(start(program, ["--help"], { PATH: path, HOME: program })).toMatchObject({ status: 0, stderr: "" });
  expect(existsSync(join(folder, ".agent_runtime"))).toBe(false);
});

test("npm start gives the program's output, exit code and folder, and no words of npm", () => {
  const npm = (...args: string[]) =>
    start("npm", ["--prefix", root, "start", "--", ...args], { PATH: process.env["PATH"] ?? path, HOME: folder });
  expect(npm("--version")).toMatchObject({ status: 0, stdout: versionLine, stderr: "" });
  expect(npm("exec", "--no-such-flag")).toMatchObject({ status: 2, stdout: "" });
  const answer = npm("exec", "--skip-git-repo-check", "--json", "what is in this folder?");
  expect(answer.status, answer.stderr).toBe(0);
  for (const line of answer.stdout.trim().split("\n")) expect(JSON.parse(line)).toHaveProperty("type");
});
