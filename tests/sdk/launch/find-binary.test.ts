import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { CodexNotFoundError } from "../../../src/sdk/index.ts";
import { oracle } from "../../support/run.ts";
import { findBinary, type Surroundings } from "../../../src/sdk/launch/find-binary.ts";

const root = join(import.meta.dirname, "..", "..", "..");
const folder = mkdtempSync(join(tmpdir(), "find-binary-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(...parts: string[]): string {
  const path = join(folder, ...parts);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, "{}");
  chmodSync(path, 0o755);
  return path;
}

/** An installed `@openai/codex`, whose program lies as `layout` says. */
function installed(name: string, layout: string[]): Surroundings {
  file(name, "node_modules", "@openai", "codex", "package.json");
  file(name, "node_modules", "@openai", "codex-linux-x64", "package.json");
  const vendor = [name, "node_modules", "@openai", "codex-linux-x64", "vendor", "x86_64-unknown-linux-musl"];
  for (const path of layout) file(...vendor, ...path.split("/"));
  return { variables: {}, platform: "linux", architecture: "x64", from: [join(folder, name)] };
}

it("runs the codex-agent of this package by default, with the Node that runs this", () => {
  expect(findBinary("codex-agent")).toEqual({
    command: process.execPath,
    args: [join(root, "bin", "entry.mjs")],
    pathFolders: [],
  });
});

it("takes what it is told to take, without looking", () => {
  const nowhere: Surroundings = { variables: {}, platform: "linux", architecture: "x64", from: [] };
  expect(findBinary("codex", "/none/at-all", nowhere).command).toBe("/none/at-all");
  const variables = { CODEX_CLI_PATH: "/by/variable" };
  expect(findBinary("codex", undefined, { ...nowhere, variables }).command).toBe("/by/variable");
  expect(findBinary("codex-agent", undefined, { ...nowhere, variables }).command).toBe("/by/variable");
});

it("finds the program and the tools of the packaged layout", () => {
  const place = installed("new", ["bin/codex", "codex-package.json", "codex-path/rg"]);
  const { command, pathFolders } = findBinary("codex", undefined, place);
  expect(command).toMatch(/x86_64-unknown-linux-musl\/bin\/codex$/);
  expect(pathFolders).toEqual([join(dirname(dirname(command)), "codex-path")]);
  expect(findBinary("codex", undefined, { ...place, platform: "android" }).command).toBe(command);
});

it("finds the program and the tools of the old layout", () => {
  const { command, pathFolders } = findBinary("codex", undefined, installed("old", ["codex/codex", "path/rg"]));
  expect(command).toMatch(/x86_64-unknown-linux-musl\/codex\/codex$/);
  expect(pathFolders).toEqual([join(dirname(dirname(command)), "path")]);
  expect(findBinary("codex", undefined, installed("bare", ["codex/codex"])).pathFolders).toEqual([]);
});

it("finds the real codex on PATH, past what is no program", () => {
  const program = file("bin", "codex");
  mkdirSync(join(folder, "none", "codex"), { recursive: true });
  const variables = { PATH: [join(folder, "none"), join(folder, "bin")].join(":") };
  expect(findBinary("codex", undefined, { variables, platform: "linux", architecture: "x64", from: [] })).toEqual({
    command: program,
    args: [],
    pathFolders: [],
  });
});

it("says every place that it tried", () => {
  const place = installed("empty", []);
  const search = (): unknown => findBinary("codex", undefined, { ...place, variables: { PATH: "/nowhere" } });
  expect(search).toThrow(CodexNotFoundError);
  expect(search).toThrow(/CODEX_CLI_PATH[\s\S]*x86_64-unknown-linux-musl[\s\S]*PATH \(\/nowhere\)/);
  const odd = { ...place, architecture: "mips" };
  expect(() => findBinary("codex", undefined, odd)).toThrow("no program for linux-mips");
});

it("finds the real Codex where its package is installed", () => {
  const from = [join(root, "tests", "oracle")];
  const { command, pathFolders } = findBinary("codex", undefined, {
    variables: {},
    platform: process.platform,
    architecture: process.arch,
    from,
  });
  expect(command).toBe(oracle().path);
  expect(pathFolders).toEqual([join(dirname(dirname(command)), "codex-path")]);
});
