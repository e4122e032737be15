import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { nodeFolders } from "../../src/system/node-folders.ts";
import type { RootedFolder } from "../../src/system/ports.ts";
import { scratchFolder } from "../support/scratch.ts";

let root: string;
let outside: string;
let folder: RootedFolder;
beforeEach(() => {
  root = mkdtempSync(`${scratchFolder}/folders-`);
  outside = mkdtempSync(`${scratchFolder}/outside-`);
  folder = nodeFolders.open(root);
});
afterEach(() => [root, outside].forEach((path) => rmSync(path, { recursive: true })));

const file = (text: string, executable = false) => ({ type: "file" as const, bytes: Buffer.from(text), executable });
const at = (name: string): string => join(root, name);

it("a fingerprint is what git makes of a file, of a link by itself", () => {
  writeFileSync(at("f"), "some text\n");
  symlinkSync("f", at("l"));
  const id = execFileSync("git", ["hash-object", at("f")], { encoding: "utf8" }).trim();
  expect(folder.fingerprint("f")).toBe(`100644 ${id}`);
  chmodSync(at("f"), 0o755);
  expect(folder.fingerprint("f")).toBe(`100755 ${id}`);
  const link = execFileSync("git", ["hash-object", "--stdin"], { input: "f", encoding: "utf8" }).trim();
  expect(folder.fingerprint("l")).toBe(`120000 ${link}`);
  expect([folder.fingerprint("nothing"), folder.fingerprint("f/in"), folder.fingerprint(".git")]).toEqual([
    null,
    null,
    null,
  ]);
});

it("nothing behind a link is there, and nothing is written or removed through one", () => {
  writeFileSync(join(outside, "f"), "outside");
  symlinkSync(outside, at("link"));
  symlinkSync(join(outside, "f"), at("file"));
  expect([folder.look("link/f"), folder.fingerprint("link/f"), folder.entries("link")]).toEqual([null, null, []]);
  expect(folder.isReadable("link/f") || folder.isWritable("link")).toBe(false);
  expect(() => folder.put("link/f", file("x"), null, null)).toThrow("its folder is not there");
  expect(() => folder.makeDirectories("link/d")).toThrow("ENOTDIR");
  folder.remove("link/f", "whatever");
  expect(folder.removeDirectory("link")).toBe(false);
  folder.put("file", file("mine"), folder.fingerprint("file"), null);
  expect([readFileSync(at("file"), "utf8"), readdirSync(outside), readFileSync(join(outside, "f"), "utf8")]).toEqual([
    "mine",
    ["f"],
    "outside",
  ]);
  folder.remove("link", folder.fingerprint("link")!);
  expect(existsSync(outside)).toBe(true);
});

it("paths that lead out are refused", () => {
  for (const path of ["../x", "a/../../x", "", "a/", ".", "a/./b"]) {
    mkdirSync(at("a"), { recursive: true });
    expect(() => folder.put(path, file("x"), null, null), path).toThrow("no path below a folder");
  }
  expect(() => folder.makeDirectories("../x")).toThrow("no path below a folder");
});

it("what was changed meanwhile is left alone, and nothing is left behind", () => {
  writeFileSync(at("f"), "one");
  const before = folder.fingerprint("f");
  writeFileSync(at("f"), "two");
  expect(() => folder.put("f", file("x"), before, null)).toThrow("it was changed meanwhile");
  expect(() => folder.put("f", file("x"), null, null)).toThrow("it was changed meanwhile");
  expect(() => folder.remove("f", before!)).toThrow("it was changed meanwhile");
  mkdirSync(at("d"));
  expect(() => folder.put("d", file("x"), null, null)).toThrow("a folder is in the way");
  expect([readdirSync(root).toSorted(), readFileSync(at("f"), "utf8")]).toEqual([["d", "f"], "two"]);
});

it("rights are those of the file before, or those that are given; links keep their bytes", () => {
  writeFileSync(at("private"), "one", { mode: 0o600 });
  folder.put("private", file("two", true), folder.fingerprint("private"), null);
  expect(statSync(at("private")).mode & 0o777).toBe(0o700);
  folder.put("private", file("two"), folder.fingerprint("private"), null);
  expect(statSync(at("private")).mode & 0o777).toBe(0o600);
  for (let count = 0; count < 200; count++) writeFileSync(at(`.codex-agent-${process.pid}-${count}.tmp`), "left");
  folder.put("given", file("x"), null, 0o640);
  expect(statSync(at("given")).mode & 0o777).toBe(0o640);
  folder.makeDirectories("a/b");
  folder.put("a/b/link", { type: "link", target: Buffer.from([0x2f, 0xff]) }, null, null);
  expect([...readlinkSync(at("a/b/link"), { encoding: "buffer" })]).toEqual([0x2f, 0xff]);
  expect(folder.entries("a/b")).toEqual(["link"]);
});
