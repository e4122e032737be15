import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { nodeSystem } from "../../src/system/node.ts";
import { scratchFolder } from "../support/scratch.ts";

const { files } = nodeSystem();
let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(scratchFolder, "read-file-"))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string): string => join(folder, name);

test("a named pipe and a device are not read, and keep nobody waiting; the null device is empty", () => {
  execFileSync("mkfifo", [at("pipe")]);
  symlinkSync("/dev/zero", at("device"));
  symlinkSync("/dev/null", at("masked"));
  for (const path of [at("pipe"), at("device")]) {
    const refused = expect.objectContaining({ code: "EINVAL", message: expect.stringContaining(path) });
    expect(() => files.readText(path)).toThrow(refused);
    expect(() => files.readBytes(path)).toThrow(refused);
    expect(files.readRange(path, 0, 10)).toHaveLength(0);
  }
  expect(files.readText(at("masked"))).toBe("");
  expect(() => files.readText(folder)).toThrow(expect.objectContaining({ code: "EISDIR" }));
});
